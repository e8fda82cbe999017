"""One picture in the kinds of files that a folder may hold, and what a viewer shows of each.

    pictures.py pictures.safetensors

For each kind of file: `KIND` (bytes) u8, the file; `KIND.shown` (height, width, 3) u8, what Pillow shows: turned as EXIF says, transparency over white.
Versions: Pillow 13.0.0, numpy 2.4.6, safetensors 0.8.0.
"""

import io
import sys

import numpy as np
from PIL import Image, ImageOps
from safetensors.numpy import save_file

from formulas import picture

ORIENTATION = 0x0112


def exif(turn):
    notes = Image.Exif()
    notes[ORIENTATION] = turn
    return notes


def kinds():
    image = Image.fromarray(picture(20, 28))
    grey = image.convert("L")
    veil = Image.fromarray(np.linspace(0, 255, 20 * 28).reshape(20, 28).astype(np.uint8))
    clear = image.copy()
    clear.putalpha(veil)
    palette = image.quantize(200)
    few = image.quantize(16)

    for name in ("4:4:4", "4:2:2", "4:2:0"):
        yield f"jpeg.{name}", image, "JPEG", dict(quality=90, subsampling=name)
    yield "jpeg.progressive", image, "JPEG", dict(quality=90, progressive=True)
    yield "jpeg.grey", grey, "JPEG", dict(quality=90)
    yield "jpeg.grey_progressive", grey, "JPEG", dict(quality=90, progressive=True)
    yield "jpeg.cmyk", image.convert("CMYK"), "JPEG", dict(quality=90)
    yield "jpeg.rgb", image, "JPEG", dict(quality=90, keep_rgb=True)
    for turn in range(1, 9):
        yield f"jpeg.exif{turn}", image, "JPEG", dict(quality=90, exif=exif(turn))
    yield "png.exif6", image, "PNG", dict(exif=exif(6))
    yield "webp.exif6", image, "WEBP", dict(lossless=True, exif=exif(6))

    yield "png.rgb", image, "PNG", {}
    yield "png.rgba", clear, "PNG", {}
    yield "png.grey", grey, "PNG", {}
    yield "png.grey1", grey.convert("1"), "PNG", {}
    yield "png.grey16", Image.fromarray(np.asarray(grey).astype(np.uint16) * 257), "PNG", {}
    yield "png.grey_alpha", clear.convert("LA"), "PNG", {}
    yield "png.palette", palette, "PNG", {}
    for bits in (1, 2, 4):
        yield f"png.palette{bits}", image.quantize(1 << bits), "PNG", dict(bits=bits)
    yield "png.palette_transparent", palette, "PNG", dict(transparency=bytes(range(0, 200)))
    yield "png.rgb_transparent", image, "PNG", dict(transparency=image.getpixel((0, 0)))

    yield "bmp.grey", grey, "BMP", {}
    yield "bmp.grey1", grey.convert("1"), "BMP", {}
    yield "bmp.palette", palette, "BMP", {}
    yield "bmp.rgb", image, "BMP", {}

    yield "gif.palette", palette, "GIF", {}
    yield "gif.transparent", palette, "GIF", dict(transparency=palette.getpixel((0, 0)))
    yield "gif.animated", few, "GIF", dict(save_all=True, append_images=[few.transpose(1)] * 2)

    yield "webp.lossy", image, "WEBP", dict(quality=90)
    yield "webp.lossless", image, "WEBP", dict(lossless=True)
    yield "webp.lossy_alpha", clear, "WEBP", dict(quality=90)
    yield "webp.lossless_alpha", clear, "WEBP", dict(lossless=True, exact=True)
    yield "webp.animated", image, "WEBP", dict(lossless=True, save_all=True, append_images=[image.transpose(1)])


def shown(file):
    image = ImageOps.exif_transpose(Image.open(file))
    if image.mode == "I;16":
        image = Image.fromarray((np.asarray(image) // 257).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.asarray(image.convert("RGB"))


def main(out):
    tensors = {}
    for name, image, form, options in kinds():
        file = io.BytesIO()
        image.save(file, form, **options)
        tensors[name] = np.frombuffer(file.getvalue(), np.uint8).copy()
        tensors[f"{name}.shown"] = shown(file).copy()
    save_file(tensors, out)
    for name, values in tensors.items():
        print(name, values.shape, values.mean().round(3))


if __name__ == "__main__":
    main(*sys.argv[1:])
