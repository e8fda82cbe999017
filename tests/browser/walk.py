"""A newcomer's way through the README: a fresh clone, an empty home, empty caches; each command of "Run it" as it stands there.

    .venv/bin/python tests/browser/walk.py [--folder DIR]

writes docs/walk.md with what was done, what it said last, how long it took and what the screen showed (docs/pictures/walk-*.png).
Takes a quarter of an hour on two cores. The Rust toolchain is that of this machine, as the README asks for one. Where root
walks, JupyterLab is told so: it refuses root otherwise.
"""

import argparse
import contextlib
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

import chromium
import lab
import notebook_page

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PICTURES = REPOSITORY / "docs" / "pictures"
PAGE = REPOSITORY / "docs" / "walk.md"
WIDTH, HEIGHT = 1280, 900
HEAD = """# A walk through the README

Made by `tests/browser/walk.py`: a fresh clone, an empty home and empty caches, the commands of the README's "Run it" one after the
other, and nothing else. {machine}

| step | time | what it said last |
|---|---|---|
"""


def readme_commands():
    """The commands of the README's "Run it", without the tests."""
    section = (REPOSITORY / "README.md").read_text().split("## Run it", 1)[1].split("\n## ", 1)[0]
    lines = [line for block in re.findall(r"```sh\n(.*?)```", section, re.DOTALL) for line in block.splitlines()]
    return [line for line in lines if line.strip() and "cargo test" not in line]


def environment(home):
    """What a newcomer's shell has: a search path, a Rust, an empty home."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "RUSTUP_TOOLCHAIN") if name in os.environ}
    rustup = os.environ.get("RUSTUP_HOME") or pathlib.Path.home() / ".rustup"
    return {**kept, "HOME": str(home), "RUSTUP_HOME": str(rustup)}


class Walk:
    """The steps, their times and pictures."""

    def __init__(self, folder):
        self.clone = pathlib.Path(folder, "sevenlines")
        home = pathlib.Path(folder, "home")
        home.mkdir()
        self.environment = environment(home)
        self.rows, self.shown = [], []

    def note(self, step, seconds, said):
        self.rows.append((step, seconds, said))
        print(f"{step}: {spoken(seconds)}; {said}", flush=True)

    def command(self, line, cwd, step=None):
        began = time.monotonic()
        done = subprocess.run(line, shell=True, cwd=cwd, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        words = (done.stdout + done.stderr).strip().splitlines()
        if done.returncode != 0:
            sys.exit(f"`{line}` failed:\n" + "\n".join(words[-40:]))
        last = (done.stdout.strip() or done.stderr.strip() or "nothing").splitlines()[-1]
        self.note(step or f"`{line}`", time.monotonic() - began, f"`{last}`")

    def picture(self, name, page, words):
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"walk-{name}.png")
        self.shown.append((name, words))

    def html(self, browser):
        """What `run` leaves, as the reader opens it."""
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto((self.clone / "target/notebooks/lesson1.html").as_uri())
        self.picture("page", page, "The page that `run` wrote, as it opens.")
        page.close()

    def lab(self, line, browser):
        """JupyterLab as the command opens it: lesson 1 opened, all its cells run."""
        began = time.monotonic()
        server = WalkLab(shlex.split(line), self.clone, self.environment)
        try:
            server.wait()
            page = notebook_page.NotebookPage(browser, server, "lesson1.ipynb", WIDTH, HEIGHT)
            page.wait_idle()
            self.note(f"`{line}`", time.monotonic() - began, "lesson 1 is open and its kernel is ready")
            self.picture("lab", page.page, "Lesson 1 in JupyterLab, as it opens.")
            self.run_all(page)
            page.close()
        finally:
            server.stop()

    def run_all(self, page):
        page.menu("Edit", "Clear Outputs of All Cells")
        began = time.monotonic()
        page.menu("Run", "Run All Cells")
        picture = page.page.locator(".jp-OutputArea-output img").first
        picture.wait_for(timeout=300_000)
        self.note("Run > Run All Cells: the first picture", time.monotonic() - began, "shown below its cell")
        page.wait(lambda: page.status() == "idle", 600)
        assert not page.errors(), page.errors()
        self.note("Run > Run All Cells: the last cell", time.monotonic() - began, "no cell failed")
        # While cells run, Lab scrolls to where they are.
        plot = page.page.locator(".jp-OutputArea-output img[src^='data:image/svg']").first
        plot.evaluate("element => element.scrollIntoView({ block: 'center' })")
        page.page.wait_for_timeout(2000)
        self.picture("first-plot", page.page, "Lesson 1 after its cells ran: its first pictures.")

    def write(self):
        machine = f"{os.cpu_count()} cores, {time.strftime('%d %B %Y')}."
        if os.geteuid() == 0:
            machine += " It was walked as root, so JupyterLab was also told `--allow-root`."
        text = HEAD.format(machine=machine)
        text += "".join(f"| {step} | {spoken(seconds)} | {said.replace('|', '/')} |\n" for step, seconds, said in self.rows)
        text += "".join(f"\n{words}\n\n![{words}](pictures/walk-{name}.png)\n" for name, words in self.shown)
        text = text.replace(str(self.clone.parent), "~")
        PAGE.write_text(text)


class WalkLab(lab.Lab):
    """`lab` as the README has it, with what a machine without a screen needs."""

    def __init__(self, command, clone, environment):
        self.port, self.token, self.work = lab.free_port(), "walk", clone / "notebooks"
        self.log = clone.parent / "lab.log"
        options = ["--", "--no-browser", f"--ServerApp.port={self.port}", f"--IdentityProvider.token={self.token}"]
        options += ["--allow-root"] if os.geteuid() == 0 else []
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command + options, cwd=clone, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )


def spoken(seconds):
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60)} s"


def main(folder):
    walk = Walk(folder)
    walk.command(f"git clone --quiet {shlex.quote(str(REPOSITORY))} sevenlines", folder, "`git clone`, of a clone on this disk")
    with chromium.browser() as browser:
        for line in readme_commands():
            if re.search(r"-- lab\b", line):
                walk.lab(line, browser)
                continue
            walk.command(line, walk.clone)
            if "run notebooks/lesson1.ipynb" in line and not any(name == "page" for name, _ in walk.shown):
                walk.html(browser)
                walk.command(line, walk.clone)
        walk.command("cargo run --release -- doctor", walk.clone)
    walk.write()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Walks through the README as a newcomer.")
    parser.add_argument("--folder", type=pathlib.Path, help="an empty folder to walk in, which stays")
    chosen = parser.parse_args()
    if not chromium.find():
        sys.exit("there is no Chromium here; `apt-get install chromium` brings it")
    with tempfile.TemporaryDirectory(prefix="walk-") if chosen.folder is None else contextlib.nullcontext(chosen.folder) as place:
        main(pathlib.Path(place).resolve())
