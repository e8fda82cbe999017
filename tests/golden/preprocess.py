"""A picture of a formula resized to 224x224 by Pillow's filters, and torchvision's short side 256 with a centre crop.

    preprocess.py preprocess.safetensors [FOLDER for PNGs to look at]

Of each result: every seventh pixel from 3 on in both directions, (32, 32, 3) u8, and the mean of each channel over all pixels, f32.
Pillow's BILINEAR, BICUBIC and LANCZOS widen their support when they shrink (antialiasing).
Versions: Pillow 13.0.0, torchvision 0.29.2, numpy 2.4.6, safetensors 0.8.0.
"""

import sys
from pathlib import Path

import numpy as np
import PIL
from PIL import Image
from safetensors.numpy import save_file
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Resize

from formulas import picture

FILTERS = {name: Image.Resampling[name.upper()] for name in ("nearest", "bilinear", "bicubic", "lanczos")}


def results():
    large, small = Image.fromarray(picture(375, 500)), Image.fromarray(picture(80, 100))
    for name, kind in FILTERS.items():
        yield f"squash_{name}", large.resize((224, 224), kind)
        yield f"enlarge_{name}", small.resize((224, 224), kind)
    crop = Compose([Resize(256, InterpolationMode.BILINEAR, antialias=True), CenterCrop(224)])
    yield "center_crop", crop(large)
    yield "center_crop_tall", crop(large.transpose(Image.Transpose.TRANSPOSE))


def main(out, folder=None):
    tensors = {}
    for name, image in results():
        pixels = np.asarray(image)
        assert pixels.shape == (224, 224, 3)
        tensors[name] = pixels[3::7, 3::7].copy()
        tensors[name + ".mean"] = pixels.mean((0, 1), dtype=np.float64).astype(np.float32)
        if folder:
            image.save(Path(folder) / f"{name}.png")
    save_file(tensors, out, {"made by": f"preprocess.py, Pillow {PIL.__version__}"})


if __name__ == "__main__":
    main(*sys.argv[1:])
