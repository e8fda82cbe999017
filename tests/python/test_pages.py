"""Tests of pages, and of the site that is made of them, without a browser."""

import base64
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "kernel" / "python"
sys.path.insert(0, str(SCRIPTS))

import nbformat  # noqa: E402
from bs4 import BeautifulSoup  # noqa: E402

import notebook_file  # noqa: E402
import notes  # noqa: E402
import page  # noqa: E402
import pdf  # noqa: E402

SVG = '<svg width="40" height="20" xmlns="http://www.w3.org/2000/svg"><rect width="40" height="20"/></svg>'


def code(source, *outputs, count=1, tags=()):
    return nbformat.v4.new_code_cell(source, outputs=list(outputs), execution_count=count, metadata={"tags": list(tags)} if tags else {})


def shown(html, text="text"):
    return nbformat.v4.new_output("display_data", data={"text/html": html, "text/plain": text})


def prose(text):
    return nbformat.v4.new_markdown_cell(text)


def error():
    return nbformat.v4.new_output("error", ename="Interrupted", evalue="stopped", traceback=["\x1b[31mInterrupted\x1b[0m"])


class Scratch(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    def save(self, name, *cells):
        path = self.folder / "course" / f"{name}.ipynb"
        notebook = notebook_file.compact(nbformat.v4.new_notebook(cells=list(cells)))
        for number, cell in enumerate(notebook.cells, 1):
            cell.id = f"c{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        notebook_file.write(notebook, path)
        return path

    def content(self, *cells):
        path = self.save("lesson", *cells)
        return page.content(notebook_file.read(path), "lesson", path.parent)

    def site(self, **more):
        return notes.make([self.folder / "course"], "Notes", self.folder / "site", more.get("pdf", False))


class Page(Scratch):
    def test_a_page_asks_the_network_for_nothing(self):
        path = self.save("lesson", prose("# Head\n$x^2$ [link](https://example.org/a) ![p](p.png)"), code("let x = 1;"))
        (path.parent / "p.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        text, said = page.render(notebook_file.read(path), "lesson", path.parent)
        self.assertEqual(said, [])
        self.assertEqual(page.requests(text), [])
        self.assertIn("data:image/png;base64", text)
        self.assertIn("<title>Head</title>", text)
        self.assertIn("default-src 'none'", text)

    def test_what_a_page_would_load_is_seen(self):
        text = '<a href="https://a/1"></a><script src="https://b/2"></script><img alt=x src=//c/3><style>url(https://d/4)</style>'
        text += '<link rel="stylesheet" href="http://e/5"><script>import("https://f/6")</script>'
        self.assertEqual(page.requests(text), ["//c/3", "http://e/5", "https://b/2", "https://d/4", "https://f/6"])

    def test_scripts_and_foreign_pictures_are_replaced_and_told(self):
        found = self.content(
            prose("![a cat](https://example.org/cat.png) ![none](none.png)"), code("x", shown("<b>7</b><script>alert(1)</script>"))
        )
        self.assertNotIn("<script", found.cells)
        self.assertIn('<a href="https://example.org/cat.png">picture: a cat</a>', found.cells)
        self.assertIn("(no picture: none)", found.cells)
        self.assertEqual([note.split(":")[0] for note in found.notes], ["cell c2", "cell c1", "cell c1"])

    def test_every_picture_has_words(self):
        data = base64.b64encode(SVG.encode()).decode()
        png = nbformat.v4.new_output("display_data", data={"image/png": "iVBORw0KGgo=", "text/plain": "<Figure size 1x1>"})
        found = self.content(
            prose("# T\n## Part"),
            code("a", shown(f'<img src="data:image/svg+xml;base64,{data}">', "a plot of\n losses")),
            code("b", png),
            code("c", shown(SVG, "a drawing")),
            code("d", shown('<img src="data:image/png;base64,x" alt="own words">')),
        )
        soup = BeautifulSoup(found.cells, "html.parser")
        self.assertEqual([image["alt"] for image in soup.find_all("img")], ["a plot of losses", "Output in “Part”", "own words"])
        self.assertEqual([(svg["role"], svg["aria-label"]) for svg in soup.find_all("svg")], [("img", "a drawing")])

    def test_drawings_scale(self):
        data = base64.b64encode(SVG.encode()).decode()
        found = self.content(code("a", shown(SVG), shown(f'<img src="data:image/svg+xml;base64,{data}">')))
        soup = BeautifulSoup(found.cells, "html.parser")
        self.assertEqual(soup.svg["viewbox"] if soup.svg.has_attr("viewbox") else soup.svg["viewBox"], "0 0 40 20")
        self.assertIn('viewBox="0 0 40 20"', base64.b64decode(soup.img["src"].split(",")[1]).decode())

    def test_formulas_are_drawn(self):
        latex = nbformat.v4.new_output("display_data", data={"text/latex": r"$\displaystyle \sqrt{2}$", "text/plain": "sqrt(2)"})
        lines = "a $x^2$ and `$5`, \\\\(y_1\\\\)\n\n$$\n\\frac{1}{2}\n< b\n$$\n\n\\begin{equation}c=d\\end{equation}\n\n\\begin{align}e&=f\\\\g&=h\\end{align}"
        found = self.content(prose(lines), code("x", latex))
        self.assertEqual(found.notes, [])
        drawn = BeautifulSoup(found.cells, "html.parser").find_all("math")
        typed = ["x^2", "y_1", r"\frac{1}{2} < b", "c=d", r"\begin{align}e&=f\\g&=h\end{align}", r"\displaystyle \sqrt{2}"]
        self.assertEqual([math["alttext"] for math in drawn], typed)
        self.assertEqual([math["display"] for math in drawn], ["inline", "inline", "block", "block", "block", "inline"])
        self.assertEqual([len(math.find_all(name)) for math, name in zip(drawn, ("msup", "msub", "mfrac", "mi", "mtr", "msqrt"))], [1, 1, 1, 2, 2, 1])
        self.assertIn("<code>$5</code>", found.cells)

    def test_a_formula_that_cannot_be_read_stays_as_typed_and_is_told(self):
        for typed, why in [(r"$\left( x < y$", "ExtraLeftOrMissingRight"), (r"$$\loss{x}$$", r"\loss is not known")]:
            with self.subTest(typed=typed):
                found = self.content(prose(f"see {typed} there"))
                self.assertEqual(len(found.notes), 1)
                self.assertIn(f"cell c1: the formula {typed} stays as typed ({why}", found.notes[0])
                self.assertEqual(BeautifulSoup(found.cells, "html.parser").select_one("p").get_text(), f"see {typed} there")

    def test_an_option_in_a_line_of_prose_is_not_divided(self):
        found = self.content(prose("`sevenlines run a.ipynb --html` and `plain`, `<b>--x</b>`\n\n    in a block --stays\n\n`" + "-x" * 30 + "`"))
        soup = BeautifulSoup(found.cells, "html.parser")
        self.assertEqual([word.get_text() for word in soup.select(".word")], ["--html", "<b>--x</b>"])
        self.assertEqual([code.get_text() for code in soup.find_all("code")][:3], ["sevenlines run a.ipynb --html", "plain", "<b>--x</b>"])

    def test_headings_are_anchors_of_their_own(self):
        found = self.content(prose("# Title\n\nThe *first* words.\n\n## Part\n\n## Part"))
        self.assertEqual((found.title, found.summary), ("Title", "The first words."))
        self.assertEqual([(heading.id, heading.text) for heading in found.headings], [("Part", "Part"), ("Part-2", "Part")])
        self.assertIn('href="#Part-2"', found.cells)

    def test_a_notebook_that_did_not_run_says_so(self):
        for cells, said in [
            ([code("a"), code("b", count=2)], ""),
            ([code("a", count=None)], "has not been executed"),
            ([code("a"), code("b", count=None)], "1 of the 2 code cells"),
            ([code("a", count=2), code("b", count=1)], "not executed from top to bottom"),
            ([code("a", error()), code("b", count=None)], "code cell 1 of 2 failed (Interrupted)"),
            ([code("a", error(), tags=["raises-exception"])], ""),
            ([prose("words only"), code("", count=None)], ""),
        ]:
            with self.subTest(said=said):
                found = self.content(*cells)
                self.assertIn(said, found.state)
                self.assertEqual(bool(said), bool(found.state))
                self.assertEqual(said in page.page(found), True)

    def test_a_large_page_is_named(self):
        large = base64.b64encode(b"x" * page.LARGEST).decode()
        path = self.save("lesson", code("a", shown(f'<img alt="x" src="data:image/png;base64,{large}">')))
        self.assertRegex(page.render(notebook_file.read(path), "lesson", path.parent)[1][0], r"the page has 2\.7 MB, more than 2 MB")


class Site(Scratch):
    def files(self):
        return sorted(path.relative_to(self.folder / "site").as_posix() for path in (self.folder / "site").rglob("*") if path.is_file())

    def test_pages_lead_to_each_other(self):
        self.save("lesson10", prose("# Ten\n[two](lesson2.ipynb#Part) [lost](../README.md)"), code("a"))
        self.save("lesson2", prose("# Two"), code("a"))
        self.save("week 1/deep", prose("# Deep\n[ten](../lesson10.ipynb)"), code("a", count=None))
        number, said = self.site()
        self.assertEqual(number, 3)
        self.assertEqual(said[0], "lesson10.html: the link to ../README.md is only its text, since that file is not in the site")
        self.assertIn("week 1/deep.html: this notebook has not been executed", said[1])
        pages = [f"{name}.{end}" for name in ("lesson10", "lesson2", "week 1/deep") for end in ("html", "ipynb")]
        self.assertEqual(self.files(), sorted([".sevenlines-notes.json", "index.html", *pages]))
        for name in filter(lambda name: name.endswith(".html"), self.files()):
            at = self.folder / "site" / name
            for anchor in BeautifulSoup(at.read_text(), "html.parser").find_all("a", href=True):
                target, _, fragment = anchor["href"].partition("#")
                if target:
                    self.assertTrue((at.parent / notes.unquote(target)).is_file(), f"{name}: {anchor['href']}")
        listed = BeautifulSoup((self.folder / "site/index.html").read_text(), "html.parser")
        self.assertEqual([a["href"] for a in listed.select("ol a")], ["lesson2.html", "lesson10.html", "week%201/deep.html"])
        self.assertIn("has not been executed", listed.select("ol a")[2].get_text())

    def test_a_second_run_gives_the_same_site_and_keeps_what_is_the_users(self):
        old = self.save("old", prose("# Old"), code("a"))
        self.save("new", prose("# New"), code("a"))
        self.site()
        own = self.folder / "site" / "CNAME"
        own.write_text("mine")
        before = {name: (self.folder / "site" / name).read_bytes() for name in self.files()}
        self.site()
        self.assertEqual(before, {name: (self.folder / "site" / name).read_bytes() for name in self.files()})
        old.unlink()
        self.site()
        self.assertEqual(self.files(), [".sevenlines-notes.json", "CNAME", "index.html", "new.html", "new.ipynb"])
        self.assertEqual(own.read_text(), "mine")

    def test_a_folder_of_the_users_is_refused(self):
        self.save("new", prose("# New"), code("a"))
        theirs = self.folder / "site" / "new.html"
        theirs.parent.mkdir()
        theirs.write_text("mine")
        with self.assertRaisesRegex(ValueError, "holds files that are not of these notes"):
            self.site()
        theirs.rename(self.folder / "kept")
        self.site()
        self.save("more", prose("# More"), code("a"))
        (self.folder / "site" / "more.html").write_text("mine")
        with self.assertRaisesRegex(ValueError, "was not made by these notes"):
            self.site()
        self.assertEqual((self.folder / "site" / "more.html").read_text(), "mine")
        self.assertEqual([p.name for p in self.folder.iterdir() if p.name.startswith(".")], [])

    def test_a_list_that_points_outside_removes_nothing_there(self):
        outside = self.folder / "outside"
        outside.write_text("mine")
        self.save("new", prose("# New"), code("a"))
        self.site()
        (self.folder / "site" / ".sevenlines-notes.json").write_text('{"files": ["../outside", "new.html", "new.ipynb", "index.html"]}')
        self.site()
        self.assertEqual(outside.read_text(), "mine")

    def test_what_cannot_be_used_is_named(self):
        broken = self.save("lesson", code("a"))
        broken.write_text("{}")
        with self.assertRaisesRegex(ValueError, r"lesson\.ipynb: not a Jupyter notebook"):
            self.site()
        self.assertFalse((self.folder / "site").exists())
        broken.rename(broken.with_name("index.ipynb"))
        with self.assertRaisesRegex(ValueError, "rename it"):
            self.site()

    def test_no_browser_no_pdf_and_no_half_site(self):
        self.save("lesson", code("a"))
        names, pdf.NAMES = pdf.NAMES, ("no-such-browser",)
        self.addCleanup(setattr, pdf, "NAMES", names)
        with self.assertRaisesRegex(ValueError, "apt-get install chromium"):
            self.site(pdf=True)
        self.assertFalse((self.folder / "site").exists())


if __name__ == "__main__":
    unittest.main()
