"""Every command in the pages is run, or stands in a table here with the reason why not.

A command that is not run is still read: the binary must accept its options, a test target,
an example or a script that it names must exist. A command that is in neither table fails.
"""
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
import unittest
import zipfile

from pages import REPOSITORY, pages

sys.path.insert(0, str(REPOSITORY / "tests/kernel"))
from harness import HOME  # noqa: E402

BINARY = os.environ["SEVENLINES_BINARY"]
CARGO_RUN = "cargo run --release -- "

# Beginnings of commands that run here, in a folder with `my_photos` and `train.zip`.
RUN = (
    "sevenlines --version",
    "sevenlines --help",
    "sevenlines data split my_photos",
    "sevenlines data kaggle train.zip",
    "sevenlines data draw",
    "sevenlines features",
    "sevenlines help",
    "sevenlines doctor",
)

# Beginnings of commands that do not run here; the first that fits counts.
NOT_RUN = {
    "git clone": "needs the network",
    "cd ": "changes the folder of the reader's shell",
    "sevenlines run ": "a minute each: the test targets `notebooks` and `run_notebook` run it",
    "sevenlines run": "the name of a command",
    "sevenlines data": "the name of a command",
    "sevenlines lab": "waits for a reader: the test target `browser` opens JupyterLab",
    "sevenlines setup": "the network or minutes: the test targets `commands` and `kernel` run it",
    "sevenlines data dogs-vs-cats": "the network: the test target `hub` fetches from a local server",
    "sevenlines bench": "minutes: the test target `bench` runs it",
    "sevenlines features photos": "the test target `elsewhere` computes features in shards",
    "sevenlines features DIR": "the test target `elsewhere` computes features in shards",
    "sevenlines kernel": "Jupyter calls it: the test target `kernel` does",
    "sevenlines notes": "a minute: the test target `notes` runs it",
    "sevenlines clean": "changes notebooks: the test target `notes` runs it",
    "sevenlines completions": "the test target `first_minute` runs it",
    "sevenlines man": "the test target `first_minute` runs it",
    "cargo build": "these tests are built by it",
    "docker ": "needs Docker and the network",
    "jupyter ": "needs the environment of the reader",
    "SEVENLINES_HOME=": "needs the server's folders: the test target `elsewhere` sets up a shared one",
    "mkdir -p ~/.local": "the reader's own folder",
    "git diff": "git calls it before a commit: the test target `notes` runs the command behind it",
    "python kernel/python/papermill_rust.py": "the test target `notes` runs it",
    "cargo test": "this very command runs these tests",
    "cargo bench": "minutes",
    "cargo doc": "`.ci/run` runs it; the examples in it are tests of the library",
    "cargo install --locked": "compiles everything anew",
    "cargo new --lib /tmp/class": "fetches crates from the registry, into the home of the account",
    "cargo run --release -p sevenlines --example": "its figures are only true on a quiet machine",
    "cargo fmt": "`.ci/run` runs it",
    "cargo clippy": "`.ci/run` runs it",
    ".ci/run": "it runs these tests",
    "python3 tests/": "minutes: the test targets of the same name run its parts",
    "tests/fuzz/run.sh": "needs a nightly compiler and minutes",
    ".venv/bin/python -m unittest": "the test target `run_notebook` runs the folder's tests",
    ".venv/bin/python -m ": "see tests/documents/main.rs",
    "python lib/benches/": "needs the other engines, in an environment of their own",
    "pip install -r lib/benches/requirements.txt": "the other engines' wheels, from PyPI",
    "rustup ": "the network, and it changes the reader's Rust",
    "apt-get ": "needs root and the network",
    "conda ": "conda-forge; the test target `elsewhere` checks environment.yml",
}


# What the words to fill in of a pattern may stand for.
FILLED = {"K/N": "1/2", "N": "1", "SHELL": "bash"}


def commands():
    """Each command of each shell block, and whether it came from one, with its place."""
    for page in pages():
        for language, text, place in page.blocks():
            if language == "sh":
                for line in text.replace("\\\n", " ").splitlines():
                    command = re.sub(r"(^|\s+)#.*$", "", line).strip()
                    if command:
                        yield short(command), place
        for span in page.spans():
            # `cargo run --release --` alone is what a command begins with.
            if re.match(r"(sevenlines|cargo|python3?|pip|\.ci/run)\b", span) and " " in span and span != CARGO_RUN.strip():
                yield short(span), page.name


def short(command):
    return "sevenlines " + command[len(CARGO_RUN):] if command.startswith(CARGO_RUN) else command


def reason(command):
    found = [why for beginning, why in NOT_RUN.items() if command.startswith(beginning)]
    return found[0] if found else None


def targets():
    """The names of the workspace's test targets, examples and packages."""
    names = set()
    for member in ("lib", "kernel"):
        manifest = tomllib.loads((REPOSITORY / member / "Cargo.toml").read_text())
        names |= {target["name"] for kind in ("test", "bench") for target in manifest.get(kind, ())}
        names.add(manifest["package"]["name"])
        names |= {path.stem for path in (REPOSITORY / member / "examples").glob("*.rs")}
    return names


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.temporary.name)
        # What setup has drawn; it is there, since it runs before these tests.
        drawn = HOME / "data/drawn"
        cls.environment = {**os.environ, "SEVENLINES_HOME": str(cls.folder / "home")}
        cls.environment.pop("SEVENLINES_DATA", None)
        with zipfile.ZipFile(cls.folder / "train.zip", "w") as archive:
            for kind in ("cats", "dogs"):
                names = sorted((drawn / "train" / kind).iterdir())[:12]
                assert names, f"no {kind} were drawn"
                target = cls.folder / "my_photos" / kind
                target.mkdir(parents=True)
                for number, name in enumerate(names):
                    shutil.copy(name, target)
                    archive.write(name, f"train/{kind[:-1]}.{number}.jpg")

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    @classmethod
    def sevenlines(cls, arguments, environment=None):
        return subprocess.run([BINARY, *arguments], cwd=cls.folder, env=environment or cls.environment,
                              capture_output=True, text=True, timeout=120)

    def test_commands_of_the_pages(self):
        every = sorted(set(commands()))
        self.assertGreater(len(every), 30)
        failures, told = [], set()
        for command, place in every:
            wrong = self.one(command, place, told)
            if wrong:
                failures.append(f"{place}: {command}: {wrong}")
        self.assertEqual(failures, [], "\n".join(failures))

    def one(self, command, place, told):
        """What is wrong with a command."""
        if (command.startswith(RUN) or command in RUN) and not re.search(r"\b[A-Z]{2,}\b", command):
            return None if command in told else self.ran(command, told)
        why = reason(command)
        # A pattern with a word to fill in, such as `sevenlines data split DIR`.
        why = why or ("a pattern, with a word to fill in" if re.search(r"\b[A-Z]{2,}\b", command) else None)
        if not why:
            return "neither run nor listed in tests/documents/test_commands.py"
        if command not in told:
            told.add(command)
            print(f"SKIPPED {place}: {command}: {why}", flush=True)
        return self.misread(command)

    def ran(self, command, told):
        told.add(command)
        # Only doctor is about what the tests have installed.
        environment = os.environ if command.startswith("sevenlines doctor") else None
        done = self.sevenlines(shlex.split(command)[1:], environment)
        print(f"ran {command}", flush=True)
        return None if done.returncode == 0 else f"exit code {done.returncode}\n{done.stdout}{done.stderr}"

    def misread(self, command):
        """Why the program that a command calls would not understand it."""
        words = shlex.split(command)
        if "…" in command:
            return None
        if words[0] == "sevenlines":
            end = next((at for at, word in enumerate(words) if word in ("--", ">")), len(words))
            filled = [FILLED.get(word, word) for word in words[1:end]]
            done = self.sevenlines([*filled, "--help"])
            return None if done.returncode == 0 else done.stderr
        known = targets() if words[0] == "cargo" else set()
        for flag, name in zip(words, words[1:]):
            named = words[0] == "cargo" and flag in ("--test", "--example", "-p", "--bench")
            if named and name not in known:
                return f"there is no {name}"
        for word in words:
            if word.startswith(("tests/", "lib/", "kernel/", "../")) and "/" in word and not word.startswith("../../"):
                if not (REPOSITORY / word).exists():
                    return f"there is no {word}"
        return None


if __name__ == "__main__":
    unittest.main()
