"""The executed notebooks as a reader sees them: in a light and a dark theme, in a narrow window."""

import pathlib
import unittest

import chromium
import lab
from notebook_page import opened

LOOK = pathlib.Path(__file__).with_name("reading.js").read_text()
NARROW = 1024
# WCAG 2, level AA.
CONTRAST, CONTRAST_LARGE = 4.5, 3.0
# Of letters in a plot that was made smaller with the window, in CSS pixels.
SMALLEST = 8.0


@chromium.required
class Reading(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = chromium.entered(cls, lab.running())
        cls.browser = chromium.entered(cls, chromium.browser())

    def read(self, page, name, theme):
        """What is wrong with what stands there."""
        seen = page.page.evaluate(LOOK)
        plots = [word for plot in seen["plots"] for word in plot]
        dark = seen["ground"] < 0.1
        self.assertEqual(dark, theme == "dark", f"the cells' ground has the luminance {seen['ground']}")
        self.assertGreater(len(seen["words"]), 10, f"{name} has outputs")
        self.assertTrue(all(seen["plots"]), f"{name}: each plot has words")
        wrong = []
        for word in [*seen["words"], *plots]:
            if word["contrast"] < (CONTRAST_LARGE if word["large"] else CONTRAST):
                wrong.append(f"{word['text']!r} has a contrast of {word['contrast']:.2f}")
        wrong += [f"{word['text']!r} is {word['size']:.1f} pixels high" for word in plots if word["size"] < SMALLEST]
        wrong += [f"wider than its place: {text!r}" for text in seen["wide"]]
        wrong += [f"the number {text!r} is broken over lines" for text in seen["broken"]]
        wrong += ["an image without words or drawing" for image in seen["images"] if not (image["alt"].strip() and image["drawn"])]
        return [f"{name}, {theme}: {what}" for what in wrong], len(plots), len(seen["images"])

    def test_outputs_can_be_read(self):
        wrong, plots, images = [], 0, 0
        names = sorted(path.name for path in lab.NOTEBOOKS.glob("*.ipynb"))
        for name in names:
            with opened(self.browser, self.server, name, width=NARROW) as page:
                for theme in ("light", "dark"):
                    page.theme(theme)
                    found, words, pictures = self.read(page, name, theme)
                    wrong, plots, images = wrong + found, plots + words, images + pictures
                    page.picture(f"reading-{pathlib.Path(name).stem}-{theme}-{NARROW}")
                self.assertEqual(page.elsewhere, [])
                self.assertEqual(page.complaints, [])
            self.server.end_kernels()
        print(f"{plots} words in plots and {images} images of {len(names)} notebooks, twice")
        self.assertGreater(plots, 100)
        self.assertGreater(images, 100)
        self.assertEqual(wrong, [], "\n".join(wrong))


if __name__ == "__main__":
    unittest.main()
