"""Pictures, plots and the library's own values as a cell shows them and as a saved notebook keeps them."""
import base64
import json
import re
import sys
import tempfile
import unittest

import nbformat
from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient

from harness import FOLDER, REPOSITORY, KernelTest, Manager
from lesson import copy_set

sys.path.insert(0, str(REPOSITORY / "kernel" / "python"))

import notebook_file  # noqa: E402

PLOT = """
evcxr_figure((200, 100), |root| {{
    use plotters::prelude::*;
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root).build_cartesian_2d(0f32..1f32, 0f32..1f32)?;
    chart.draw_series(LineSeries::new([(0f32, 0f32), (1f32, {top}f32)], &RED))?;
    Ok(())
}})"""


class Show(KernelTest):
    def picture(self, code):
        cell = self.ok(code)
        self.assertEqual(len(cell.shown), 1, cell.outputs)
        data = cell.shown[0]
        if "image/png" in data:
            self.assertTrue(base64.b64decode(data["image/png"]).startswith(b"\x89PNG"))
        else:
            self.assertRegex(data["text/html"], r'<img [^>]*src="data:image/(png|jpeg);base64,[A-Za-z0-9+/]{40}')
        return data

    def test_pictures_of_the_image_crate(self):
        self.picture("image::RgbImage::from_pixel(40, 30, image::Rgb([200, 30, 30]))")
        self.picture("image::DynamicImage::ImageRgb8(image::RgbImage::from_pixel(40, 30, image::Rgb([0, 30, 90])))")
        self.picture("image::GrayImage::from_pixel(8, 8, image::Luma([90]))")

    def test_a_picture_in_a_variable_shows_and_is_kept(self):
        self.ok("let sky = image::RgbImage::from_pixel(16, 16, image::Rgb([120, 170, 230]));")
        self.picture("sky")
        self.assertEqual(self.ok("sky.width()").value, "16")

    def test_a_plot_shows(self):
        cell = self.ok(PLOT.format(top=1))
        self.assertEqual(len(cell.shown), 1, cell.outputs)
        self.assertIn("<svg", cell.shown[0]["text/html"])

    def test_two_plots_in_one_cell_both_show(self):
        cell = self.ok(f"{PLOT.format(top=1)}.evcxr_display();\n{PLOT.format(top=0.5)}.evcxr_display();")
        plots = [data["text/html"] for data in cell.shown]
        self.assertEqual(len(plots), 2, cell.outputs)
        self.assertTrue(all("<svg" in plot for plot in plots))
        self.assertNotEqual(*plots)

    def test_a_plot_of_ones_own_figures(self):
        cell = self.ok('bar_chart(&["cats", "dogs"].map(String::from), &[3.0, 5.0], "how many")?')
        self.assertIn("data:image/svg+xml", cell.shown[0]["text/html"])

    def test_a_bar_moves_in_place_and_ends_as_one_line(self):
        cell = self.ok('for _ in progress(0..8).label("step") { std::thread::sleep(std::time::Duration::from_millis(300)); }')
        self.assertEqual(len(cell.of("display_data")), 1, cell.outputs)
        updates = cell.of("update_display_data")
        place = cell.of("display_data")[0]["transient"]["display_id"]
        self.assertEqual({update["transient"]["display_id"] for update in updates}, {place})
        # On the way; a slow machine may leave some out.
        values = [value for update in updates for value in re.findall('<progress max="8" value="([1-7])"', update["data"].get("text/html", ""))]
        self.assertEqual(values, sorted(values), updates)
        self.assertGreaterEqual(len(values), 3, updates)
        self.assertRegex(updates[-1]["data"]["text/plain"], r"^step: 8/8 · .* items/s$")
        self.assertEqual(list(updates[-1]["data"]), ["text/plain"])

    def test_a_loop_of_ten_million_turns_does_not_flood(self):
        cell = self.ok("let mut sum = 0u64; for i in progress(0..10_000_000u64) { sum += i; } sum")
        self.assertEqual(cell.value, "49999995000000")
        # Ten a second at most, with the first and the last.
        self.assertLess(len(cell.of("update_display_data")), 2 + 10 * cell.seconds)

    def test_a_live_plot_lives_on_in_its_variable(self):
        first = self.ok(
            'let mut watched = LivePlot::new("loss").x_label("step");\n'
            "for step in 0..40 { watched.push(\"train\", step, 1.0 / f64::from(step + 1)); std::thread::sleep(std::time::Duration::from_millis(25)); }"
        )
        self.assertEqual(len(first.of("display_data")), 1, first.outputs)
        updates = first.of("update_display_data")
        self.assertGreaterEqual(len(updates), 1)
        self.assertLess(len(updates), 4 + 4 * first.seconds)
        self.assertEqual(updates[-1]["data"]["text/plain"], "loss: train 0.0250 at 39 (40 points)")
        # The next cell has a plot of its own, with all points, and none of the first cell's is touched.
        second = self.ok('watched.push_y("train", f64::NAN); watched.push("valid", 40usize, 0.5f32);')
        self.assertEqual(len(second.of("display_data")), 1, second.outputs)
        place = second.of("display_data")[0]["transient"]["display_id"]
        self.assertNotEqual(place, first.of("display_data")[0]["transient"]["display_id"])
        self.assertTrue(all(update["transient"]["display_id"] == place for update in second.of("update_display_data")))
        last = (second.of("update_display_data") or second.of("display_data"))[-1]["data"]
        self.assertEqual(last["text/plain"], "loss: train NaN at 40 (41 points, 1 of them not finite), valid 0.500 at 40 (1 point)")
        # Asked for without news, it is shown once.
        third = self.ok("watched")
        self.assertEqual(len(third.shown), 1, third.outputs)
        self.assertIn("data:image/svg+xml", third.shown[0]["text/html"])

    def test_a_failed_cell_leaves_the_last_points_and_where_it_stopped(self):
        cell = self.fails(
            'let mut short = LivePlot::new("t");\n'
            'for i in progress(0..10) { short.push_y("a", i); if i == 3 { panic!("three"); } }'
        )
        states = {}
        for _, kind, content in cell.outputs:
            if "display" in kind:
                states[content["transient"]["display_id"]] = content["data"]["text/plain"]
        bar, plot = sorted(states.values())
        self.assertRegex(bar, "^stopped at 3/10 · ")
        self.assertEqual(plot, "t: a 3.00 at 3 (4 points)")


class SavedManager(AsyncKernelManager):
    """As the harness's kernel, for nbclient."""

    arguments = Manager.arguments
    kernel_spec = Manager.kernel_spec


class Saved(unittest.TestCase):
    """What nbclient, and so nbconvert, keeps of a notebook: the final state of what moved, once."""

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(dir=FOLDER)
        data = copy_set(cls.temporary.name, train=8, valid=4)
        sources = {
            "model": f'let path = PathBuf::from("{data}");\n'
            "let mut vgg = Vgg16::new()?;\n"
            'let batches = vgg.get_batches_with(path.join("train"), 8, BatchOptions { augment: Some(Augment::default()), ..Default::default() })?;\n'
            'let val_batches = vgg.get_batches(path.join("valid"), 8)?;\n'
            "vgg.finetune(&batches)?;",
            "fit": "vgg.fit(&batches, &val_batches, 3)?;",
            "progress": 'for _ in progress(0..40).label("decoding") { std::thread::sleep(std::time::Duration::from_millis(10)); }',
            "nested": 'for _ in progress(0..3).label("outer") { for _ in progress(0..5).label("inner") {} }',
            "plot": 'let mut plot = LivePlot::new("noise");\n'
            "for i in 0..1_000_000u32 { plot.push(\"a\", i, i.wrapping_mul(2_654_435_769)); }",
            "break": "for i in progress(0..10) { if i == 3 { break; } }",
            "print": 'for i in 0..=100 { print!("\\r{i} %"); } println!();',
        }
        cells = [nbformat.v4.new_code_cell(source) for source in sources.values()]
        notebook = nbformat.v4.new_notebook(cells=cells)
        resources = {"metadata": {"path": str(FOLDER)}}
        client = NotebookClient(notebook, km=SavedManager(kernel_name="sevenlines"), timeout=600, startup_timeout=600, resources=resources)
        client.execute(cleanup_kc=True)
        cls.outputs = dict(zip(sources, (cell.outputs for cell in notebook.cells)))

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def only(self, name):
        """The cell's one output's data."""
        self.assertEqual(len(self.outputs[name]), 1, self.outputs[name])
        self.assertEqual(self.outputs[name][0].output_type, "display_data")
        return self.outputs[name][0].data

    def test_a_fit_keeps_one_bar_and_its_epochs(self):
        said, bar, *lines = self.outputs["fit"]
        self.assertRegex(said.text, r"^Augmented pictures differ each epoch: ")
        self.assertRegex(bar.data["text/plain"], r"^VGG16 looked at \d+ images: ")
        self.assertEqual(list(bar.data), ["text/plain"])
        self.assertEqual("".join(line.text for line in lines).count("Epoch "), 3)

    def test_a_bar_is_one_line(self):
        data = self.only("progress")
        self.assertEqual(list(data), ["text/plain"])
        self.assertRegex(data["text/plain"], r"^decoding: 40/40 · .* items/s$")
        self.assertRegex(self.only("break")["text/plain"], "^stopped at 3/10 · ")

    def test_bars_within_a_bar_are_one_line(self):
        lines = [output.data["text/plain"] for output in self.outputs["nested"]]
        self.assertEqual(len(lines), 2)
        self.assertRegex(lines[0], "^outer: 3/3 · ")
        self.assertRegex(lines[1], "^inner: 5/5 · ")

    def test_a_plot_of_a_million_points_is_small(self):
        data = self.only("plot")
        self.assertIn("(1000000 points)", data["text/plain"])
        self.assertIn("data:image/svg+xml", data["text/html"])
        self.assertLess(len(json.dumps(data)), 60_000)

    def test_overwritten_text_is_kept_by_nbclient_and_collapsed_by_run(self):
        raw = "".join(output.text for output in self.outputs["print"])
        self.assertEqual(raw, "".join(f"\r{i} %" for i in range(101)) + "\n")
        (output,) = notebook_file.compact_outputs([nbformat.from_dict(dict(output)) for output in self.outputs["print"]])
        self.assertEqual(output.text, "100 %\n")

    def test_nothing_is_empty(self):
        for name, outputs in self.outputs.items():
            for output in outputs:
                self.assertTrue(output.get("text") or all(output.get("data", {"none": ""}).values()), (name, output))
