"""Licences, advisories, sources and wildcards of every crate by cargo-deny (.cargo/deny.toml), and the proof that it can refuse.

    python3 tests/supply/check.py [MANIFEST ...]        without arguments the workspace and what lies apart from it in tests/

Advisories come from RustSec's database where it can be fetched, else from the copy in tests/supply/advisories; which of both is
said. Exit status: 0 all is well; 1 something was refused, or the check let through what it must refuse.
"""

import datetime
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
SETTINGS = REPOSITORY / ".cargo/deny.toml"
COMMITTED = HERE / "advisories"
# A folder of its own, so that nobody's own copy of the database is mixed with this one.
SCRATCH = REPOSITORY / "target/supply"
DATABASE = "https://github.com/RustSec/advisory-db"
REACH_SECONDS = 5
VERSION = "0.20.2"
# Its own profile optimises across all crates, and a check of some seconds does not pay that back.
PROFILE = {
    "CARGO_PROFILE_RELEASE_LTO": "off",
    "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16",
    "CARGO_PROFILE_RELEASE_OPT_LEVEL": "1",
}
MADE_UP = """```toml
[advisory]
id = "RUSTSEC-2999-0001"
package = "serde"
date = "2026-01-01"

[versions]
patched = []
```

# Made up

This proves that an advisory is heeded.
"""


def main():
    program = cargo_deny()
    shutil.rmtree(SCRATCH, ignore_errors=True)
    SCRATCH.mkdir(parents=True)
    copy = git_repository("committed")
    source, words = (None, "RustSec's database, fetched now") if reached() else (copy, committed())
    print(f"advisories: {words}", flush=True)
    everything = ["licenses", "bans", "sources", "advisories"]
    refused = []
    apart = sorted(path.relative_to(REPOSITORY).as_posix() for path in REPOSITORY.glob("tests/*/Cargo.toml"))
    for manifest in sys.argv[1:] or ["Cargo.toml", *apart]:
        print(f"== {manifest}", flush=True)
        refresh(manifest)
        status, _ = deny(program, settings("settings"), source, everything, manifest, shown=True)
        if status != 0:
            refused.append(manifest)
    if refused:
        sys.exit(f"refused: {', '.join(refused)}")
    prove(program, copy)
    print("cargo-deny: all is well, and it refuses what it must")


def cargo_deny():
    """The program, built here if it is missing."""
    found = shutil.which("cargo-deny")
    if found:
        return found
    print(f"installing cargo-deny {VERSION} (some minutes, once)", flush=True)
    command = ["cargo", "install", "cargo-deny", "--locked", "--version", VERSION, "--quiet"]
    subprocess.run(command, check=True, env=os.environ | PROFILE, cwd=Path.home())
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    return str(home / "bin/cargo-deny")


def reached():
    """Whether RustSec's database answers."""
    try:
        command = ["git", "ls-remote", "--heads", DATABASE, "main"]
        environment = os.environ | {"GIT_TERMINAL_PROMPT": "0"}
        answer = subprocess.run(command, capture_output=True, timeout=REACH_SECONDS, env=environment)
    except subprocess.TimeoutExpired:
        return False
    return answer.returncode == 0


def refresh(manifest):
    """Lets cargo ask the registry which versions were yanked: cargo-deny reads what cargo keeps of the answers."""
    command = ["cargo", "update", "--dry-run", "--quiet", "--manifest-path", manifest]
    done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY)
    if done.returncode != 0:
        reason = done.stderr.strip().partition("\n")[0]
        print(f"NOT CHECKED: what was yanked since cargo last asked the registry ({reason})", flush=True)


def committed():
    """What the committed copy is, in words, with its age."""
    dates = [re.search(r'^date = "(.*)"$', file.read_text(), re.M)[1] for file in COMMITTED.rglob("*.md")]
    days = (datetime.date.today() - datetime.date.fromisoformat(max(dates))).days
    names = set(re.findall(r'^name = "(?!sevenlines)(.*)"$', (REPOSITORY / "Cargo.lock").read_text(), re.M))
    looked_up = names & set((COMMITTED / "looked_up.txt").read_text().split())
    return (
        f"RustSec's database cannot be reached, so the {len(dates)} committed ones of tests/supply/advisories; "
        f"the newest is of {max(dates)}, {days} days ago. NOT CHECKED: later ones, and those of "
        f"{len(names) - len(looked_up)} of the {len(names)} crates, which were not looked up (tests/supply/README.md)"
    )


def git_repository(name, more=None):
    """The committed advisories, and perhaps one more file, as the git repository that cargo-deny fetches."""
    path = SCRATCH / name
    shutil.copytree(COMMITTED, path)
    if more:
        (path / "crates" / more[0]).parent.mkdir(parents=True, exist_ok=True)
        (path / "crates" / more[0]).write_text(more[1])
    git = ["git", "-c", "user.name=sevenlines", "-c", "user.email=sevenlines@localhost", "-C", str(path)]
    for command in (["init", "--quiet", "--initial-branch", "main"], ["add", "--all"], ["commit", "--quiet", "-m", "Advisories"]):
        subprocess.run([*git, *command], check=True)
    return path


def settings(name, change=lambda text: text):
    """A copy of the settings, changed, with a database folder of its own."""
    text = change(SETTINGS.read_text())
    path = SCRATCH / f"{name}.toml"
    path.write_text(text.replace("[advisories]\n", f'[advisories]\ndb-path = "{SCRATCH / (name + "-database")}"\n'))
    return path


def deny(program, config, source, checks, manifest="Cargo.toml", shown=False):
    """Runs cargo-deny; the exit status and what it said. `source` is a git repository to fetch in place of RustSec's."""
    environment = dict(os.environ)
    if source:
        environment |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.{source.as_uri()}.insteadOf", "GIT_CONFIG_VALUE_0": DATABASE}
    command = [program, "--locked", "--manifest-path", manifest, "--workspace", "--config", str(config), "check"]
    # Without the registry's answers yanked versions would pass unseen.
    command += ["--hide-inclusion-graph", "--deny", "index-failure", "--deny", "index-cache-load-failure"]
    # One set of rules serves every manifest, and none needs all of its exceptions.
    command += ["--allow", "license-exception-not-encountered"]
    if manifest != "Cargo.toml":
        command += ["--allow", "advisory-not-detected", "--allow", "license-not-encountered"]
    done = subprocess.run([*command, *checks], capture_output=True, text=True, env=environment, cwd=REPOSITORY)
    said = done.stdout + done.stderr
    if shown:
        print(said, end="", flush=True)
    return done.returncode, said


def prove(program, copy):
    """Each of these must be refused, and for the reason given."""
    without_isc = settings("licence", lambda text: text.replace('    "ISC",\n', ""))
    no_ignore = settings("ignored", lambda text: re.sub(r"^ignore = \[.*?^\]", "ignore = []", text, flags=re.S | re.M))
    more = git_repository("made-up", ("serde/RUSTSEC-2999-0001.md", MADE_UP))
    ignored = re.findall(r"RUSTSEC-\d{4}-\d{4}", SETTINGS.read_text())
    proofs = [
        ("a licence that is taken off the list", without_isc, copy, "licenses", ["ISC"]),
        ("a made-up advisory", settings("advisory"), more, "advisories", ["RUSTSEC-2999-0001"]),
        ("advisories that are not ignored any more", no_ignore, copy, "advisories", ignored),
    ]
    for what, config, source, check, words in proofs:
        status, said = deny(program, config, source, [check])
        missing = [word for word in words if word not in said]
        if status == 0 or missing:
            sys.exit(f"cargo-deny let {what} through ({', '.join(missing) or 'exit status 0'}):\n{said}")
        print(f"refused, as it must be: {what} ({', '.join(words)})", flush=True)


main()
