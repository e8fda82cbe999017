"""What is compiled when: candle once, for the workspace; the library once, for cells."""
import os
import tempfile
import unittest

from harness import FOLDER, HOME, REPOSITORY, Kernel


class Build(unittest.TestCase):
    def test_only_the_library_is_compiled_for_cells(self):
        # Not below the workspace, whose member cargo would take the cells' crate for.
        with tempfile.TemporaryDirectory() as home:
            sources = HOME / "rust-src" / "library"
            env = {"SEVENLINES_HOME": home}
            if sources.is_dir():
                env["RUST_SRC_PATH"] = str(sources)
            kernel = Kernel(env=env)
            try:
                cell = kernel.run("1")
                self.assertEqual(cell.value, "1", cell.outputs)
                compiled = [line.split()[1] for line in cell.text("stderr").splitlines() if line.startswith("Compiling")]
                self.assertEqual(compiled, ["sevenlines", "ctx"], cell.text("stderr"))
            finally:
                kernel.close()

    def test_the_notebooks_own_settings_do_not_replace_ours(self):
        with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
            with open(os.path.join(folder, "evcxr.toml"), "w") as file:
                file.write("[evcxr]\ntmpdir = \"/nonexistent\"\nprelude = \"compile_error!();\"\n")
            kernel = Kernel(cwd=folder)
            try:
                shown = kernel.run("std::env::current_dir()?.display().to_string()")
                self.assertEqual(shown.value, f'"{os.path.realpath(folder)}"', shown.outputs)
            finally:
                kernel.close()

    def test_the_stock_kernel_takes_the_library_by_dep(self):
        kernel = Kernel(arguments=["stock-kernel"])
        try:
            library = REPOSITORY / "lib"
            cell = kernel.run(f':dep sevenlines = {{ path = "{library}", default-features = false }}\n'
                              "use sevenlines::prelude::*;\nTensor::new(&[1f32], &Device::Cpu).unwrap().to_vec1::<f32>().unwrap()")
            self.assertEqual(cell.value, "[1.0]", cell.outputs)
            self.assertNotIn("candle", cell.text("stderr"))
            self.assertLess(cell.seconds, 90)
        finally:
            kernel.close()
