"""Pages as PDF, printed by a Chromium of this machine without a window.

    pdf.py PAGE.html OUT.pdf
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 300


def find():
    """The browser's path; SEVENLINES_CHROMIUM names another one. A ValueError says how to get one."""
    named = os.environ.get("SEVENLINES_CHROMIUM")
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)
    if found:
        return found
    looked = f"SEVENLINES_CHROMIUM={named} is no program" if named else f"none of {', '.join(NAMES)} was found"
    raise ValueError(f"a PDF is printed by Chromium, and {looked}; on Debian `apt-get install chromium` brings it")


def print_page(page, out):
    """Prints the HTML file `page` to `out`, under a temporary name first."""
    page, out = Path(page).resolve(), Path(out).resolve()
    program = find()
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".pdf-", dir=out.parent) as folder:
        part = Path(folder) / "page.pdf"
        # Root may not have the browser's sandbox; the page is ours and runs no foreign script.
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        quiet = ["--headless", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
        command = [program, *quiet, *root, f"--user-data-dir={folder}/profile", "--no-pdf-header-footer", f"--print-to-pdf={part}"]
        said = run([*command, page.as_uri()])
        if not part.is_file() or part.read_bytes()[:5] != b"%PDF-":
            raise ValueError(f"{program} printed no PDF of {page}: {said or 'it said nothing'}")
        os.replace(part, out)


def run(command):
    """Runs the browser to its end; what it said last."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return f"it did not end within {SECONDS} s"
    return done.stderr.strip().rpartition("\n")[2]


if __name__ == "__main__":
    try:
        print_page(*sys.argv[1:3])
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
