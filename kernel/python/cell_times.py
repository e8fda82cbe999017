"""What each cell took when a notebook last ran whole on this machine, for an estimate of what is left.

One small file a notebook, in a folder of its own; a cell is known by the text of its source, so that a changed one has no time.
"""

import hashlib
import json

import notebook_file


def key(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class CellTimes:
    """The earlier times of one notebook, and those of the run under way; without a folder, none."""

    def __init__(self, folder, notebook):
        self.path = folder / f"run-{key(str(notebook.resolve()))}.json" if folder else None
        self.earlier, self.now = self.read(), {}

    def read(self):
        try:
            seconds = json.loads(self.path.read_text(encoding="utf-8"))["seconds"]
            return {name: float(time) for name, time in seconds.items()}
        except (AttributeError, OSError, ValueError, KeyError, TypeError):
            return {}

    def keep(self, source, seconds):
        self.now[key(source)] = round(seconds, 2)

    def expect(self, sources):
        """Seconds that these cells take together, None if one of them is new."""
        times = [self.earlier.get(key(source)) for source in sources]
        return None if None in times else sum(times)

    def write(self, notebook):
        """For the next run; that they cannot be kept harms nothing."""
        if self.path is None:
            return
        text = json.dumps({"notebook": str(notebook.resolve()), "seconds": self.now})
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            notebook_file.write_text(self.path, text)
        except OSError:
            pass
