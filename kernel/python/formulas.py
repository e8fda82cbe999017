"""Formulas of the prose as MathML, which every browser draws by itself: MathJax would have to be loaded, and to run.

A formula that cannot be read stays as it was typed, and its author is told.
"""

import html
import re

from jinja2 import pass_context
from latex2mathml.converter import convert
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

# The marks around each kind, for what stays as typed.
MARKS = {"inline": "$", "block": "$$"}
# Of LaTeX's names for a block of lines, those that stand by themselves; the others are parts of a formula.
BLOCKS = ("equation", "equation*", "displaymath")


def mathml(body, display):
    """The formula as MathML with its source as alternative text, or as typed in a `<code class="formula">`."""
    try:
        drawn = convert(body.strip(), display=display)
    except Exception as error:  # noqa: BLE001: the reader of LaTeX has a class for each mistake, and IndexError for the rest.
        return as_typed(body, display, type(error).__name__)
    unknown = re.search(r"<mi>(\\\w+)</mi>", drawn)
    if unknown:
        return as_typed(body, display, f"{unknown[1]} is not known")
    return drawn.replace("<math ", f'<math alttext="{html.escape(" ".join(body.split()))}" ', 1)


def as_typed(body, display, why):
    mark = MARKS[display]
    typed = html.escape(f"{mark}{body}{mark}", quote=False)
    return f'<code class="formula" data-why="{why}">{typed}</code>'


class Renderer(IPythonRenderer):
    """nbconvert's, with formulas drawn."""

    def inline_math(self, body):
        return mathml(body, "inline")

    def block_math(self, body):
        return mathml(body, "block")

    def latex_environment(self, name, body):
        return mathml(body if name in BLOCKS else rf"\begin{{{name}}}{body}\end{{{name}}}", "block")


class Exporter(HTMLExporter):
    """nbconvert's, with that renderer."""

    @pass_context
    def markdown2html(self, context, source):
        renderer = Renderer(
            escape=False,
            attachments=context.get("cell", {}).get("attachments", {}),
            embed_images=self.embed_images,
            path=context.get("resources", {}).get("metadata", {}).get("path", ""),
            anchor_link_text=self.anchor_link_text,
            exclude_anchor_links=self.exclude_anchor_links,
        )
        return MarkdownWithMath(renderer=renderer).render(source)
