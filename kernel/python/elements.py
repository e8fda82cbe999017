"""Makes a page's elements complete: alternative texts, drawings that scale, tables that scroll, ids that are there once.

It works on the parsed cells (BeautifulSoup), so that it does not matter which library or kernel made an output.
"""

import base64
import re

# What nbconvert says where there is no alternative text.
NO_TEXT = "No description has been provided for this image"
LONGEST_TEXT = 300
# Words of code above this may break, or they would leave a telephone's screen.
LONGEST_WORD = 30
HEADINGS = ("h1", "h2", "h3")
# The largest picture that the index takes over from a page, as characters of its data.
SMALL_PICTURE = 150_000


def complete(soup):
    """Mends what can be mended, and returns a sentence for each thing that the page cannot show."""
    notes = replace_active(soup)
    notes += replace_foreign_pictures(soup)
    notes += formulas_as_typed(soup)
    keep_words(soup)
    unique_ids(soup)
    for svg in soup.find_all("svg"):
        add_view_box(svg)
        describe_drawing(svg)
    for image in soup.find_all("img"):
        scale_picture(image)
        describe(image)
    for table in soup.find_all("table"):
        table.wrap(soup.new_tag("div", attrs={"class": "scroll", "tabindex": "0"}))
    # A paragraph may hold a span, and no div.
    for formula in soup.select('math[display="block"]'):
        formula.wrap(soup.new_tag("span", attrs={"class": "scroll formula", "tabindex": "0"}))
    return notes


def replace_active(soup):
    """Scripts and embedded pages become a sentence: the page's policy would not run them."""
    notes = []
    for element in soup.find_all(["script", "iframe", "object", "embed", "link", "base", "meta"]):
        if element.name in ("script", "iframe", "object", "embed"):
            notes.append(f"cell {cell_id(element)}: its <{element.name}> is left out, since the pages run no scripts and load nothing")
            note = soup.new_tag("p", attrs={"class": "missing"})
            note.string = f"(a <{element.name}>, which works in Jupyter only)"
            element.replace_with(note)
        else:
            element.decompose()
    return notes


def replace_foreign_pictures(soup):
    """A picture that is not in the page becomes a link, or its text if it was to lie beside the notebook."""
    notes = []
    for image in soup.find_all("img"):
        source = image.get("src", "")
        if source.startswith("data:"):
            continue
        text = image.get("alt", "")
        text = source if text in ("", NO_TEXT) else text
        if re.match(r"(https?:)?//", source):
            stand_in = soup.new_tag("a", href=source)
            stand_in.string = f"picture: {text}"
            notes.append(f"cell {cell_id(image)}: {source} is a link only, since the pages load nothing")
        else:
            stand_in = soup.new_tag("span", attrs={"class": "missing"})
            stand_in.string = f"(no picture: {text})"
            notes.append(f"cell {cell_id(image)}: there is no picture {source}")
        image.replace_with(stand_in)
    return notes


def formulas_as_typed(soup):
    """A sentence for each formula that could not be drawn (`formulas.py`)."""
    typed = soup.select("code.formula[data-why]")
    return [f"cell {cell_id(code)}: the formula {code.get_text()} stays as typed ({code['data-why']})" for code in typed]


def keep_words(soup):
    """A browser breaks a line behind a hyphen, also behind the two of an option: in inline code, words stay whole."""
    for code in soup.find_all("code"):
        if code.find_parent("pre") or code.find(True):
            continue
        words = re.split(r"(\s+)", code.get_text())
        code.clear()
        for word in words:
            if "-" in word and len(word) <= LONGEST_WORD:
                kept = soup.new_tag("span", attrs={"class": "word"})
                kept.string = word
                word = kept
            code.append(word)


def cell_id(element):
    cell = element.find_parent("section")
    return cell["id"].removeprefix("cell-") if cell else "?"


def unique_ids(soup):
    """Two headings of the same words get ids of their own, so that each can be linked to."""
    seen = set()
    for element in soup.find_all(id=True):
        wanted, number = element["id"], 2
        name = wanted
        while name in seen:
            name, number = f"{wanted}-{number}", number + 1
        seen.add(name)
        element["id"] = name
        anchor = element.find("a", class_="anchor-link")
        if anchor:
            anchor["href"] = f"#{name}"
            anchor["aria-label"] = "Link to this heading"


def describe(image):
    """Alternative text where there is none: what the output says as text, else where it stands."""
    text = image.get("alt", "")
    if "alt" not in image.attrs or text == NO_TEXT:
        image["alt"] = nearby(image)


def describe_drawing(svg):
    """An inline drawing is named to a screen reader as a picture is."""
    if svg.find_parent("svg"):
        return
    svg["role"] = svg.get("role", "img")
    if not svg.find("title") and not svg.get("aria-label") and not svg.get("aria-labelledby"):
        svg["aria-label"] = nearby(svg)


def nearby(element):
    """What can be said of a picture from what stands around it."""
    output = element.find_parent(attrs={"data-text": True})
    text = " ".join(output["data-text"].split()) if output else ""
    # A value's bare type, such as <Figure size 640x480>, says nothing.
    if text and not text.startswith("<"):
        return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
    heading = element.find_previous(list(HEADINGS))
    what = "Output" if element.find_parent(class_="output") else "Picture"
    return f"{what} in “{heading_text(heading)}”" if heading else f"{what} of cell {cell_id(element)}"


def add_view_box(svg):
    """A drawing without a viewBox is cut off, not scaled, where the page is narrower than it."""
    sizes = [re.fullmatch(r"\s*([\d.]+)(?:px)?\s*", svg.get(side, "")) for side in ("width", "height")]
    if all(sizes) and not any(name.lower() == "viewbox" for name in svg.attrs):
        svg["viewBox"] = f"0 0 {sizes[0][1]} {sizes[1][1]}"


def scale_picture(image):
    """The same for a drawing that stands as data in an <img>."""
    head, _, data = image.get("src", "").partition(";base64,")
    if head != "data:image/svg+xml" or not data:
        return
    try:
        text = base64.b64decode(data).decode()
    except ValueError:
        return
    tag = re.search(r"<svg\b[^>]*>", text)
    if not tag or "viewBox" in tag[0]:
        return
    sizes = [re.search(rf"\s{side}=[\"']([\d.]+)(?:px)?[\"']", tag[0]) for side in ("width", "height")]
    if all(sizes):
        wider = f'{tag[0][:4]} viewBox="0 0 {sizes[0][1]} {sizes[1][1]}"{tag[0][4:]}'
        text = text.replace(tag[0], wider, 1)
        image["src"] = f"{head};base64,{base64.b64encode(text.encode()).decode()}"


def heading_text(heading):
    """A heading's words without the sign of its link."""
    return " ".join("".join(part for part in heading.strings if part.parent.get("class") != ["anchor-link"]).split())


def headings(soup):
    """(level, id, text) of each heading of the prose, the title among them."""
    for heading in soup.find_all(HEADINGS, id=True):
        if heading.find_parent(class_="prose"):
            yield int(heading.name[1]), heading["id"], heading_text(heading)


def summary(soup):
    """The first paragraph of the prose, as text."""
    for paragraph in soup.select(".prose > p"):
        text = " ".join(paragraph.get_text().split())
        if text:
            return text
    return ""


def first_picture(soup):
    """The first picture of the outputs that is small enough for an index: its data and its words."""
    for image in soup.select(".output img"):
        if len(image["src"]) <= SMALL_PICTURE:
            return {"src": image["src"], "alt": image["alt"]}
    return None
