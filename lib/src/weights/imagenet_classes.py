"""Writes imagenet_classes.txt: the thousand ImageNet class names, one a line, in
the order of a classifier's outputs.

They are taken from torchvision's wheel on PyPI (BSD 3-clause), from the literal
list in torchvision/models/_meta.py, without importing torch:

    python3 imagenet_classes.py [torchvision-....whl]
"""

import ast
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

# Pins torchvision, with the hash of each wheel.
LOCK = pathlib.Path(__file__).resolve().parents[2] / "benches/requirements.txt"


def fetch(folder):
    pinned = pathlib.Path(folder, "torchvision.txt")
    pinned.write_text(re.search(r"^torchvision==(?:.*\\\n)*.*", LOCK.read_text(), re.MULTILINE)[0] + "\n")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes", "--dest", folder, "-r", str(pinned)]
    subprocess.run(command, check=True)
    return next(pathlib.Path(folder).glob("torchvision-*.whl"))


def categories(wheel):
    source = zipfile.ZipFile(wheel).read("torchvision/models/_meta.py").decode()
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "_IMAGENET_CATEGORIES":
            return ast.literal_eval(node.value)
    raise SystemExit("torchvision/models/_meta.py has no _IMAGENET_CATEGORIES")


def main():
    with tempfile.TemporaryDirectory() as folder:
        wheel = sys.argv[1] if len(sys.argv) > 1 else fetch(folder)
        names = categories(wheel)
    assert len(names) == 1000 and all(names) and not any("\n" in name for name in names)
    out = pathlib.Path(__file__).with_name("imagenet_classes.txt")
    out.write_text("\n".join(names) + "\n")
    print(f"{out.name}: {len(names)} names")


main()
