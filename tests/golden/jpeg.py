"""JPEG files of one picture, and what libjpeg-turbo makes of them at 1/4 and 1/8 of their size.

    jpeg.py jpeg.safetensors

For each kind of file: `KIND` (bytes) u8, the file; `KIND.4` (22, 30, 3) and `KIND.8` (11, 15, 3) u8, decoded by Pillow's draft mode.
Versions: Pillow 13.0.0, numpy 2.4.6, safetensors 0.8.0.
"""

import io
import sys

import numpy as np
from PIL import Image
from safetensors.numpy import save_file

from formulas import picture

KINDS = {
    "full_chroma": dict(subsampling=0),
    "half_chroma": dict(subsampling=1),
    "quarter_chroma": dict(subsampling=2),
    "restarts": dict(subsampling=2, restart_marker_blocks=3),
    "own_tables": dict(subsampling=2, optimize=True),
    "grey": dict(),
    "progressive": dict(progressive=True),
    "rgb": dict(keep_rgb=True),
}


def main(out):
    tensors = {}
    # Whole blocks of 8 x 8, and half a unit of 16 x 16 at the right and below.
    image = Image.fromarray(picture(88, 120))
    for kind, options in KINDS.items():
        file = io.BytesIO()
        (image.convert("L") if kind == "grey" else image).save(file, "JPEG", quality=85, **options)
        tensors[kind] = np.frombuffer(file.getvalue(), np.uint8).copy()
        for parts in (4, 8):
            smaller = Image.open(file)
            size = (120 // parts, 88 // parts)
            smaller.draft(None, size)
            assert smaller.size == size
            tensors[f"{kind}.{parts}"] = np.asarray(smaller.convert("RGB"))
    save_file(tensors, out)
    for name, values in tensors.items():
        print(name, values.shape, values.mean().round(3))


if __name__ == "__main__":
    main(*sys.argv[1:])
