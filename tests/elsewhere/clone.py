"""A clone of the repository in a folder of its own, with an empty home, in which the steps of other places are run."""
import json
import os
import pathlib
import subprocess
import sys

from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpecManager

from hub import BINARY, REPOSITORY, sysroot, take_prepared

# Stands for `cargo run` with the binary that is compiled already: the long test goes without it.
CARGO = """#!/bin/sh
if [ "$1 $2 $3 $4" = "run --release --locked --" ]; then shift 4
elif [ "$1 $2 $3" = "run --release --" ]; then shift 3
else exec {cargo} "$@"; fi
exec {binary} "$@"
"""


class Clone:
    """What git would check out of the working tree as it is now."""

    def __init__(self, folder, is_home=False):
        self.folder, self.prefix = folder / "clone", folder / "prefix"
        # In Binder the repository is the home folder.
        self.home = self.folder if is_home else folder / "home"
        self.home.mkdir()
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listed, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout.split("\0")
        for name in filter(None, names):
            source, target = REPOSITORY / name, self.folder / name
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(source.read_bytes())
                target.chmod(source.stat().st_mode)
        # An environment of its own, as conda's or repo2docker's: its Python is the first on the search path.
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(self.prefix)], check=True)
        self.bin = folder / "bin"
        self.bin.mkdir()

    def take_what_is_compiled(self, cache):
        """The binary in the place of `cargo run`; the library for cells, weights and pictures as this user has them."""
        cargo = sysroot() / "bin/cargo"
        script = self.bin / "cargo"
        script.write_text(CARGO.format(cargo=cargo, binary=BINARY))
        script.chmod(0o755)
        take_prepared(cache, self.home / ".cache/sevenlines")

    def environment(self, **more):
        # Which way leads to the registries is the machine's own, as Rust is and what cargo has fetched.
        ways = ("LANG", "CARGO_HOME", "CARGO_HTTP", "CARGO_NET", "CARGO_REGISTR", "RUSTUP_", "PIP_", "HTTP", "NO_PROXY", "SSL_")
        kept = {name: value for name, value in os.environ.items() if name.upper().startswith(ways)}
        usual = pathlib.Path.home()
        kept.setdefault("CARGO_HOME", str(usual / ".cargo"))
        kept.setdefault("RUSTUP_HOME", str(usual / ".rustup"))
        path = [self.bin, self.prefix / "bin", sysroot() / "bin", "/usr/local/bin", "/usr/bin", "/bin"]
        return kept | {"HOME": str(self.home), "PATH": os.pathsep.join(map(str, path))} | more

    def run(self, *command, **more):
        done = subprocess.run(command, cwd=self.folder, env=self.environment(**more), capture_output=True, text=True)
        assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def kernelspec(self):
        """What `jupyter kernelspec list` finds where the environment keeps it."""
        listed = subprocess.run(
            [sys.executable, "-m", "jupyter", "kernelspec", "list", "--json"], check=True, capture_output=True, text=True,
            env=os.environ | self.environment(JUPYTER_PATH=str(self.prefix / "share/jupyter")))
        spec = json.loads(listed.stdout)["kernelspecs"]["sevenlines"]
        expected = self.prefix / "share/jupyter/kernels/sevenlines"
        assert pathlib.Path(spec["resource_dir"]).resolve() == expected.resolve(), spec
        return spec["spec"]

    def cell(self, code):
        """What a cell prints in a kernel that is started by its kernelspec."""
        specs = KernelSpecManager(kernel_dirs=[str(self.prefix / "share/jupyter/kernels")])
        manager = KernelManager(kernel_name="sevenlines", kernel_spec_manager=specs)
        manager.start_kernel(env=self.environment(), cwd=str(self.folder / "notebooks"))
        client = manager.client()
        printed = []

        def hook(message):
            if message["msg_type"] == "stream":
                printed.append(message["content"]["text"])

        try:
            client.start_channels()
            client.wait_for_ready(timeout=120)
            reply = client.execute_interactive(code, timeout=600, output_hook=hook)["content"]
            assert reply["status"] == "ok", reply
            return "".join(printed)
        finally:
            client.stop_channels()
            manager.shutdown_kernel()
