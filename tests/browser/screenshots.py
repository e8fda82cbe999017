"""Pictures of all notebooks as JupyterLab shows them when they are opened: light and dark, in a wide and a narrow window.

    .venv/bin/python tests/browser/screenshots.py [NOTEBOOK ...]

writes target/screenshots/NOTEBOOK-THEME-WIDTH.png. SEVENLINES_BINARY names the command, where `sevenlines` is not on PATH.
"""

import pathlib
import sys

import chromium
import lab
from notebook_page import opened

THEMES = ("JupyterLab Light", "JupyterLab Dark")
WIDTHS = (1280, 1024)


def main(names):
    names = names or sorted(path.name for path in lab.NOTEBOOKS.glob("*.ipynb"))
    for theme in THEMES:
        with lab.running(theme=theme) as server, chromium.browser() as browser:
            for name, width in ((name, width) for name in names for width in WIDTHS):
                with opened(browser, server, name, width=width) as page:
                    page.page.wait_for_load_state("networkidle")
                    print(page.whole(f"{pathlib.Path(name).stem}-{theme.split()[-1].lower()}-{width}"), flush=True)
                server.end_kernels()


if __name__ == "__main__":
    if not chromium.find():
        sys.exit("there is no Chromium here; `apt-get install chromium` brings it")
    main(sys.argv[1:])
