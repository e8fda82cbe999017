"""Papermill with parameters for notebooks in Rust.

    papermill_rust.py NOTEBOOK OUT -p batch_size 32 …

Papermill itself runs any kernel, but refuses parameters in a language that it has no translator for, and looks for none outside of
itself. This program is papermill's own command line with one for Rust added; `import papermill_rust` adds it for a Python program.
The injected cell is that of `sevenlines run -p`. A parameter `data` that is a folder also goes to the kernel as SEVENLINES_DATA, so
that `dogs_vs_cats()` means it before the parameters are read.
"""

import os
from pathlib import Path

from papermill.models import Parameter
from papermill.translators import papermill_translators

import parameters


class RustTranslator:
    """What papermill asks of a language: to read the parameters cell, then to write the injected one."""

    def __init__(self):
        self.known = {}

    def inspect(self, parameters_cell):
        """What the cell declares. It is kept for `codify`, which papermill calls next and does not tell of the cell."""
        source = parameters_cell["source"]
        self.known = parameters.declared(source)
        values = {name: value.strip() for _, name, _, value in parameters.DECLARATION.findall(source)}
        return [Parameter(name, kind or "None", values[name], "") for name, (_, kind) in self.known.items()]

    def codify(self, values, comment="Parameters"):
        known, self.known = self.known, {}
        data = values.get("data")
        if isinstance(data, str) and Path(data).is_dir():
            data = str(Path(data).resolve())
            os.environ["SEVENLINES_DATA"] = data
            values = {**values, "data": data}
        lines = parameters.parameter_lines(values, known)
        return lines.replace("// Parameters", f"// {comment}", 1)


papermill_translators.register("rust", RustTranslator())

if __name__ == "__main__":
    from papermill.cli import papermill

    papermill()
