"""The site of the repository's notebooks in Chromium, from files, with every request seen: tests/notes/main.rs makes it and starts this.

What was seen is kept beside the site, as pictures in its folder `screenshots`.
"""

import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "browser"))

import chromium  # noqa: E402

SITE = Path(os.environ["SEVENLINES_NOTES"])
PAGES = sorted(SITE.glob("*.html"))
WIDTHS = (1024, 400)
# The least contrast of text with its ground (WCAG 2.2, AA), over everything that is shown as text.
CONTRAST = """() => {
  const part = v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const light = c => 0.2126 * part(c[0]) + 0.7152 * part(c[1]) + 0.0722 * part(c[2]);
  const numbers = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const c = numbers(getComputedStyle(at).backgroundColor);
      if (c.length === 3 || c[3] === 1) return c;
    }
    return [255, 255, 255];
  };
  let least = [99, ""];
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.matches(".copy, .anchor-link") || !element.offsetParent) continue;
    const [a, b] = [light(numbers(getComputedStyle(element).color)), light(ground(element))].sort((x, y) => x - y);
    const ratio = (b + 0.05) / (a + 0.05);
    if (ratio < least[0]) least = [ratio, walker.currentNode.data.trim().slice(0, 60)];
  }
  return least;
}"""


@chromium.required
class Browser(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.opened = chromium.browser()
        cls.browser = cls.opened.__enter__()
        cls.addClassCleanup(cls.opened.__exit__, None, None, None)

    def page(self, scheme="light", width=1024):
        context = self.browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        self.addCleanup(context.close)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        self.asked, self.complaints = [], []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.route("**/*", lambda route: route.continue_() if route.request.url.startswith("file:") else route.abort())
        return page

    def test_nothing_is_asked_for_and_everything_fits(self):
        self.assertEqual(len(PAGES), 6, PAGES)
        pictures = SITE / "screenshots"
        pictures.mkdir(exist_ok=True)
        for scheme, width in (("light", 1024), ("dark", 1024), ("light", 400)):
            page = self.page(scheme, width)
            for path in PAGES:
                with self.subTest(page=path.name, scheme=scheme, width=width):
                    self.asked.clear()
                    page.goto(path.as_uri())
                    page.wait_for_load_state("networkidle")
                    asked = [url for url in self.asked if not url.startswith("data:")]
                    self.assertEqual(asked, [path.as_uri()])
                    self.assertEqual(self.complaints, [])
                    self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), width)
                    broken = "[...document.images].filter(i => !i.complete || !i.naturalWidth).length"
                    self.assertEqual(page.evaluate(broken), 0, "pictures that do not show")
                    wide = "[...document.images].filter(i => i.getBoundingClientRect().right > innerWidth).length"
                    self.assertEqual(page.evaluate(wide), 0, "pictures wider than the page")
                    page.screenshot(path=str(pictures / f"{path.stem}-{scheme}-{width}.png"), full_page=True)

    def test_every_picture_has_words(self):
        page = self.page()
        for path in (path for path in PAGES if path.name != "index.html"):
            page.goto(path.as_uri())
            self.assertGreater(page.locator("img").count(), 3, path)
            self.assertEqual(page.locator("img:not([alt]), img[alt='']").count(), 0, path)
            self.assertEqual(page.locator("img[alt^='No description']").count(), 0, path)

    def test_text_is_readable_on_both_grounds(self):
        for scheme in ("light", "dark"):
            page = self.page(scheme)
            grounds = set()
            for path in PAGES:
                page.goto(path.as_uri())
                ratio, text = page.evaluate(CONTRAST)
                self.assertGreaterEqual(ratio, 4.5, f"{path.name} {scheme}: {text}")
                grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
            self.assertEqual(grounds, {"rgb(255, 255, 255)"} if scheme == "light" else {"rgb(20, 23, 27)"})

    def test_code_is_copied_as_it_is(self):
        page = self.page()
        page.goto((SITE / "lesson1.html").as_uri())
        first = page.locator(".input").first
        first.hover()
        first.get_by_role("button", name="Copy").click()
        first.get_by_text("Copied").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
        self.assertEqual(copied.splitlines()[0], "let path = dogs_vs_cats()?;")
        self.assertEqual(len(copied.splitlines()), 7)
        # Selected by hand it is the same: no prompt and no number is in between.
        self.assertEqual(first.locator("pre").inner_text().strip(), copied)

    def test_anchors_and_ways_lead_somewhere(self):
        page = self.page()
        page.goto((SITE / "index.html").as_uri())
        page.locator("ol a").first.click()
        seen = []
        while True:
            # A click does not wait for the end of the page that it leads to.
            page.wait_for_load_state()
            seen.append(Path(page.url.partition("#")[0]).name)
            self.assertEqual(
                page.evaluate("""[...document.querySelectorAll('a[href^="#"]')]
                .filter(a => !document.getElementById(decodeURIComponent(a.hash.slice(1)))).map(a => a.hash)"""),
                [],
            )
            link = page.locator(".toc a").last
            link.click()
            heading = page.evaluate("document.getElementById(decodeURIComponent(location.hash.slice(1))).getBoundingClientRect().top")
            self.assertTrue(-1 <= heading < 800, f"{page.url} at {heading}")
            after = page.locator("header a[rel=next]")
            if not after.count():
                break
            after.click()
        self.assertEqual(sorted([*seen, "index.html"]), [path.name for path in PAGES])
        page.locator("header .up").click()
        self.assertTrue(page.url.endswith("index.html"))

    def test_a_formula_is_drawn(self):
        page = self.page()
        page.goto((SITE / "dogs_cats_redux.html").as_uri())
        above, below = page.evaluate("[...document.querySelector('math mfrac').children].map(e => e.getBoundingClientRect())")
        self.assertGreater(above["height"], 0)
        self.assertLessEqual(above["bottom"], below["top"] + 1, "one is above the other")

    def test_paper_has_no_buttons(self):
        page = self.page("dark")
        page.goto((SITE / "lesson1.html").as_uri())
        shown = "[...document.querySelectorAll('header, footer, .toc, .copy')].filter(e => getComputedStyle(e).display !== 'none').length"
        self.assertGreater(page.evaluate(shown), 3)
        page.emulate_media(media="print")
        self.assertEqual(page.evaluate(shown), 0)
        self.assertEqual(page.evaluate("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)")
        after = "getComputedStyle(document.querySelector('.input')).breakAfter"
        self.assertEqual(page.evaluate(after), "avoid", "code and what it gave stay on one page")
        address = "getComputedStyle(document.querySelector('.prose a[href^=http]'), '::after').content"
        self.assertIn("https://", page.evaluate(address))
        for path in SITE.glob("*.pdf"):
            self.assertEqual(path.read_bytes()[:5], b"%PDF-", path)
        self.assertEqual(len(list(SITE.glob("*.pdf"))), 5)

    def test_pages_are_small(self):
        for path in PAGES:
            self.assertLess(path.stat().st_size, 2_000_000, path)


if __name__ == "__main__":
    unittest.main()
