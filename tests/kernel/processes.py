"""A kernel's processes, as `/proc` shows them."""
import pathlib
import threading
import time

PAGE = 4096
PROC = pathlib.Path("/proc")


def descendants(pid):
    """The processes below one, each with the time of its start, since numbers are used again."""
    found = []
    for child in children(pid):
        try:
            found += [(child, born(child)), *descendants(child)]
        except OSError:
            continue
    return found


def children(pid):
    listed = []
    for file in (PROC / str(pid) / "task").glob("*/children"):
        try:
            listed += map(int, file.read_text().split())
        except OSError:
            continue
    return listed


def born(pid):
    return status(pid)[19]


def status(pid):
    """What follows the program's name, which may hold anything, in `stat`."""
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def alive(process):
    """Whether it still runs; an ended one whose entry the system has not removed yet does not."""
    pid, time_of_start = process
    try:
        fields = status(pid)
    except OSError:
        return False
    return fields[0] != "Z" and fields[19] == time_of_start


def tree(pid):
    return [pid, *(child for child, _ in descendants(pid))]


def resident(pid):
    """Bytes in memory of a process and all below it; pages that they share count in each."""
    total = 0
    for process in tree(pid):
        try:
            total += int((PROC / str(process) / "statm").read_text().split()[1]) * PAGE
        except OSError:
            continue
    return total


def proportional(pid):
    """The same with shared pages divided among those that share them; None where the system does not say."""
    total = 0
    for process in tree(pid):
        try:
            lines = (PROC / str(process) / "smaps_rollup").read_text().splitlines()
        except OSError:
            return None
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


class Peak:
    """The most that a process and all below it had in memory while this ran, looked at a few times a second."""

    def __init__(self, pid, every=0.2):
        self.pid, self.every, self.bytes = pid, every, 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        while not self.ended.wait(self.every):
            self.bytes = max(self.bytes, resident(self.pid))

    def end(self):
        self.ended.set()
        self.thread.join()
        return self.bytes


def soon(condition, seconds=60):
    """Whether it comes true within a time that no machine needs."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True
