"""Every link leads somewhere, every path that a page names exists, every form can be read."""
import ast
import json
import re
import subprocess
import tomllib
import unittest

import yaml

from pages import REPOSITORY, pages

# The first folder of a path in this repository.
ROOTS = ("lib/", "kernel/", "tests/", "docs/", "notebooks/", ".ci/", ".cargo/", ".github/")
LANGUAGES = {"rust", "sh", "bash", "toml", "yaml", "python", "text"}
# What building and running make, which a fresh clone does not have.
MADE = ("target/", ".venv/")


def shell(text):
    """Fails with what bash says of it."""
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True)
    if done.returncode != 0:
        raise SyntaxError(done.stderr)


class Links(unittest.TestCase):
    def test_links_lead_to_files_and_headings(self):
        known = {page.path.resolve(): page for page in pages()}
        wrong, seen = [], 0
        for page in pages():
            for link in page.links():
                if re.match(r"https?://", link):
                    continue
                seen += 1
                name, _, anchor = link.partition("#")
                target = (page.path.parent / name).resolve() if name else page.path.resolve()
                if not target.exists():
                    wrong.append(f"{page.name}: {link}: no such file")
                elif anchor and (target not in known or anchor not in known[target].anchors()):
                    wrong.append(f"{page.name}: {link}: no such heading")
        self.assertGreater(seen, 30)
        self.assertEqual(wrong, [])

    def test_paths_that_pages_name_exist(self):
        wrong, seen = [], 0
        for page in pages():
            for span in page.spans():
                for word in span.split():
                    path = word.split("::")[0].rstrip(":,;")
                    if not path.startswith(ROOTS) or path.startswith(MADE):
                        continue
                    seen += 1
                    exists = any(REPOSITORY.glob(path)) if "*" in path else (REPOSITORY / path).exists()
                    if not exists:
                        wrong.append(f"{page.name}: {path}")
        self.assertGreater(seen, 60)
        self.assertEqual(wrong, [])

    def test_every_page_is_in_the_index(self):
        index = next(page for page in pages() if page.name == "docs/README.md")
        linked = {(index.path.parent / link.partition("#")[0]).resolve() for link in index.links()}
        missing = [page.name for page in pages()
                   if page.name.startswith("docs/") and page is not index and page.path.resolve() not in linked
                   and page.path != index.path]
        self.assertEqual(missing, [])

    def test_tables_have_as_many_cells_as_their_heads(self):
        wrong = []
        for page in pages():
            head = None
            for number, line in enumerate(page.text.splitlines(), 1):
                if not line.startswith("|"):
                    head = None
                    continue
                cells = len(re.findall(r"(?<!\\)\|", line))
                head = head or cells
                if cells != head:
                    wrong.append(f"{page.name}:{number}")
        self.assertEqual(wrong, [])


class Forms(unittest.TestCase):
    def test_every_block_says_what_it_is(self):
        unknown = [place for page in pages() for language, _, place in page.blocks()
                   if language not in LANGUAGES]
        self.assertEqual(unknown, [])

    def test_blocks_are_of_their_language(self):
        read = {"yaml": yaml.safe_load, "python": ast.parse, "toml": tomllib.loads, "bash": shell, "sh": shell}
        wrong = []
        for page in pages():
            for language, text, place in page.blocks():
                try:
                    read.get(language, str)(text)
                except (yaml.YAMLError, SyntaxError, ValueError) as error:
                    wrong.append(f"{place}: {error}")
        self.assertEqual(wrong, [])

    def test_dependencies_are_what_cargo_takes(self):
        manifest = tomllib.loads((REPOSITORY / "lib/Cargo.toml").read_text())
        found = 0
        for page in pages():
            for language, text, place in page.blocks():
                if language != "toml":
                    continue
                dependency = tomllib.loads(text)["sevenlines"]
                found += 1
                named = tomllib.loads((REPOSITORY / dependency["path"] / "Cargo.toml").read_text())
                self.assertEqual(named["package"]["name"], manifest["package"]["name"], place)
                self.assertLessEqual(set(dependency.get("features", ())), set(manifest["features"]), place)
        self.assertGreater(found, 0)

    def test_issue_forms_have_what_a_code_host_asks(self):
        folder = REPOSITORY / ".github/ISSUE_TEMPLATE"
        forms = sorted(path for path in folder.glob("*.yml") if path.name != "config.yml")
        self.assertGreaterEqual(len(forms), 3)
        for path in forms:
            form = yaml.safe_load(path.read_text())
            self.assertLessEqual({"name", "description", "body"}, set(form), path.name)
            identities = [part["id"] for part in form["body"] if part["type"] != "markdown"]
            self.assertEqual(len(identities), len(set(identities)), path.name)
            for part in form["body"]:
                kinds = ("markdown", "textarea", "input", "dropdown", "checkboxes")
                self.assertIn(part["type"], kinds, path.name)
                wanted = "value" if part["type"] == "markdown" else "label"
                self.assertTrue(part["attributes"][wanted].strip(), path.name)
        config = yaml.safe_load((folder / "config.yml").read_text())
        self.assertIsInstance(config["blank_issues_enabled"], bool)
        self.assertTrue(json.dumps(config))


if __name__ == "__main__":
    unittest.main()
