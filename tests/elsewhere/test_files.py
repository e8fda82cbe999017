"""The files for other places: what conda, Binder and a container are told holds, and their steps work in a plain folder."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import tomllib
import unittest

import yaml

from clone import Clone
from hub import BINARY, REPOSITORY, sysroot

FOLDER = pathlib.Path(os.environ["SEVENLINES_TEST_FOLDER"])
CACHE = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
HOME = pathlib.Path(os.environ.get("SEVENLINES_HOME") or pathlib.Path(CACHE, "sevenlines"))
LESSON = 'let vgg = Vgg16::new()?;\nprintln!("{}", dogs_vs_cats()?.display());'


def numbers(version):
    return tuple(int(part) for part in version.split("."))


def dependencies(file):
    """A conda environment's packages with the least version that each asks for."""
    asked = yaml.safe_load((REPOSITORY / file).read_text())
    found = {}
    for line in asked["dependencies"]:
        name, _, least = re.fullmatch(r"([a-z-]+)( >=([0-9.]+))?", line).groups()
        found[name] = least
    return asked, found


def rust_version():
    return tomllib.loads((REPOSITORY / "Cargo.toml").read_text())["workspace"]["package"]["rust-version"]


class Files(unittest.TestCase):
    def folder(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="clone-", dir=FOLDER))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        return folder

    def test_conda_gets_what_the_kernel_needs(self):
        asked, found = dependencies("environment.yml")
        self.assertEqual(asked["channels"], ["conda-forge"])
        self.assertEqual(asked["name"], "sevenlines")
        self.assertEqual(set(found), {"python", "jupyterlab", "nbconvert", "rust", "rust-src", "c-compiler"})
        self.assertEqual(found["rust"], rust_version())
        self.assertEqual(found["rust-src"], rust_version())
        oldest = re.search(r"OLDEST: \(u32, u32\) = \((\d+), (\d+)\)", (REPOSITORY / "kernel/src/python.rs").read_text())
        self.assertEqual(numbers(found["python"]), tuple(map(int, oldest.groups())))
        pinned = dict(re.findall(r"^([a-z-]+)==([0-9.]+)", (REPOSITORY / "kernel/python/requirements.lock").read_text(), re.M))
        for package in ("jupyterlab", "nbconvert"):
            major = numbers(pinned[package])[:1]
            self.assertEqual(numbers(found[package]), major, f"the tests use {package} {pinned[package]}")

    def test_binder_gets_the_same_environment(self):
        self.assertEqual(dependencies(".binder/environment.yml"), dependencies("environment.yml"))
        self.assertTrue(os.access(REPOSITORY / ".binder/postBuild", os.X_OK))

    def test_the_commands_of_environment_yml(self):
        text = (REPOSITORY / "environment.yml").read_text()
        self.assertIn("cargo run --release -- setup --sys-prefix", text)
        clone = Clone(self.folder())
        clone.take_what_is_compiled(HOME)
        # conda's variable goes before any Python.
        said = clone.run("cargo", "run", "--release", "--", "setup", "--sys-prefix", CONDA_PREFIX=str(clone.prefix))
        self.assertIn(str(clone.prefix / "share/jupyter/kernels/sevenlines"), said)
        self.assertFalse((clone.folder / ".venv").exists())
        spec = clone.kernelspec()
        self.assertEqual(pathlib.Path(spec["argv"][0]).resolve(), BINARY.resolve())
        self.assertIn(f"{clone.home}/.cache/sevenlines/data/drawn\n", clone.cell(LESSON))
        self.assertTrue((clone.folder / "notebooks/lesson1.ipynb").is_file(), "what `jupyter lab notebooks` opens")

    def test_postbuild_in_a_plain_folder(self):
        clone = Clone(self.folder(), is_home=True)
        self.takes_cells_for_crates_of_their_own(clone)
        if os.environ.get("SEVENLINES_TEST_BINDER") == "full":
            target = os.environ.get("SEVENLINES_TEST_TARGET")
            if target:
                # The dependencies, which no path of the clone has a part in; ours are compiled there.
                (clone.folder / "target").mkdir()
                built = [folder.parent for folder in pathlib.Path(target).glob("**/release/deps") if "tmp" not in folder.parts]
                for release in built:
                    place = clone.folder / "target" / release.relative_to(target)
                    place.parent.mkdir(exist_ok=True)
                    subprocess.run(["cp", "-a", release, place], check=True)
            print("postBuild compiles in the clone" + (", the dependencies taken over" if target else ""), flush=True)
        else:
            clone.take_what_is_compiled(HOME)
            print("SUBSTITUTED: the compiled binary for `cargo run`, and the library as it is compiled for this user", flush=True)
        said = clone.run("./.binder/postBuild")
        self.assertIn("Ready after", said)
        # No variable of conda's: the first Python on the search path says where.
        self.assertIn(str(clone.prefix / "share/jupyter/kernels/sevenlines"), said)
        binary = pathlib.Path(clone.kernelspec()["argv"][0])
        if os.environ.get("SEVENLINES_TEST_BINDER") == "full":
            self.assertTrue(binary.is_relative_to(clone.folder), binary)
        self.assertIn(f"{clone.home}/.cache/sevenlines/data/drawn\n", clone.cell(LESSON))

    def takes_cells_for_crates_of_their_own(self, clone):
        """Where the home folder is the repository, cargo would look for cells in its workspace."""
        cell = clone.home / ".cache/sevenlines/kernels/1/cell"
        (cell / "src").mkdir(parents=True)
        (cell / "src/lib.rs").write_text("")
        (cell / "Cargo.toml").write_text('[package]\nname = "ctx"\nversion = "1.0.0"\nedition = "2024"\n')
        cargo = str(sysroot() / "bin/cargo")
        found = subprocess.run([cargo, "metadata", "--offline", "--no-deps", "--format-version", "1"], cwd=cell, capture_output=True)
        self.assertEqual(found.returncode, 0, found.stderr)
        shutil.rmtree(clone.home / ".cache")

    def test_the_containers_files_name_what_exists(self):
        settings = json.loads((REPOSITORY / ".devcontainer/devcontainer.json").read_text())
        dockerfile = REPOSITORY / ".devcontainer" / settings["build"]["dockerfile"]
        self.assertEqual((dockerfile.parent / settings["build"]["context"]).resolve(), REPOSITORY)
        text = dockerfile.read_text().replace("\\\n", " ")
        image = re.search(r"^FROM rust:([0-9.]+)-bookworm$", text, re.M).group(1)
        self.assertEqual(image, rust_version())
        self.assertIn(f"useradd --create-home --shell /bin/bash {settings['remoteUser']}", text)
        self.assertRegex(text, rf"(?m)^USER {settings['remoteUser']}$")
        self.assertNotRegex(text, r"(?m)^(COPY|ADD) ", "nothing of the repository is copied, so nothing can be missing")
        packages = re.search(r"--no-install-recommends ([a-z0-9 -]+?) *&&", text).group(1).split()
        if shutil.which("apt-cache"):
            for package in packages:
                known = subprocess.run(["apt-cache", "show", package], capture_output=True)
                self.assertEqual(known.returncode, 0, f"Debian has no {package}")
        else:
            print("SKIPPED: there is no apt-cache to ask for the container's packages", flush=True)
        for command in settings["postCreateCommand"].split(" && "):
            self.is_understood(command)

    def test_committed_outputs_need_neither_scripts_nor_a_network_and_have_text_beside_them(self):
        figures = 0
        for notebook in sorted((REPOSITORY / "notebooks").glob("*.ipynb")):
            cells = json.loads(notebook.read_text())["cells"]
            for data in [output["data"] for cell in cells for output in cell.get("outputs", []) if "data" in output]:
                self.assertTrue("".join(data["text/plain"]).strip(), f"{notebook.name}: an output without text")
                html = "".join(data.get("text/html", ""))
                self.assertNotIn("<script", html, notebook.name)
                for source in re.findall(r"(?:src|href)=[\"']([^\"']*)", html):
                    figures += 1
                    self.assertTrue(source.startswith(("data:", "#")), f"{notebook.name}: {source[:80]}")
        self.assertGreater(figures, 30)

    def test_the_documented_commands_are_understood(self):
        text = (REPOSITORY / "docs/elsewhere.md").read_text()
        blocks = "\n".join(re.findall(r"```(?:sh|bash)\n(.*?)```", text, re.DOTALL))
        inline = "\n".join(re.findall(r"`([^`\n]+)`", text))
        ours = re.compile(r"(?:sevenlines|cargo run --release --) ((?:setup|features|lab|run|data|doctor)\b[^;&#\n]*)")
        commands = {found.group(0).strip() for found in ours.finditer(blocks + "\n" + inline)}
        self.assertGreater(len(commands), 5)
        for command in sorted(commands):
            self.is_understood(command)

    def test_the_documented_files_and_sections_exist(self):
        text = (REPOSITORY / "docs/elsewhere.md").read_text()
        anchors = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^##+ (.*)$", text, re.M)}
        for link in re.findall(r"\]\(([^)]+)\)", text):
            if link.startswith("#"):
                self.assertIn(link[1:], anchors)
            elif not link.startswith("http"):
                self.assertTrue((REPOSITORY / "docs" / link).exists(), link)

    def is_understood(self, command):
        """With `--help` behind it, the command line is read, and nothing is done."""
        arguments = re.sub(r"^(cargo run --release (--locked )?--|sevenlines) ", "", command)
        arguments = re.sub(r'"?\$[A-Za-z_]+(/\$?[A-Za-z0-9_]+)"?', "1/4", arguments).replace("K/N", "1/4")
        asked = subprocess.run([str(BINARY), *arguments.split(), "--help"], capture_output=True, text=True)
        self.assertEqual(asked.returncode, 0, f"{command}: {asked.stderr}")


if __name__ == "__main__":
    unittest.main()
