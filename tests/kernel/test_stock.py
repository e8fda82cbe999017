"""Lesson 1 under evcxr_jupyter's own kernel, where the library comes by one added cell."""
import json
import tempfile
import unittest

from harness import FOLDER, REPOSITORY, Kernel
from lesson import copy_set, epochs

DEP = f"""\
:dep sevenlines = {{ path = "{REPOSITORY / "lib"}", default-features = false }}
use sevenlines::prelude::*;"""


def lesson_cells():
    """The code cells of lesson 1 up to the second training: the seven lines first."""
    with open(REPOSITORY / "notebooks" / "lesson1.ipynb") as file:
        cells = [cell for cell in json.load(file)["cells"] if cell["cell_type"] == "code"]
    return ["".join(cell["source"]) for cell in cells]


class Stock(unittest.TestCase):
    def execute(self, arguments, data, cells):
        """What each cell printed; all must be ok."""
        kernel = Kernel(arguments=arguments, env={"SEVENLINES_DATA": data, "SEVENLINES_SEED": "3"})
        try:
            said = []
            for code in cells:
                cell = kernel.run(code)
                self.assertEqual(cell.status, "ok", (code, cell.outputs))
                said.append(cell.text())
            return said
        finally:
            kernel.close()

    def test_the_same_numbers_under_both_kernels(self):
        cells = lesson_cells()
        with tempfile.TemporaryDirectory(dir=FOLDER) as data:
            copy_set(data, train=24, valid=12)
            ours = self.execute(["kernel"], data, cells)
            stock = self.execute(["stock-kernel"], data, [DEP, *cells])[1:]
        self.assertRegex(ours[0], r"(?m)^Epoch 1/1 .* val_acc: [01]\.\d{4}$")
        self.assertIn("vgg.fit(&batches, &val_batches, 1)?;", cells[0])
        for code, here, there in zip(cells, ours, stock):
            self.assertEqual(epochs(here), epochs(there), code)
        print("under both kernels:", epochs(ours[0]))
