"""Sets a notebook's parameters by papermill's rule: a cell tagged `injected-parameters` follows the cell tagged `parameters`.

The injected cell holds one Rust `let` a parameter. It keeps `mut`, the type annotation and the literal's suffix which the
parameters cell gives the same name, since a cell that stands alone would otherwise make `let batch_size = 64;` an i32.
"""

import re

PARAMETERS = "parameters"
INJECTED = "injected-parameters"

KEYWORDS = frozenset(
    "abstract as async await become box break const continue crate do dyn else enum extern false final fn for gen if impl in let "
    "loop macro match mod move mut override priv pub ref return self Self static struct super trait true try type typeof unsafe "
    "unsized use virtual where while yield _".split()
)
DECLARATION = re.compile(r"^\s*let\s+(mut\s+)?([A-Za-z_]\w*)\s*(?::\s*([^=;]+?))?\s*=\s*(.*?);", re.MULTILINE)
SUFFIX = re.compile(r"-?[\d._]+?_*([iu](?:8|16|32|64|128|size)|f32|f64)$")


class ParameterError(ValueError):
    """A name or a value that cannot become a Rust `let`."""


def rust_string(text):
    """`text` as a Rust string literal."""
    named = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}
    return '"' + "".join(named.get(c) or (c if c.isprintable() else f"\\u{{{ord(c):x}}}") for c in text) + '"'


def rust_literal(value, kind=""):
    """The JSON value as a Rust expression of the type `kind` (empty: whatever Rust infers)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        literal = rust_string(value)
        owned = {"String": "String::from({})", "PathBuf": "PathBuf::from({})", "std::path::PathBuf": "std::path::PathBuf::from({})"}
        return owned.get(kind, "{}").format(literal)
    if isinstance(value, int):
        if kind in ("f32", "f64"):
            return f"{value}.0"
        fits = -(2**31) <= value < 2**31
        return str(value) if kind or fits else f"{value}i64" if -(2**63) <= value < 2**63 else f"{value}i128"
    if isinstance(value, float):
        if value != value or abs(value) == float("inf"):
            raise ParameterError(f"{value} is not a number that a Rust literal can hold")
        return repr(value)
    if isinstance(value, list):
        inner = re.fullmatch(r"Vec<(.+)>", kind)
        return "vec![" + ", ".join(rust_literal(v, inner[1].strip() if inner else "") for v in value) + "]"
    raise ParameterError(f"{value!r} has no Rust literal: give a number, true, false, a string or a list of these")


def declared(source):
    """What the parameters cell says of each name: {name: (is it mut, its type or "")}."""
    found = {}
    for mut, name, kind, value in DECLARATION.findall(source):
        suffix = SUFFIX.match(value.strip())
        found[name] = (bool(mut), kind.strip() or (suffix[1] if suffix else ""))
    return found


def parameter_lines(values, known):
    """The Rust lines of the injected cell; `known` is what `declared` found."""
    lines = ["// Parameters"]
    for name, value in values.items():
        if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) or name in KEYWORDS:
            raise ParameterError(f"{name!r} is not the name of a Rust variable")
        mutable, kind = known.get(name, (False, ""))
        try:
            literal = rust_literal(value, kind)
        except ParameterError as error:
            raise ParameterError(f"parameter {name}: {error}") from None
        lines.append(f"let {'mut ' if mutable else ''}{name}{': ' + kind if kind else ''} = {literal};")
    return "\n".join(lines)


def tagged(cells, tag):
    """The index of the first code cell with this tag, or None."""
    for index, cell in enumerate(cells):
        if cell["cell_type"] == "code" and tag in cell["metadata"].get("tags", []):
            return index
    return None


def inject(notebook, values):
    """Puts `values` into the notebook; returns the names that its parameters cell does not declare."""
    if not values:
        return []
    cells = notebook["cells"]
    at = tagged(cells, PARAMETERS)
    known = declared(cells[at]["source"]) if at is not None else {}
    source = parameter_lines(values, known)
    old = tagged(cells, INJECTED)
    if old is not None:
        cells[old].update(source=source, outputs=[], execution_count=None)
    else:
        cell = type(notebook)(
            cell_type="code", id=INJECTED, metadata=type(notebook)(tags=[INJECTED]), source=source, outputs=[], execution_count=None
        )
        cells.insert(0 if at is None else at + 1, cell)
    return [name for name in values if name not in known]
