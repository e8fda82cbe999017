#!/bin/sh
# Makes requirements.lock and requirements-test.lock from the .in files, for Python 3.10 and later on Linux and macOS, with the
# hash of every file of each release. Needs `uv` (it is on PyPI) on PATH. Run by hand when a pin changes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp "$here"/*.in "$scratch"
cd "$scratch"
cat > pyproject.toml <<'TOML'
[project]
name = "lock"
version = "0"
requires-python = ">=3.10"
[tool.uv]
environments = ["sys_platform == 'linux'", "sys_platform == 'darwin'"]
TOML
for name in requirements requirements-test; do
    # One version of a package for all Pythons ("fewest"); no index is written down, so that each machine uses its own.
    uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.10 --generate-hashes \
        --no-header --no-annotate --no-emit-index-url --no-emit-find-links "$name.in" --output-file "$name.lock" >/dev/null
    # "Linux or macOS" is true wherever this is installed.
    sed -i.bak "s/ and (sys_platform == 'darwin' or sys_platform == 'linux')//; s/ ; sys_platform == 'darwin' or sys_platform == 'linux'//" "$name.lock"
    { echo "# Made by lock.sh from $name.in; do not edit."; cat "$name.lock"; } > "$here/$name.lock.part"
    mv "$here/$name.lock.part" "$here/$name.lock"
done
