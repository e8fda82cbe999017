// What stands in a notebook's outputs, as it is drawn: run in the page by reading.py.
() => {
  const parse = (css) => {
    const [r, g, b, a = 1] = css.match(/[\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const over = (top, below) => ({
    r: top.r * top.a + below.r * (1 - top.a),
    g: top.g * top.a + below.g * (1 - top.a),
    b: top.b * top.a + below.b * (1 - top.a),
    a: 1,
  });
  const luminance = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const contrast = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  // All grounds that lie under an element, the lowest first.
  const ground = (element) => {
    const layers = [];
    for (let it = element; it; it = it.parentElement) layers.push(parse(getComputedStyle(it).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), { r: 255, g: 255, b: 255, a: 1 });
  };
  const opacity = (element) => {
    let all = 1;
    for (let it = element; it; it = it.parentElement) all *= Number(getComputedStyle(it).opacity);
    return all;
  };
  const word = (text, ink, below, size, weight) => ({
    text: text.trim().slice(0, 60),
    contrast: contrast(over(ink, below), below),
    size,
    large: size >= 24 || (size >= 18.66 && weight >= 700),
  });

  const words = (output) => {
    const found = [];
    const walker = document.createTreeWalker(output, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (!walker.currentNode.data.trim() || !element.getClientRects().length) continue;
      const style = getComputedStyle(element);
      const ink = parse(style.color);
      ink.a *= opacity(element);
      found.push(word(walker.currentNode.data, ink, ground(element), parseFloat(style.fontSize), Number(style.fontWeight)));
    }
    return found;
  };

  // A plot is an image: its drawing is laid out once more, where its parts can be asked.
  const plot = (image) => {
    const holder = document.createElement("div");
    holder.style.cssText = "position:fixed;left:0;top:0;visibility:hidden";
    holder.innerHTML = new TextDecoder().decode(Uint8Array.from(atob(image.src.split(",")[1]), (c) => c.charCodeAt(0)));
    document.body.append(holder);
    const scale = image.getBoundingClientRect().width / image.naturalWidth;
    const found = [];
    let grounds = [];
    for (const element of holder.querySelectorAll("rect, text")) {
      const box = element.getBoundingClientRect();
      const style = getComputedStyle(element);
      if (element.tagName === "rect") {
        if (style.fill !== "none") grounds.push({ box, fill: { ...parse(style.fill), a: parse(style.fill).a * Number(style.opacity) } });
        continue;
      }
      const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
      const under = grounds.filter(({ box }) => box.left <= x && x <= box.right && box.top <= y && y <= box.bottom);
      const below = under.reduce((below, { fill }) => over(fill, below), { r: 255, g: 255, b: 255, a: 1 });
      const ink = parse(style.fill);
      ink.a *= Number(style.opacity);
      found.push(word(element.textContent, ink, below, parseFloat(style.fontSize) * scale, Number(style.fontWeight)));
    }
    holder.remove();
    return found;
  };

  const outputs = [...document.querySelectorAll(".jp-Notebook .jp-OutputArea-output")];
  const images = outputs.flatMap((output) => [...output.querySelectorAll("img")]);
  const plots = images.filter((image) => image.src.startsWith("data:image/svg+xml"));
  return {
    ground: luminance(ground(document.querySelector(".jp-Notebook .jp-Cell"))),
    words: outputs.flatMap(words),
    plots: plots.map(plot),
    images: images.map((image) => ({ alt: image.alt, drawn: image.complete && image.naturalWidth > 0 })),
    wide: outputs.filter((it) => it.scrollWidth > it.clientWidth + 1).map((it) => it.innerText.slice(0, 80) || it.innerHTML.slice(0, 80)),
    broken: outputs.flatMap((output) => [...output.querySelectorAll("td")])
      .filter((cell) => getComputedStyle(cell).textAlign === "right" && cell.getBoundingClientRect().height > 40)
      .map((cell) => cell.innerText),
  };
}
