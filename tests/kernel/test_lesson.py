"""The seven lines as a notebook's first cell: done, stopped, failed."""
import tempfile
import unittest

from harness import FOLDER, Kernel
from lesson import SEVEN_LINES, copy_set, epochs


class Lesson(unittest.TestCase):
    """Each test has a kernel of its own, so that its cell is the notebook's first."""

    def start(self, env=None, **pictures):
        folder = tempfile.TemporaryDirectory(dir=FOLDER)
        self.addCleanup(folder.cleanup)
        copy_set(folder.name, **pictures)
        kernel = Kernel(env={"SEVENLINES_DATA": folder.name, **(env or {})})
        self.addCleanup(kernel.close)
        return kernel

    def ok(self, kernel, code):
        cell = kernel.run(code)
        self.assertEqual(cell.status, "ok", cell.outputs)
        return cell

    def all_is_usable(self, kernel):
        cell = self.ok(
            kernel,
            'println!("{} {batch_size} {} {} {}", path.is_dir(), batches.len(), val_batches.len(), vgg.classes().join(" "));',
        )
        return cell.text()

    def test_the_seven_lines_are_a_notebooks_first_cell(self):
        cell = self.ok(self.start(), SEVEN_LINES)
        self.assertIn("Found 24 images belonging to 2 classes.\n", cell.text())
        self.assertIn("Found 12 images belonging to 2 classes.\n", cell.text())
        self.assertRegex(cell.text(), r"(?m)^Epoch 1/1 - (\d+\.\d|\d+m)s - loss: \d\.\d{4} - acc: [01]\.\d{4} - val_loss: ")
        self.assertIsNone(cell.value)

    def test_stop_during_fit_keeps_everything_of_that_very_cell(self):
        kernel = self.start(train=75)
        cell = kernel.run(SEVEN_LINES, stop_after="Found 12 images", wait=3)
        self.assertEqual(cell.status, "error", cell.outputs)
        self.assertEqual(cell.error["ename"], "Interrupted")
        self.assertIn("vgg.fit(&batches, &val_batches, 1)?", cell.error["traceback"][1])
        self.assertNotIn("Epoch 1/1", cell.text())
        self.assertEqual(self.all_is_usable(kernel), "true 64 150 12 cats dogs\n")
        kept = int(self.ok(kernel, "vgg.features_kept()").value)
        self.assertTrue(0 < kept < 150, kept)
        print(f"stopped with the features of {kept} of 150 pictures")
        again = self.ok(kernel, "vgg.fit(&batches, &val_batches, 1)?;")
        self.assertIn("Epoch 1/1 - ", again.text())
        self.assertEqual(self.ok(kernel, "vgg.features_kept()").value, "162")

    def test_wrong_validation_classes_fail_and_keep_everything_of_that_very_cell(self):
        kernel = self.start(valid_classes=("lions", "tigers"))
        cell = kernel.run(SEVEN_LINES)
        self.assertEqual(cell.status, "error", cell.outputs)
        message = 'the validation classes are not the model\'s: they lack "cats", "dogs" and have beyond them "lions", "tigers"; '
        self.assertTrue(cell.error["evalue"].startswith(message), cell.error)
        self.assertEqual(self.all_is_usable(kernel), "true 64 24 12 cats dogs\n")
        # With the right folder it goes on from there.
        right = self.ok(kernel, 'let val_batches = vgg.get_batches(path.join("train"), 8)?;\nvgg.fit(&batches, &val_batches, 1)?;')
        self.assertIn("Epoch 1/1 - ", right.text())

    def test_a_count_alone_in_a_cell_and_the_same_seed_twice(self):
        kernel = self.start()
        self.ok(kernel, "let batch_size = 64;")
        self.ok(kernel, "let path = dogs_vs_cats()?;\nlet mut vgg = Vgg16::builder().seed(1).build()?;")
        found = self.ok(kernel, 'let batches = vgg.get_batches(path.join("train"), batch_size)?;')
        self.assertEqual(found.text(), "Found 24 images belonging to 2 classes.\n")
        self.assertEqual(self.ok(kernel, "batches.batch_size()").value, "64")

        numbers = []
        for seed in (1, 1, 2):
            # Small batches: the order of the pictures matters too.
            self.ok(
                kernel,
                f"let mut vgg = Vgg16::builder().seed({seed}).build()?;\n"
                'let batches = vgg.get_batches(path.join("train"), 4)?;\n'
                'let val_batches = vgg.get_batches(path.join("valid"), 8)?;\n'
                "vgg.finetune(&batches)?;\nlet history = vgg.fit(&batches, &val_batches, 2)?;",
            )
            numbers.append(epochs(self.ok(kernel, 'println!("{history}");').text()))
        self.assertEqual(len(numbers[0]), 2, numbers)
        self.assertEqual(numbers[0], numbers[1])
        self.assertNotEqual(numbers[0], numbers[2])

    def test_the_seed_of_run_is_that_of_the_notebook(self):
        kernel = self.start(env={"SEVENLINES_SEED": "7"})
        self.assertEqual(self.ok(kernel, "Vgg16::new()?.seed()").value, "7")
