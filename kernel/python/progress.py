"""What is said while a notebook runs: a line a cell for people, a JSON object a line for programs, or nothing."""

import json
import os
import shutil
import sys
import threading
import time

import notebook_file

TEXT, QUIET, JSON = "text", "quiet", "json"
# How often a line that changes in place is drawn.
TICK_SECONDS = 0.5
DIM, GREEN, RED, PLAIN = "\x1b[2m", "\x1b[32m", "\x1b[31m", "\x1b[0m"


def add_modes(parser):
    """The options --quiet and --json of every program here."""
    parser.add_argument("--quiet", dest="mode", action="store_const", const=QUIET, help="print results and errors alone")
    parser.add_argument("--json", dest="mode", action="store_const", const=JSON, help="print one JSON object a line")
    parser.set_defaults(mode=TEXT)


def is_live(stream):
    """Whether lines on it can change in place."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def is_painted(stream):
    """Whether colours go to it: NO_COLOR comes first, then CLICOLOR_FORCE, then CLICOLOR=0; else to a terminal alone."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return True
    return is_live(stream) and os.environ.get("CLICOLOR") != "0"


def about(seconds):
    """A time that is expected, no finer than it can be known."""
    if seconds < 7.5:
        return "a few seconds"
    if seconds < 57.5:
        return f"about {5 * round(seconds / 5)} s"
    return f"about {max(1, round(seconds / 60))} min"


def spent(seconds):
    """A time that was measured."""
    return f"{int(seconds // 60)} min {int(seconds % 60):02d} s" if seconds >= 60 else f"{seconds:.1f} s"


class Progress:
    """One line a step: on a terminal it counts and says what is left, elsewhere it is written whole at its end."""

    def __init__(self, sources=(), times=None, mode=TEXT, stream=None):
        self.sources, self.times, self.mode, self.stream = sources, times, mode, stream or sys.stdout
        self.total, self.number = len(sources), 0
        self.live, self.painted = is_live(self.stream), is_painted(self.stream)
        self.text, self.began, self.what, self.ticker = "", 0.0, {}, None
        self.first = time.monotonic()

    def announce(self):
        """What will run, and how long it took before."""
        expected = self.times.expect(self.sources)
        self.event("plan", cells=self.total, expected_seconds=expected)
        if self.mode == TEXT:
            before = f", {about(expected)} as it took before" if expected else ""
            print(f"{self.total} cell{'' if self.total == 1 else 's'}{before}", flush=True, file=self.stream)

    def start(self, text, event="kernel", **what):
        self.text, self.began, self.what = text, time.monotonic(), {"event": event, **what}
        self.event(f"{event}_started", **what)
        if self.mode == TEXT and self.live:
            self.draw()
            self.ticker = Ticker(self.draw)

    def start_cell(self, source):
        self.number += 1
        first = next((line.strip() for line in source.splitlines() if line.strip()), "")
        self.start(f"[{self.number}/{self.total}] {first}", "cell", cell=self.number, of=self.total, source=first)

    def end(self, note="", state="done"):
        """Ends the line of the step under way; nothing where there is none."""
        if not self.what:
            return
        if self.ticker:
            self.ticker.stop()
            self.ticker = None
        what, self.what, seconds = self.what, {}, time.monotonic() - self.began
        if what["event"] == "cell" and state == "done":
            self.times.keep(self.sources[self.number - 1], seconds)
        event = what.pop("event")
        self.event(f"{event}_finished", **what, seconds=round(seconds, 3), state=state)
        if self.mode == TEXT:
            erase = "\r\x1b[K" if self.live else ""
            text = self.paint(f"{note}{seconds:.1f} s", GREEN if state == "done" else RED)
            print(f"{erase}{self.cut(self.text)} … {text}", flush=True, file=self.stream)

    def close(self):
        """After the last cell: the time of all."""
        seconds = time.monotonic() - self.first
        self.event("finished", cells=self.number, seconds=round(seconds, 3))
        if self.mode == TEXT:
            print(f"{self.number} of {self.total} cells ran in {spent(seconds)}", flush=True, file=self.stream)

    def wrote(self, kind, path):
        """A result, which is told also where nothing else is."""
        self.event("file", kind=kind, path=str(path))
        if self.mode != JSON:
            print(f"wrote {path}", flush=True, file=self.stream)

    def result(self, text, **what):
        """Any other result."""
        self.event("result", **what)
        if self.mode != JSON:
            print(text, flush=True, file=self.stream)

    def note(self, text):
        if self.mode == TEXT:
            print(f"note: {text}", file=sys.stderr)

    def error(self, text):
        """An error goes to stderr in any mode."""
        self.event("error", message=notebook_file.strip_ansi(text))
        print(text, file=sys.stderr)

    def event(self, event, **what):
        if self.mode == JSON:
            print(json.dumps({"event": event, **what}), flush=True, file=self.stream)

    def left(self):
        """What is left after this cell and of it: cells, and seconds where all were timed before."""
        cells = self.total - self.number
        more = f"{cells} more cell{'' if cells == 1 else 's'}" if cells else "the last cell"
        expected = self.times.expect(self.sources[max(self.number - 1, 0) :])
        if expected is None or not self.number:
            return more
        # What this cell has taken beyond its time does not shorten the others.
        own = self.times.expect(self.sources[self.number - 1 : self.number])
        return f"{more}, {about(expected - min(own, time.monotonic() - self.began))} left"

    def draw(self):
        seconds = time.monotonic() - self.began
        tail = f" … {seconds:.0f} s, {self.left()}"
        line = self.cut(self.text, len(tail)) + self.paint(tail, DIM)
        print(f"\r\x1b[K{line}", end="", flush=True, file=self.stream)

    def cut(self, text, room=12):
        width = max(shutil.get_terminal_size((100, 24)).columns - room - 1, 20)
        return text if len(text) <= width else text[: width - 1] + "…"

    def paint(self, text, colour):
        return f"{colour}{text}{PLAIN}" if self.painted else text


class Ticker:
    """Calls a function now and then, until it is stopped."""

    def __init__(self, call):
        self.ended = threading.Event()
        self.call, self.thread = call, threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.ended.wait(TICK_SECONDS):
            self.call()

    def stop(self):
        self.ended.set()
        self.thread.join()
