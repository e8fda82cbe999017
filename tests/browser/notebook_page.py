"""A notebook in JupyterLab's page, as its reader and its user see it."""

import contextlib
import os
import pathlib
import re
import time
import urllib.parse

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PICTURES = pathlib.Path(os.environ.get("SEVENLINES_SCREENSHOTS") or REPOSITORY / "target" / "screenshots")
SECONDS = 1000
# Beyond this Chromium draws a page in pieces that no longer fit together.
TALLEST = 16000
CHROME = 160


class NotebookPage:
    """One open notebook. Its requests and its complaints are kept."""

    def __init__(self, browser, lab, name, width=1280, height=900):
        self.lab, self.name, self.width, self.height = lab, name, width, height
        self.page = browser.new_page(viewport={"width": width, "height": height})
        self.elsewhere, self.complaints = [], []
        self.page.route(re.compile(".*"), self.guard)
        self.page.on("console", lambda message: self.complain(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(lab.notebook(name))
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60 * SECONDS)

    def guard(self, route):
        """Lets nothing leave this machine, and notes what would."""
        if urllib.parse.urlparse(route.request.url).hostname == "127.0.0.1":
            return route.continue_()
        self.elsewhere.append(route.request.url)
        return route.abort()

    def complain(self, kind, text):
        if kind == "error":
            self.complaints.append(text)

    def close(self):
        self.page.close()

    # What is there

    def cell(self, index):
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def code_cells(self):
        return self.page.locator(".jp-Notebook .jp-CodeCell")

    def prompt(self, cell):
        return cell.locator(".jp-InputPrompt").inner_text().strip()

    def status(self):
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook-ExecutionIndicator").get_attribute("data-status")

    def errors(self):
        """What cells failed with."""
        # JupyterLab draws an error as it draws what a cell writes to stderr.
        kind = "[data-mime-type='application/vnd.jupyter.stderr']"
        return self.page.locator(f".jp-OutputArea-output{kind}").all_inner_texts()

    def outputs(self, cell):
        return "\n".join(cell.locator(".jp-OutputArea-output").all_inner_texts())

    def moving(self, cell):
        """The progress bar that a cell shows now, and its last picture."""
        return cell.evaluate(
            """cell => {
                const bar = cell.querySelector(".jp-OutputArea-output progress");
                const images = cell.querySelectorAll(".jp-OutputArea-output img");
                const words = bar && bar.parentElement.innerText;
                return [bar && {value: bar.value, max: bar.max, words}, images.length ? images[images.length - 1].src : null];
            }"""
        )

    # What is done

    def wait(self, what, seconds, every=0.1):
        """Waits until `what()` holds."""
        until = time.monotonic() + seconds
        while not what():
            if time.monotonic() > until:
                self.picture("timeout")
                raise AssertionError(f"not within {seconds} s in {self.name}; the kernel is {self.status()}; {self.errors()}")
            self.page.wait_for_timeout(every * SECONDS)

    def wait_idle(self, seconds=120):
        """Waits for the kernel; before it is connected its circle in the toolbar says idle too."""
        bar = self.page.locator("#jp-bottom-panel")
        self.wait(lambda: "(sevenlines) | Idle" in bar.inner_text() and self.status() == "idle", seconds)

    def menu(self, *names):
        """Chooses an entry of the main menu."""
        self.page.locator(".lm-MenuBar-itemLabel", has_text=re.compile(f"^{names[0]}$")).click()
        for name in names[1:]:
            self.page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{name}$")).click()

    def theme(self, name):
        """Changes to the light or the dark theme, as the menu does."""
        self.menu("Settings", "Theme", f"JupyterLab {name.capitalize()}")
        light = {"light": "true", "dark": "false"}[name]
        self.page.wait_for_selector(f"body[data-jp-theme-light='{light}']", state="attached", timeout=20 * SECONDS)
        self.page.wait_for_timeout(0.5 * SECONDS)

    def confirm(self):
        self.page.locator(".jp-Dialog button.jp-mod-accept").click()

    def press_stop(self):
        self.page.locator("jp-button[data-command='notebook:interrupt-kernel']").click()

    def select(self, cell):
        """Puts the cursor at the end of a code cell's text."""
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+End")

    def run(self, cell):
        self.select(cell)
        self.page.keyboard.press("Control+Enter")

    def press_until(self, key, what, times=10):
        """Presses a key until its answer is there: JupyterLab drops one that took the kernel more than a second."""
        for _ in range(times):
            self.page.keyboard.press(key)
            for _ in range(20):
                self.page.wait_for_timeout(0.1 * SECONDS)
                if what():
                    return
        self.picture("timeout")
        raise AssertionError(f"{key} was pressed {times} times in {self.name}")

    def append(self, code):
        """A new code cell at the notebook's end, with the cursor behind its text."""
        self.page.keyboard.press("Escape")
        self.page.locator(".jp-Notebook .jp-Cell .jp-InputPrompt, .jp-Notebook .jp-Cell .jp-InputArea").last.click()
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("b")
        self.page.keyboard.press("Enter")
        self.page.keyboard.insert_text(code)
        return self.page.locator(".jp-Notebook .jp-Cell.jp-mod-active")

    # What is kept

    def picture(self, name):
        """Keeps what the window shows."""
        return self.keep(name, self.page.screenshot())

    def whole(self, name):
        """Keeps the whole notebook, in a window as tall as it is."""
        tall = self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-WindowedPanel-outer").evaluate("it => it.scrollHeight")
        self.page.set_viewport_size({"width": self.width, "height": min(tall + CHROME, TALLEST)})
        self.page.wait_for_timeout(0.5 * SECONDS)
        kept = self.picture(name)
        self.page.set_viewport_size({"width": self.width, "height": self.height})
        return kept

    def keep(self, name, png):
        PICTURES.mkdir(parents=True, exist_ok=True)
        path = PICTURES / f"{name}.png"
        path.write_bytes(png)
        return path


@contextlib.contextmanager
def opened(browser, lab, name, **options):
    page = NotebookPage(browser, lab, name, **options)
    try:
        yield page
    finally:
        page.close()
