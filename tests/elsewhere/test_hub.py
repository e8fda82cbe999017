"""A class's JupyterHub: two users at once, each with our kernel, on what was prepared once; then nothing is left of them."""
import json
import os
import pathlib
import shutil
import tempfile
import threading
import time
import unittest

import hub

FOLDER = pathlib.Path(os.environ["SEVENLINES_TEST_FOLDER"])
CACHE = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
HOME = pathlib.Path(os.environ.get("SEVENLINES_HOME") or pathlib.Path(CACHE, "sevenlines"))
LESSON = """
let path = dogs_vs_cats()?;
let mut vgg = Vgg16::new()?;
let batches = vgg.get_batches(path.join("valid"), 8)?;
println!("{}", stored_features()?.folder.display());
"""
CHART = 'bar_chart(&["cats", "dogs"], &[1.0, 2.0], "A class")?'
# A crate that the workspace has too, and one beside it.
CRATES = """
:dep semver = "1"
:dep tiny = { path = "TINY" }
println!("{} {}", semver::Version::new(1, 2, 3), tiny::answer());
"""


def folder_of(pid):
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return ""


def libraries(pids):
    """The library files that processes have mapped, by device and inode."""
    found = set()
    for pid in pids:
        try:
            lines = pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines()
        except OSError:
            continue
        found |= {tuple(line.split()[3:5]) for line in lines if line.endswith("libsevenlines.so")}
    return found


def proportional(pids):
    """What processes take of the memory, in MB, shared pages divided among those that share them."""
    total = 0
    for pid in pids:
        try:
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total / 1000


class Class(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        names, reason = hub.accounts()
        if os.environ.get("SEVENLINES_TEST_HUB") == "simple":
            names, reason = None, "SEVENLINES_TEST_HUB asks for it"
        cls.real = names is not None
        cls.names = names or ["ada", "grace"]
        how = "two accounts of the system" if cls.real else f"one account with two homes: {reason}"
        print(f"JupyterHub with {how}", flush=True)
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="hub-", dir=FOLDER))
        cls.folder.chmod(0o755)
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.shared, prefix = cls.folder / "shared", cls.folder / "prefix"
        prefix.mkdir()
        cls.setup = hub.prepare(cls.shared, prefix, HOME, cls.real)
        # For one account it is no fault that others cannot read its Rust; it is the last that is looked at.
        closed = not cls.real and "error: other users cannot read" in cls.setup.stderr
        assert cls.setup.returncode == 0 or closed, cls.setup.stderr
        cls.spec = json.loads((prefix / "share/jupyter/kernels/sevenlines/kernel.json").read_text())
        # Where one account is two users, both must be told where their folders are; else HOME says it.
        cls.hub = hub.Hub(cls.folder, prefix, cls.names, cls.real, {"LANG": "C.UTF-8"})
        cls.addClassCleanup(cls.hub.close)

    def test_two_users_at_once_and_nothing_left(self):
        users = [hub.User(self.hub, name) for name in self.names]
        answers = [None, None]

        def work(number):
            user = users[number]
            user.start()
            began = time.monotonic()
            kernel = user.kernel()
            ready = kernel.run(f"let x = {number + 1};") and time.monotonic() - began
            both.wait(120)
            told = kernel.run('println!("x is {x}");')[0]
            lesson = kernel.run(LESSON)[0]
            chart = kernel.run(CHART)[1]
            crates = kernel.run(CRATES.replace("TINY", str(tiny)))
            kernel.close()
            answers[number] = ready, told, lesson, chart, crates

        tiny = self.folder / "tiny"
        (tiny / "src").mkdir(parents=True)
        (tiny / "Cargo.toml").write_text('[package]\nname = "tiny"\nversion = "0.1.0"\nedition = "2024"\n')
        (tiny / "src/lib.rs").write_text("pub fn answer() -> u8 { 42 }\n")
        both = threading.Barrier(2)
        threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        processes = [self.hub.processes(name) for name in self.names]
        for number, (name, answer) in enumerate(zip(self.names, answers)):
            self.assertIsNotNone(answer, f"{name} did not come to an end")
            ready, told, lesson, chart, crates = answer
            print(f"{name}: first cell after {ready:.1f} s, {proportional(processes[number]):.0f} MB with its server", flush=True)
            self.assertEqual(told, f"x is {number + 1}\n")
            self.assertIn(f"{self.shared}/data/drawn", lesson)
            self.assertIn("Weights: ", lesson)
            self.assertIn("Found 100 images belonging to 2 classes.", lesson)
            own = self.hub.homes / name / ".cache/sevenlines"
            self.assertIn(str(own / "features"), lesson)
            self.assertEqual(crates[0], "1.2.3 42\n")
            self.assertNotIn("sevenlines", json.dumps(crates[1]), "the library is compiled anew")
            self.assertTrue({"text/html", "image/svg+xml"} & set(chart[0]), chart)
            self.is_small_and_private(own)
        self.share_the_library(processes)
        self.keep_out_of_each_other(users)
        self.leave_nothing(users)

    def is_small_and_private(self, own):
        """Nobody compiled or drew anything of their own, and nobody else reads what there is."""
        self.assertEqual(sorted(entry.name for entry in own.iterdir()), ["kernels"])
        self.assertEqual((own / "kernels").stat().st_mode & 0o777, 0o700)
        blocks = sum(file.lstat().st_blocks * 512 for file in own.rglob("*") if file.lstat().st_nlink == 1)
        self.assertLess(blocks, 40e6, f"{own} holds {blocks / 1e6:.0f} MB of its own")

    def share_the_library(self, processes):
        found = [libraries(pids) for pids in processes]
        self.assertEqual(len(found[0]), 1, "the library is loaded once")
        self.assertEqual(found[0], found[1], "both users have the same pages in memory")

    def keep_out_of_each_other(self, users):
        one, other = users
        self.assertEqual(one.ask("GET", f"{other.server}/api/kernels").status_code, 403)
        self.assertEqual(other.ask("GET", f"{one.server}/api/contents").status_code, 403)
        self.assertEqual(one.ask("GET", f"{one.server}/api/kernels").status_code, 200)

    def leave_nothing(self, users):
        kernels = [self.hub.homes / name / ".cache/sevenlines/kernels" for name in self.names]
        self.assertTrue(all(any(folder.iterdir()) for folder in kernels))
        # One is stopped, and the other goes on.
        users[0].stop()
        self.hub.wait_for(lambda: not self.hub.processes(self.names[0]), 40, "the first user's processes end")
        self.assertEqual(users[1].ask("GET", f"{users[1].server}/api/kernels").status_code, 200)
        users[1].stop()
        self.hub.wait_for(lambda: not self.hub.processes(self.names[1]), 40, "the second user's processes end")
        for folder in kernels:
            self.assertEqual(list(folder.iterdir()), [], "a kernel that ends removes its folder")

    def test_the_kernel_knows_what_was_prepared(self):
        self.assertEqual(self.spec["env"]["SEVENLINES_SHARED"], str(self.shared))
        self.assertTrue(self.spec["env"]["PATH"].endswith("/bin:${PATH}"))
        for name in ("cells", "weights", "data"):
            mode = (self.shared / name).stat().st_mode & 0o777
            self.assertEqual(mode, 0o755, f"{name} is {mode:o}")
        self.assertIn("what other users of this machine read", self.setup.stderr)


if __name__ == "__main__":
    unittest.main()
