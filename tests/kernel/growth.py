"""What a kernel and its processes hold between two cells, and whether it grows."""
import os
import pathlib

import processes
from harness import HOME

PROC = processes.PROC


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
