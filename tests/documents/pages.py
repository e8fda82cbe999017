"""The project's pages as the tests read them: code blocks, code spans, links, headings."""
import pathlib
import re

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^ *```(\S*)[^\n]*\n(.*?)^ *```[ ]*$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


class Page:
    """One Markdown file."""

    def __init__(self, path):
        self.path = path
        self.name = str(path.relative_to(REPOSITORY))
        self.text = path.read_text(encoding="utf-8")
        self.prose = COMMENT.sub("", FENCE.sub("", self.text))

    def blocks(self):
        """The language and text of each code block, with the line that it begins on."""
        for match in FENCE.finditer(self.text):
            line = self.text.count("\n", 0, match.start()) + 1
            yield match[1], match[2], f"{self.name}:{line}"

    def spans(self):
        return [match[1] for match in SPAN.finditer(self.prose)]

    def links(self):
        return [match[1] for match in LINK.finditer(SPAN.sub("", self.prose))]

    def anchors(self):
        """The names that a code host gives to headings."""
        headings = re.findall(r"^#+ +(.+?) *$", FENCE.sub("", self.text), re.MULTILINE)
        plain = [re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", heading).lower()) for heading in headings]
        return {heading.replace(" ", "-") for heading in plain}


def pages():
    """README, docs/ and .github/: all that people read before they read code."""
    files = [REPOSITORY / "README.md"]
    for folder in ("docs", ".github"):
        files += sorted((REPOSITORY / folder).rglob("*.md"))
    return [Page(file) for file in files]
