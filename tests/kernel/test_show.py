"""Pictures, plots and the library's own values as a cell shows them."""
import base64

from harness import KernelTest

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
