"""What comes from elsewhere is pinned by its hash: crates, wheels, and every call of pip and `cargo install` in this repository.

Needs neither the network nor cargo-deny, which check.py runs:

    python3 -m unittest discover -s tests/supply
"""

import collections
import datetime
import re
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
# Each .in file of pins and the lock that lock.sh makes from it.
PYTHON_LOCKS = {
    "kernel/python/requirements.in": "kernel/python/requirements.lock",
    "kernel/python/requirements-test.in": "kernel/python/requirements-test.lock",
    "lib/benches/requirements.in": "lib/benches/requirements.txt",
}
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)", re.MULTILINE)
WHEEL = re.compile(r"[A-Za-z0-9._-]+==[^\s;]+(?: ; [^-]+?)?(?:\s+--hash=sha256:[0-9a-f]{64})+\s*")
TEXT = {".rs", ".py", ".sh", ".md", ".yml", ".toml", ".in", ".ipynb", ".txt", ".lock", ""}
SKIPPED = {"target", ".git", ".venv", "__pycache__", ".ipynb_checkpoints"}
# "pip install …" in a text, and the same as a list of arguments in a program.
PIP = re.compile(r"\bpip3?\s+(?:-\S+\s+)*(?:install|download)\b|\"pip\",\s*\"(?:install|download)\"|\"(?:install|download)\",\s*\"-")
CARGO_INSTALL = re.compile(r"\bcargo[\"', ]+install\b")
# How far behind the words "pip install" its arguments may stand.
AROUND = 160
Call = collections.namedtuple("Call", ["place", "text"])


def files():
    """Every text file of the repository, as its path and what it says."""
    folders = [REPOSITORY]
    while folders:
        for entry in sorted(folders.pop().iterdir()):
            if entry.is_dir() and not entry.is_symlink():
                folders += [entry] if entry.name not in SKIPPED else []
            elif entry.suffix in TEXT and entry.is_file() and entry.stat().st_size < 2_000_000:
                try:
                    yield entry.relative_to(REPOSITORY).as_posix(), entry.read_text()
                except UnicodeDecodeError:
                    continue


def packages(lock):
    """The packages of a Cargo.lock, each as its keys and values."""
    for block in lock.split("[[package]]\n")[1:]:
        yield dict(re.findall(r'^(\w+) = "(.*)"$', block, re.MULTILINE))


def wheels(lock):
    """The entries of a pip lock: name and version with what follows up to the next one."""
    text = re.sub(r"\\\n\s*", " ", lock)
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def pinned(lock):
    """Each package of a pip lock with its version."""
    return {plain(name): version for name, version in PIN.findall((REPOSITORY / lock).read_text())}


def plain(name):
    """A Python package's name in the one spelling that all of its spellings share."""
    return re.sub(r"[-_.]+", "-", name).lower()


def calls_of(pattern):
    """Where a command is called in the repository, and the text from there on."""
    for path, text in files():
        if path == "tests/supply/test_locks.py":
            continue
        for found in pattern.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            yield Call(f"{path}:{line}", text[found.start() : found.end() + AROUND])


class Crates(unittest.TestCase):
    def test_every_crate_comes_from_the_one_registry_with_its_checksum(self):
        locks = [(path, text) for path, text in files() if Path(path).name == "Cargo.lock"]
        self.assertIn("Cargo.lock", [path for path, _ in locks])
        sources = set()
        for path, text in locks:
            for package in packages(text):
                if "source" not in package:
                    # Ours, by path.
                    self.assertTrue(package["name"].startswith("sevenlines"), f"{path}: {package['name']} has no source")
                    continue
                sources.add(package["source"])
                self.assertRegex(package.get("checksum", ""), r"^[0-9a-f]{64}$", f"{path}: {package['name']}")
        self.assertEqual(len(sources), 1, sources)
        self.assertTrue(sources.pop().startswith("registry+"))

    def test_every_workspace_has_its_lock(self):
        for path, text in files():
            if Path(path).name == "Cargo.toml" and re.search(r"^\[workspace\]", text, re.MULTILINE):
                self.assertTrue((REPOSITORY / path).with_name("Cargo.lock").is_file(), f"{path} has no Cargo.lock beside it")

    def test_cargo_install_takes_the_lock(self):
        # A mention of the command by its name alone is no call.
        calls = [call for call in calls_of(CARGO_INSTALL) if not call.text.startswith("cargo install`")]
        self.assertGreater(len(calls), 2)
        for call in calls:
            self.assertIn("--locked", call.text, f"{call.place} does not take the lock")


class Wheels(unittest.TestCase):
    def test_every_wheel_is_pinned_with_its_hashes(self):
        for lock in PYTHON_LOCKS.values():
            entries = wheels((REPOSITORY / lock).read_text())
            self.assertGreater(len(entries), 10, lock)
            for entry in entries:
                self.assertIsNotNone(WHEEL.fullmatch(entry), f"{lock}: {entry[:60]} is not a pin with its hashes")

    def test_the_locks_hold_what_was_asked_for(self):
        for asked, lock in PYTHON_LOCKS.items():
            held = pinned(lock)
            pins = PIN.findall((REPOSITORY / asked).read_text())
            self.assertTrue(pins, asked)
            for name, version in pins:
                self.assertEqual(held.get(plain(name)), version, f"{lock}: {name}; run kernel/python/lock.sh")

    def test_the_tests_run_on_what_users_get(self):
        users, tests = pinned("kernel/python/requirements.lock"), pinned("kernel/python/requirements-test.lock")
        self.assertEqual({name: tests.get(name) for name in users}, users)

    def test_pip_is_called_with_hashes(self):
        # pip asks for hashes by itself where the file that it is given has some.
        calls = [call for call in calls_of(PIP) if not any(f"-r {lock}" in call.text for lock in PYTHON_LOCKS.values())]
        self.assertGreater(len(calls), 4)
        for call in calls:
            self.assertIn("--require-hashes", call.text, f"{call.place} takes what has no hash")


class Advisories(unittest.TestCase):
    def test_each_is_well_formed_and_of_a_crate_that_we_have(self):
        ours = {package["name"] for path, text in files() if Path(path).name == "Cargo.lock" for package in packages(text)}
        looked_up = (HERE / "advisories/looked_up.txt").read_text().split()
        self.assertEqual(looked_up, sorted(set(looked_up)))
        found = sorted((HERE / "advisories/crates").rglob("*.md"))
        self.assertGreater(len(found), 50)
        for file in found:
            with self.subTest(file=file.name):
                matter = re.match(r"```toml\n(.*?)\n```\n\n# \S.*\n\n\S", file.read_text(), re.DOTALL)
                self.assertIsNotNone(matter)
                keys = dict(re.findall(r'^(\w+) = "?(.*?)"?$', matter[1], re.MULTILINE))
                self.assertEqual(keys["id"], file.stem)
                self.assertEqual(keys["package"], file.parent.name)
                self.assertIn(keys["package"], ours)
                self.assertIn(keys["package"], looked_up)
                datetime.date.fromisoformat(keys["date"])
                self.assertRegex(keys["patched"], r'^\[(".*")?\]$')

    def test_what_is_ignored_is_known_and_has_a_reason(self):
        settings = (REPOSITORY / ".cargo/deny.toml").read_text()
        ignored = re.findall(r'id = "(RUSTSEC-\d{4}-\d{4})", reason = "(.{40,})"', settings)
        self.assertEqual(len(ignored), len(re.findall("RUSTSEC-", settings)))
        known = {file.stem for file in (HERE / "advisories").rglob("*.md")}
        for name, _ in ignored:
            self.assertIn(name, known)


if __name__ == "__main__":
    unittest.main()
