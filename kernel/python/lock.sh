#!/bin/sh
# Makes the lock files from the .in files, for Linux and macOS, with the hash of every file of each release. Needs `uv` (it is on
# PyPI) on PATH. Run by hand when a pin changes; without names all of them. What a lock holds already stays as it is where it
# fits the pins, unless --upgrade asks for the latest of all:
#     lock.sh [--upgrade] [requirements] [requirements-test] [benches]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
benches=$(cd "$here/../../lib/benches" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# lock FOLDER SOURCE TARGET PYTHON: one version of a package for this Python and later ones ("fewest"); no index is written down,
# so that each machine uses its own.
lock() {
    work="$scratch/$3-$4"
    mkdir "$work"
    for file in "$1"/*.in "$1"/*.lock "$1"/*.txt; do
        [ ! -f "$file" ] || cp "$file" "$work"
    done
    cat > "$work/pyproject.toml" <<TOML
[project]
name = "lock"
version = "0"
requires-python = ">=$4"
[tool.uv]
environments = ["sys_platform == 'linux'", "sys_platform == 'darwin'"]
TOML
    (
        cd "$work"
        uv pip compile --quiet $upgrade --universal --fork-strategy fewest --python-version "$4" --generate-hashes \
            --no-header --no-annotate --no-emit-index-url --no-emit-find-links "$2" --output-file "$3" >/dev/null
        # "Linux or macOS" is true wherever this is installed.
        sed -i.bak "s/ and (sys_platform == 'darwin' or sys_platform == 'linux')//; s/ ; sys_platform == 'darwin' or sys_platform == 'linux'//" "$3"
    )
    { echo "# Made by lock.sh from $2; do not edit."; cat "$work/$3"; } > "$1/$3.part"
    mv "$1/$3.part" "$1/$3"
}

upgrade=
[ "${1-}" != --upgrade ] || { upgrade=$1; shift; }
[ $# -gt 0 ] || set -- requirements requirements-test benches
for name in "$@"; do
    case $name in
        requirements | requirements-test) lock "$here" "$name.in" "$name.lock" 3.10 ;;
        benches) lock "$benches" requirements.in requirements.txt 3.11 ;;
        *) echo "lock.sh knows requirements, requirements-test and benches, not $name" >&2; exit 2 ;;
    esac
done
