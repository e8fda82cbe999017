"""What is compiled when: candle once, for the workspace; the library once, for cells."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

import processes
from harness import FOLDER, HOME, REPOSITORY, Kernel, KernelTest


def crates(*selection):
    """Each crate that goes into a build, with its features."""
    command = ["cargo", "tree", "--locked", "--offline", "--edges", "normal", "--prefix", "none", "--format", "{p} {f}"]
    told = subprocess.run(command + list(selection), cwd=REPOSITORY, check=True, capture_output=True, text=True)
    lines = (line.removesuffix(" (*)") for line in told.stdout.splitlines())
    return {line for line in lines if line and not line.startswith("sevenlines ")}


def write_crate(folder, number, version="0.1.0"):
    """A crate `mine` that knows a number."""
    source = pathlib.Path(folder, "src")
    source.mkdir(exist_ok=True)
    pathlib.Path(folder, "Cargo.toml").write_text(
        f'[package]\nname = "mine"\nversion = "{version}"\nedition = "2024"\n'
    )
    (source / "lib.rs").write_text(f"pub fn number() -> i32 {{ {number} }}\n")


def older_than_the_library(home):
    """Puts into a home what `setup` compiled, as if that had been before the library's files came."""
    cells = home / "cells"
    shutil.copytree(HOME / "cells", cells, copy_function=link)
    notes = list(cells.glob("*/cell/target/*/release/.fingerprint/sevenlines-*/*"))
    assert any(note.name.startswith("dep-") for note in notes), notes
    for note in notes:
        text = note.read_bytes()
        note.unlink()
        note.write_bytes(text)
        os.utime(note, (0, 0))


def link(source, target):
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


class Build(unittest.TestCase):
    def test_cells_ask_for_the_features_that_the_workspace_has(self):
        # Seen from the manifests alone, whatever was compiled here before: a target
        # folder that has both builds hides the difference until a fresh clone.
        cells = crates("--package", "sevenlines", "--no-default-features")
        self.assertEqual(sorted(cells - crates("--workspace")), [])

    def start_in_own_home(self, prepare=lambda home: None):
        """A kernel in a home of its own in which nothing is compiled but what `prepare` puts there."""
        # Not below the workspace, whose member cargo would take the cells' crate for.
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        prepare(pathlib.Path(home.name))
        sources = HOME / "rust-src" / "library"
        env = {"SEVENLINES_HOME": home.name}
        if sources.is_dir():
            env["RUST_SRC_PATH"] = str(sources)
        kernel = Kernel(env=env)
        self.addCleanup(kernel.manager.shutdown_kernel, now=True)
        self.addCleanup(kernel.client.stop_channels)
        return kernel, pathlib.Path(home.name, "cells")

    def test_only_the_library_is_compiled_for_cells_and_stop_ends_that(self):
        """Stop did nothing meanwhile, and the cells that waited ran a minute later."""
        kernel, cells = self.start_in_own_home()
        # The notebook is open, and its first cell is sent later: that cell hears what is going on.
        self.assertTrue(processes.soon(lambda: any(cells.glob("*/cell/target"))))
        time.sleep(2)
        first, second = kernel.client.execute("1"), kernel.client.execute("2")
        lines = self.heard_of_compiling(kernel)
        self.assertIn("preparing the library for cells", lines[0])
        # What the library needs would come before it. It takes a minute itself.
        compiled = [line for line in lines if line.startswith("Compiling")]
        self.assertRegex(compiled[0], r"^Compiling sevenlines v")
        kernel.press()
        reply = kernel.reply(first)
        self.assertEqual((reply["status"], reply["ename"]), ("error", "Interrupted"), reply)
        self.assertIn("run the cell again", reply["evalue"])
        self.assertEqual(kernel.reply(second)["status"], "aborted")
        self.assertTrue(processes.soon(lambda: not processes.descendants(kernel.pid)), "a compiler is left")
        # The next cell looks anew; here it finds what `setup` has compiled meanwhile.
        shutil.rmtree(cells)
        cells.symlink_to(HOME / "cells")
        cell = kernel.run("1 + 1")
        self.assertEqual(cell.value, "2", cell.outputs)

    def test_a_start_that_failed_is_tried_again(self):
        """A kernel whose start had failed stayed so, whatever its user mended."""
        kernel, cells = self.start_in_own_home(lambda home: (home / "cells").write_text("no folder"))
        for _ in range(2):
            cell = kernel.run("1")
            self.assertEqual((cell.status, cell.error["ename"]), ("error", "KernelError"), cell.outputs)
            self.assertIn(str(cells), cell.error["evalue"])
        cells.unlink()
        cells.symlink_to(HOME / "cells")
        cell = kernel.run("1 + 1")
        self.assertEqual(cell.value, "2", cell.outputs)

    def test_a_library_cloned_again_is_not_compiled_again(self):
        """The same sources with a later time, as after `git clone`: a `:dep` compiled the library for a minute."""
        kernel, _ = self.start_in_own_home(older_than_the_library)
        with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
            write_crate(folder, 1)
            cell = kernel.run(f':dep mine = {{ path = "{folder}" }}\nmine::number()')
        self.assertEqual(cell.value, "1", cell.outputs)
        said = [content["data"]["text/plain"] for content in cell.of("update_display_data")]
        self.assertTrue(any(text.startswith("compiled 1 crate in ") for text in said), said)

    @staticmethod
    def heard_of_compiling(kernel):
        """The lines of what is said until something is compiled."""
        lines = []
        while not any(line.startswith("Compiling") for line in lines):
            message = kernel.client.get_iopub_msg(timeout=300)
            lines += message["content"].get("text", "").splitlines()
        return lines

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


class Recipes(KernelTest):
    """Cargo is asked only if something may have changed but the cell."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A crate by path stands for the library too: both are among what is compared.
        folder = tempfile.TemporaryDirectory(dir=FOLDER)
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        (work,) = pathlib.Path(HOME, "kernels").glob(f"{cls.kernel.pid}-*")
        cls.work = work / "cell"

    def cargo_was_asked(self):
        """Since the last call."""
        # Left by the compiler's wrapper, which cargo alone starts.
        note = self.work / "recipes" / "call.json"
        asked = note.exists()
        note.unlink(missing_ok=True)
        return asked

    def test_1_from_the_first_cell_on_cargo_is_not_asked(self):
        for code in ["let x = 1;", 'println!("hi");', "x + 1", "vec![x]", "Tensor::zeros((2, 2), DType::F32, &Device::Cpu)?;"]:
            self.ok(code)
        self.fails("let y: i32 = true;")
        self.assertFalse(self.cargo_was_asked())

    def test_2_a_new_dependency_and_every_change_of_it_ask_cargo(self):
        write_crate(self.folder, 1)
        cell = self.ok(f':dep mine = {{ path = "{self.folder}" }}\nmine::number()')
        self.assertEqual(cell.value, "1")
        self.assertTrue(self.cargo_was_asked())
        said = [shown["text/plain"] for shown in cell.shown] + [
            content["data"]["text/plain"] for content in cell.of("update_display_data")
        ]
        # The library and all below it are not compiled again.
        self.assertIn("compiling mine v0.1.0 (crate 1)", said)
        self.assertTrue(any(text.startswith("compiled 1 crate in ") for text in said), said)

        self.assertEqual(self.ok("mine::number() + 1").value, "2")
        self.assertFalse(self.cargo_was_asked())

        write_crate(self.folder, 10)
        self.assertEqual(self.ok("mine::number() + 2").value, "12")
        self.assertTrue(self.cargo_was_asked())
        self.ok("mine::number() + 3")
        self.assertFalse(self.cargo_was_asked())

        write_crate(self.folder, 10, version="0.2.0")
        self.ok("mine::number() + 4")
        self.assertTrue(self.cargo_was_asked())
        self.ok("mine::number() + 5")
        self.assertFalse(self.cargo_was_asked())
        self.assertEqual(self.ok("x").value, "1")

    def test_3_a_changed_setting_of_the_build_asks_cargo(self):
        self.ok(":build_env SEVENLINES_TEST_SETTING = 1\nlet a = 1;")
        self.assertTrue(self.cargo_was_asked())
        self.ok("a")
        self.assertFalse(self.cargo_was_asked())

    def test_4_a_library_compiled_anew_gets_a_new_process(self):
        # What the shim leaves when cargo has made another library than the one loaded.
        (self.work / "renewed").touch()
        cell = self.fails("a + 1")
        self.assertIn("these variables are lost: ", cell.error["evalue"])
        self.assertFalse((self.work / "renewed").exists())
        self.ok("let b = Tensor::zeros(1, DType::F32, &Device::Cpu)?; b.dims1()?")
        self.fails("a")

    def test_5_without_variables_nothing_is_lost_by_that(self):
        self.ok(":clear\n:dep sevenlines = { path = \"%s\", default-features = false }" % (REPOSITORY / "lib"))
        (self.work / "renewed").touch()
        self.assertEqual(self.ok("1 + 1").value, "2")

    def test_6_the_chosen_format_is_used(self):
        self.assertEqual(self.ok("vec![1]").value, "[1]")
        self.ok(":fmt {:#?}")
        self.assertEqual(self.ok("vec![1]").value, "[\n    1,\n]")
        self.ok(":fmt {:?}")
