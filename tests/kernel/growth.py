"""What a kernel and its processes hold between two cells, and whether it grows."""
import os
import pathlib
import threading

import processes
from harness import HOME

PROC = processes.PROC


class Peak:
    """The most that the three processes had in memory for themselves while this ran, beyond what they had before;
    compilers that come and go are not among them."""

    def __init__(self, kernel, every=0.02):
        self.pids, self.every, self.bytes = Look(kernel).all, every, 0
        self.before, self.ended = self.now(), threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def now(self):
        """In bytes, for each."""
        return [own(pid) for pid in self.pids]

    def watch(self):
        while not self.ended.wait(self.every):
            self.bytes = max(self.bytes, sum(self.now()) - sum(self.before))

    def end(self):
        self.ended.set()
        self.thread.join()
        return self.bytes


class Look:
    """The kernel, the process of its cells and the pump between the two, at one moment."""

    def __init__(self, kernel):
        (self.cells,) = processes.children(kernel.pid)
        (self.pump,) = processes.children(self.cells)
        self.all = (kernel.pid, self.cells, self.pump)
        self.threads = tuple(count(pid, "task") for pid in self.all)
        self.descriptors = tuple(count(pid, "fd") for pid in self.all)
        self.maps = tuple(len((PROC / str(pid) / "maps").read_bytes().splitlines()) for pid in self.all)
        self.memory = tuple(private(pid) for pid in self.all)
        self.folder = folder(kernel)
        self.files, self.bytes = held(self.folder)


def count(pid, what):
    return len(os.listdir(PROC / str(pid) / what))


def private(pid):
    """Bytes of memory that a process shares with no other."""
    lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))


def own(pid):
    """The same as `private`, nearly, and quicker: what is in memory and no file's."""
    resident, shared = (PROC / str(pid) / "statm").read_text().split()[1:3]
    return (int(resident) - int(shared)) * processes.PAGE


def folder(kernel):
    """The kernel's work folder."""
    (found,) = pathlib.Path(HOME, "kernels").glob(f"{kernel.pid}-*")
    return found


def held(folder):
    """The files in a folder, and the bytes that are in no other kernel's too."""
    files = size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            about = os.lstat(pathlib.Path(place, name))
            files += 1
            size += about.st_blocks * 512 if about.st_nlink == 1 else 0
    return files, size


def line(values):
    """The straight line through values at 0, 1, 2 ...: its slope, and how far the worst value lies from it."""
    n = len(values)
    middle, mean = (n - 1) / 2, sum(values) / n
    slope = sum((x - middle) * (y - mean) for x, y in enumerate(values)) / sum((x - middle) ** 2 for x in range(n))
    return slope, max(abs(y - mean - slope * (x - middle)) for x, y in enumerate(values))


def zombies(pid):
    """Ended processes below one that nobody has taken off the system's list."""
    return [child for child, _ in processes.descendants(pid) if processes.status(child)[0] == "Z"]
