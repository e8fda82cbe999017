"""Every Rust block of the pages runs as cells: a kernel for each page, its blocks in order.

The pictures are the drawn sample, and `my_photos` lies in the working folder.
"""
import pathlib
import shutil
import sys
import tempfile
import unittest

from pages import REPOSITORY, pages

sys.path.insert(0, str(REPOSITORY / "tests/kernel"))
from harness import Kernel  # noqa: E402


def rust(page):
    return [(text, place) for language, text, place in page.blocks() if language == "rust"]


class Cells(unittest.TestCase):
    def test_rust_of_the_pages(self):
        failures, count = [], 0
        for page in pages():
            blocks = rust(page)
            if blocks:
                count += len(blocks)
                failures += self.page(blocks)
        self.assertGreater(count, 5)
        self.assertEqual(failures, [], "\n".join(failures))

    def page(self, blocks):
        """What failed on one page."""
        with tempfile.TemporaryDirectory() as folder:
            photos = pathlib.Path(folder, "my_photos")
            kernel = Kernel(cwd=folder, env={"SEVENLINES_FEATURES": "2GB"})
            try:
                drawn = kernel.run("let drawn = dogs_vs_cats()?; println!(\"{}\", drawn.display());")
                self.assertEqual(drawn.status, "ok", drawn.outputs)
                sample = pathlib.Path(drawn.text().strip().splitlines()[-1])
                shutil.copytree(sample / "valid", photos)
                return self.blocks(kernel, blocks)
            finally:
                kernel.close()

    @staticmethod
    def blocks(kernel, blocks):
        failures = []
        for text, place in blocks:
            cell = kernel.run(text)
            print(f"ran {place} in {cell.seconds:.1f} s", flush=True)
            if cell.status != "ok":
                failures.append(f"{place}: {cell.error}")
        return failures


