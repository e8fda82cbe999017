"""Lesson 1 in JupyterLab, from the first look to a restart."""

import unittest

import chromium
import lab
from notebook_page import opened

# What all cells may take together on a slow machine.
SECONDS = 180
# Where the last code cell begins that the lesson must have run.
LAST = "let batches = vgg.get_batches"


@chromium.required
class Lesson(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = chromium.entered(cls, lab.running())
        cls.browser = chromium.entered(cls, chromium.browser())

    def run_all(self, page, *menu):
        """Runs all cells and waits; each must have run, in order and without an error."""
        cells = page.code_cells()
        count = cells.count()
        self.assertGreater(count, 20)
        page.menu(*menu)
        if menu[0] == "Kernel":
            page.confirm()
        # The outputs that were saved with the notebook must go.
        page.wait(lambda: page.prompt(cells.nth(count - 1)) == "[*]:" or page.errors(), 60)
        page.wait(lambda: page.prompt(cells.nth(count - 1)) == f"[{count}]:" or page.errors(), SECONDS)
        self.assertEqual(page.errors(), [])
        prompts = [page.prompt(cells.nth(index)) for index in range(count)]
        self.assertEqual(prompts, [f"[{number}]:" for number in range(1, count + 1)])
        page.wait_idle()

    def fitted(self, page):
        text = page.outputs(page.code_cells().first)
        self.assertIn("Found 60 images belonging to 2 classes.", text)
        self.assertRegex(text, r"Epoch 1/1 - [\d.]+m?s - loss: \d\.\d{4} - acc: [01]\.\d{4} - val_loss: ")

    def test_all_cells_run_and_run_again_after_a_restart(self):
        with opened(self.browser, self.server, "lesson1.ipynb") as page:
            page.wait_idle()
            page.picture("lesson1-1-opened")
            self.run_all(page, "Run", "Run All Cells")
            self.fitted(page)
            page.whole("lesson1-2-all-run")
            pictures = page.page.locator(".jp-OutputArea-output img")
            self.assertGreater(pictures.count(), 20)
            broken = pictures.evaluate_all("all => all.filter(it => !it.complete || it.naturalWidth == 0).length")
            self.assertEqual(broken, 0, "pictures that the browser could not draw")

            page.menu("Kernel", "Restart Kernel…")
            page.picture("lesson1-3-restart-asked")
            page.confirm()
            page.wait_idle()
            lost = page.append("batches.len()")
            page.run(lost)
            page.wait(lambda: page.errors(), 60)
            self.assertIn("batches", page.errors()[0])
            page.picture("lesson1-4-restarted")
            page.page.keyboard.press("Escape")
            page.page.keyboard.press("d")
            page.page.keyboard.press("d")

            self.run_all(page, "Kernel", "Restart Kernel and Run All Cells…")
            self.fitted(page)
            page.picture("lesson1-5-run-again")
            self.assertEqual(page.elsewhere, [], "requests that would have left this machine")
            self.assertEqual(page.complaints, [])


if __name__ == "__main__":
    unittest.main()
