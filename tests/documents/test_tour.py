"""The pictures in the library's tour are what the library draws now."""
import base64
import re
import unittest

import tour

# Another processor rounds otherwise: this many pixels.
PIXELS = 3.0
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def svg(html):
    """The drawing in an image, if it is a drawing."""
    found = re.search(r"data:image/svg\+xml;base64,([^\"]+)", html)
    return base64.b64decode(found[1]).decode() if found else None


def words(html):
    """What a reader is told: titles, captions, alternative texts, without pictures."""
    return re.sub(r"data:image/[^\"]+", "", html)


class Tour(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.drawn = tour.drawn()

    def committed(self, name):
        return (tour.PLACE / f"{name}.html").read_text(encoding="utf-8")

    def test_every_picture_is_in_the_tour_and_no_other(self):
        library = (tour.REPOSITORY / "lib/src/lib.rs").read_text(encoding="utf-8")
        named = set(re.findall(r"include_str!\(\"tour/(\w+)\.html\"\)", library))
        self.assertEqual(named, set(self.drawn))
        self.assertEqual({path.stem for path in tour.PLACE.iterdir()}, named)

    def test_words_are_the_same(self):
        for name, html in self.drawn.items():
            self.alike(words(html).strip(), words(self.committed(name)).strip(), 0.02, name)

    def test_drawings_are_the_same(self):
        compared = 0
        for name, html in self.drawn.items():
            now, then = svg(html), svg(self.committed(name))
            self.assertEqual(now is None, then is None, name)
            if now:
                compared += 1
                self.alike(now, then, PIXELS, name)
        self.assertGreaterEqual(compared, 2)

    def alike(self, now, then, tolerance, name):
        """The same text, and numbers that are near each other."""
        self.assertEqual(NUMBER.sub("#", now), NUMBER.sub("#", then), name)
        pairs = zip(NUMBER.findall(now), NUMBER.findall(then))
        far = [pair for pair in pairs if abs(float(pair[0]) - float(pair[1])) > tolerance]
        self.assertEqual(far, [], name)


if __name__ == "__main__":
    unittest.main()
