"""What moves while a cell runs, the stop button, completion and help."""

import json
import unittest

import chromium
import lab
from notebook_page import opened

SEVEN_LINES = """\
let path = dogs_vs_cats()?;
let batch_size = 64;
let mut vgg = Vgg16::new()?;
let batches = vgg.get_batches(path.join("train"), batch_size)?;
let val_batches = vgg.get_batches(path.join("valid"), batch_size * 2)?;
vgg.finetune(&batches)?;
vgg.fit(&batches, &val_batches, 1)?;"""
VARIABLES = 'println!("{batch_size} {} {} {}", batches.len(), val_batches.len(), vgg.classes().join(" "));'
LIVE = """\
let mut plot = LivePlot::new("a live plot").x_label("step");
for step in progress(0..100).label("steps") {
    check_interrupt()?;
    std::thread::sleep(std::time::Duration::from_millis(80));
    plot.push("line", step, step * step);
}
plot.finish();"""
KERNEL = {"name": "sevenlines", "display_name": "Rust (sevenlines)", "language": "rust"}


def notebook(folder, name, *cells):
    """A notebook of code cells that have not run."""
    code = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    content = [{**code, "id": f"cell-{number}", "source": source} for number, source in enumerate(cells)]
    whole = {"cells": content, "metadata": {"kernelspec": KERNEL}, "nbformat": 4, "nbformat_minor": 5}
    (folder / name).write_text(json.dumps(whole))


@chromium.required
class Live(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # So many that `fit` is still looking at them when stop is pressed.
        cls.server = chromium.entered(cls, lab.running(train=150, valid=20))
        cls.browser = chromium.entered(cls, chromium.browser())
        notebook(cls.server.work, "live.ipynb", SEVEN_LINES, VARIABLES, "vgg.fit(&batches, &val_batches, 1)?;", LIVE)
        notebook(cls.server.work, "help.ipynb", "let mut vgg = Vgg16::new()?;", "vgg.fine", "Vgg16::new")

    def failed(self, page):
        """The names of the cells' errors. The note that a cell does not listen yet, which a slow machine may see, is none."""
        return [error.split(":")[0] for error in page.errors() if not error.startswith("stop was asked for")]

    def watch(self, page, cell, until, seconds=120):
        """The distinct bars and pictures that a cell shows until something holds."""
        bars, pictures = [], []

        def look():
            for seen, state in zip((bars, pictures), page.moving(cell)):
                if state and state not in seen:
                    seen.append(state)
            return until(bars, pictures)

        page.wait(look, seconds, every=0.05)
        return bars, pictures

    def test_fit_moves_stops_and_goes_on(self):
        with opened(self.browser, self.server, "live.ipynb") as page:
            page.wait_idle()
            lines, variables, again, live = (page.code_cells().nth(index) for index in range(4))
            page.run(lines)
            bars, _ = self.watch(page, lines, lambda bars, _: len(bars) >= 5)
            page.picture("live-1-progress")
            shares = [bar["value"] / bar["max"] for bar in bars]
            self.assertEqual(shares, sorted(shares))
            self.assertLess(shares[-1], 1.0, "it is not done yet")
            self.assertIn("VGG16 looks at the pictures", bars[-1]["words"])

            page.press_stop()
            page.wait_idle(30)
            self.assertEqual(self.failed(page), ["Interrupted"])
            page.picture("live-2-stopped")
            self.assertNotIn("Epoch 1/1", page.outputs(lines))
            self.assertIsNone(page.moving(lines)[0], "a bar that no longer moves")
            page.run(variables)
            page.wait(lambda: page.prompt(variables) == "[2]:", 60)
            self.assertEqual(page.outputs(variables).strip(), "64 300 40 cats dogs")
            self.assertEqual(self.failed(page), ["Interrupted"], "only the stopped cell")
            page.picture("live-3-variables")

            page.run(again)
            page.wait(lambda: page.prompt(again) == "[3]:", 120)
            self.assertRegex(page.outputs(again), r"Epoch 1/1 - [\d.]+m?s - loss: ")
            page.picture("live-4-fitted")

            page.run(live)
            done = lambda *_: page.prompt(live) == "[4]:"
            bars, pictures = self.watch(page, live, done)
            self.assertGreaterEqual(len(bars), 5, bars)
            self.assertGreaterEqual(len(pictures), 5, "states of the live plot")
            self.assertIsNone(page.moving(live)[0], "a bar that is done leaves a line")
            self.assertEqual(live.locator(".jp-OutputArea-output img").count(), 1, "the plot is replaced in place")
            self.assertIn("steps: 100/100", page.outputs(live))
            page.picture("live-5-plot")
            self.assertEqual(page.elsewhere, [])
            self.assertEqual(page.complaints, [])

    def test_tab_and_shift_tab(self):
        with opened(self.browser, self.server, "help.ipynb") as page:
            page.wait_idle()
            first, method, constructor = (page.code_cells().nth(index) for index in range(3))
            page.run(first)
            page.wait(lambda: page.prompt(first) == "[1]:", 60)

            page.select(method)
            entries = page.page.locator(".jp-Completer .jp-Completer-item")
            page.press_until("Tab", lambda: entries.count() > 0)
            page.picture("help-1-completion")
            names = entries.locator(".jp-Completer-match").all_inner_texts()
            self.assertIn("finetune", names)
            self.assertTrue(all(name.startswith("fine") for name in names), names)
            entries.nth(names.index("finetune")).click()
            self.assertEqual(method.locator(".cm-content").inner_text().strip(), "vgg.finetune")

            page.select(constructor)
            for _ in range(len("::new")):
                page.page.keyboard.press("ArrowLeft")
            tip = page.page.locator(".jp-Tooltip")
            page.press_until("Shift+Tab", tip.count)
            page.picture("help-2-shift-tab")
            self.assertIn("VGG16", tip.inner_text())
            self.assertEqual(page.elsewhere, [])
            self.assertEqual(page.complaints, [])


if __name__ == "__main__":
    unittest.main()
