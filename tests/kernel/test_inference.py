"""Variables without a written type, with the standard library's sources of a toolchain, with those that setup fetches, with none."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from harness import FOLDER, HOME, Kernel

# Each: a cell, an expression about what it defined, and what that shows.
CELLS = [
    ("let number = 1;", "number", "1"),
    ("let v = vec![1, 2, 3];", "v.len()", "3"),
    ("let o = Some(1);", "o.map(|n| n + 1)", "Some(2)"),
    ('let s = String::from("a");', "s.len()", "1"),
    ('let f = format!("{}-{}", 1, s);', "f.as_str()", '"1-a"'),
    ("let doubled = v.iter().map(|x| x * 2).collect::<Vec<_>>();", "&doubled", "[2, 4, 6]"),
    ('let words = "b a".split(\' \').map(str::to_owned).collect::<Vec<_>>();', "words.concat()", '"ba"'),
    ("let sum = v.iter().sum::<i32>();", "sum", "6"),
    ("let first = v.first().copied();", "first", "Some(1)"),
    ('let parsed = "5".parse::<u8>();', "parsed.is_ok()", "true"),
    ('let read = "5".parse::<u8>()?;', "read", "5"),
    ('let (left, right) = (2.5, String::from("b"));', "(left, right.len())", "(2.5, 1)"),
    ("let mut list = Vec::new(); list.push(1u8);", "&list", "[1]"),
    ("let array = [0u8; 4];", "array.len()", "4"),
    ("let boxed = Box::new(5);", "*boxed", "5"),
    ("let shared = std::sync::Arc::new(std::sync::Mutex::new(vec![1]));", "shared.lock().unwrap().len()", "1"),
    ("let wait = std::time::Duration::from_millis(1500);", "wait.as_secs()", "1"),
    ("struct Point { x: i32 } let point = Point { x: 3 };", "point.x", "3"),
    ('let path = PathBuf::from("a").join("b");', "path.components().count()", "2"),
    ("let tensor = Tensor::zeros((2, 3), DType::F32, &Device::Cpu)?;", "tensor.dims().len()", "2"),
    ("let picture = image::RgbImage::new(2, 3);", "picture.height()", "3"),
    # A text's lifetime is not that of the cell, and later cells must not mind it.
    ('let map = std::collections::HashMap::from([("a", 1)]);', 'map["a"]', "1"),
    ('let names = vec!["a"];', "names[0]", '"a"'),
    ("let after = Box::new(6);", "*after", "6"),
]
# Notes what it is asked for, then does it.
RUSTUP = """\
#!/bin/sh
echo "$*" >> "{log}"
exec "{rustup}" "$@"
"""


class Inference:
    """One set-up of the sources. The kernel has a home of its own, so that what it makes of them is not another kernel's."""

    @classmethod
    def setUpClass(cls):
        # Not below the workspace, whose member cargo would take the cells' crate for.
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.home = pathlib.Path(cls.folder.name, "home")
        (cls.home / "rust-src").mkdir(parents=True)
        for entry in HOME.iterdir():
            if entry.name not in ("rust-src", "kernels"):
                (cls.home / entry.name).symlink_to(entry)
        env = {"PATH": cls.path_with_noting_rustup(), "SEVENLINES_HOME": str(cls.home), **cls.sources()}
        cls.kernel = Kernel(env=env)
        cls.addClassCleanup(cls.kernel.close)

    @classmethod
    def path_with_noting_rustup(cls):
        rustup = shutil.which("rustup")
        if not rustup:
            return os.environ["PATH"]
        script = pathlib.Path(cls.folder.name, "rustup")
        script.write_text(RUSTUP.format(log=pathlib.Path(cls.folder.name, "asked"), rustup=rustup))
        script.chmod(0o755)
        return os.pathsep.join([cls.folder.name, os.environ["PATH"]])

    def test_types_are_inferred(self):
        for code, question, answer in CELLS:
            with self.subTest(code):
                defined = self.kernel.run(code)
                self.assertEqual((defined.status, defined.shown), ("ok", []), defined.outputs)
                asked = self.kernel.run(question)
                self.assertEqual(asked.value, answer, asked.outputs)

    def test_nothing_is_installed(self):
        """rust-analyzer that sees no sources has rustup install some, unasked."""
        self.kernel.run("let any = vec![1];")
        log = pathlib.Path(self.folder.name, "asked")
        asked = log.read_text() if log.exists() else ""
        self.assertNotIn("component", asked)


class WithTheSourcesOfAToolchain(Inference, unittest.TestCase):
    """All of them, vendored packages too: the toolchain's own, or Debian's package of the same."""

    @classmethod
    def sources(cls):
        sysroot = subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True, check=True).stdout.strip()
        installed = pathlib.Path(sysroot, "lib/rustlib/src/rust/library")
        return {"RUST_SRC_PATH": str(installed if installed.is_dir() else whole_package())}


class WithTheSourcesThatSetupFetches(Inference, unittest.TestCase):
    @classmethod
    def sources(cls):
        fetched = HOME / "rust-src" / "library"
        if not fetched.is_dir():
            raise unittest.SkipTest("setup fetched no sources: the toolchain has its own")
        (cls.home / "rust-src" / "library").symlink_to(fetched)
        return {"RUST_SRC_PATH": str(fetched)}


class WithoutSources(Inference, unittest.TestCase):
    @classmethod
    def sources(cls):
        return {"SEVENLINES_RUST_SRC": "none"}

    def test_nothing_is_fetched(self):
        self.kernel.run("let any = vec![1];")
        self.assertFalse((self.home / "rust-src" / "library").exists())


def whole_package():
    """Debian's package, unpacked whole and kept in the tests' folder."""
    kept = FOLDER / "rust-web-src"
    if not kept.is_dir():
        with tempfile.TemporaryDirectory(dir=FOLDER) as scratch:
            options = ["-o", "APT::Sandbox::User=", "-o", "Debug::NoLocking=true"]
            for name, folder in (("State::Lists", "lists"), ("Cache", "cache")):
                pathlib.Path(scratch, folder, "partial").mkdir(parents=True)
                options += ["-o", f"Dir::{name}={scratch}/{folder}"]
            pathlib.Path(scratch, "cache/archives/partial").mkdir(parents=True)
            for command in (["update"], ["download", "rust-web-src"]):
                subprocess.run(["apt-get", "-q", *options, *command], cwd=scratch, check=True)
            (package,) = pathlib.Path(scratch).glob("*.deb")
            subprocess.run(["dpkg", "-x", package, pathlib.Path(scratch, "unpacked")], check=True)
            os.rename(pathlib.Path(scratch, "unpacked"), kept)
    (core,) = kept.glob("usr/src/*/library/core")
    return core.parent
