"""The trial of batch sizes in a cell: one display that grows, and what is left of it after a stop."""
import tempfile

from harness import FOLDER, KernelTest
from lesson import copy_set


class BatchSizes(KernelTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = copy_set(tempfile.mkdtemp(dir=FOLDER) + "/set")
        cell = cls.kernel.run(
            f'let path = PathBuf::from("{folder}");\nlet mut vgg = Vgg16::new()?;\n'
            'let batches = vgg.get_batches(path.join("train"), 64)?;\n'
            'let val_batches = vgg.get_batches(path.join("valid"), 64)?;'
        )
        assert cell.status == "ok", cell.outputs

    def trial(self, cell):
        """What a cell showed of the trial: one table with one plot."""
        shown = [data for data in cell.shown if "<table" in data.get("text/html", "")]
        self.assertEqual(len(shown), 1, cell.outputs)
        self.assertEqual(shown[0]["text/html"].count("data:image/svg+xml"), 1)
        return shown[0]

    def test_1_a_cell_shows_it_once(self):
        cell = self.ok("let tried = vgg.try_batch_sizes(&batches, &val_batches, &[4, 8, 100], 3)?;\ntried")
        first = self.trial(cell)
        # What it grew to is the last of the updates of that one display.
        updates = [content["data"] for content in cell.of("update_display_data")]
        last = [data for data in updates if "<table" in data.get("text/html", "")] or [first]
        rows = last[-1]["text/plain"].splitlines()[2:]
        self.assertEqual([row.split()[:2] for row in rows], [["4", "18"], ["8", "9"], ["100", "3"]])

    def test_2_the_next_cell_shows_it_too(self):
        self.trial(self.ok("tried"))
        self.trial(self.ok("vgg.batch_sizes()?"))

    def test_3_a_stop_keeps_what_is_done(self):
        cell = self.fails(
            'println!("begun");\nvgg.try_batch_sizes(&batches, &val_batches, &[3, 5], 1_000_000)?;',
            stop_after="begun",
            wait=2,
        )
        self.assertEqual(cell.error["ename"], "Interrupted")
        kept = self.ok('let kept = vgg.batch_sizes()?; println!("{:?} {}", kept.sizes, kept.is_complete());')
        self.assertEqual(kept.text(), "[3, 5] false\n")
        self.assertEqual(self.ok("kept.runs[0].updates() > 0").value, "true")
        self.assertIn("0 of 2 batch sizes are complete.", self.ok("println!(\"{kept}\");").text())
