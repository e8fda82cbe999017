"""Samples of every layer of torchvision's VGG16 with weights and a picture made by formulas, by PyTorch in f32.

    layers_small.py layers_small.safetensors

Weight i (0..15, conv1_1 .. fc8) is uniform(seed i) within sqrt(6 / fan_in), torchvision's layout; bias i is uniform(seed 100 + i)
within 0.05. The input is picture(224, 224) as (p / 255 - mean) / std. Activations are taken after the ReLU; fc8 has none.
Versions: torch 2.15.0, torchvision 0.29.2, numpy 2.4.6, safetensors 0.8.0.
"""

import sys

import numpy as np
import torch
import torchvision
from safetensors.numpy import save_file

from formulas import picture, sample, uniform

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CONVS = [f"conv{block}_{layer}" for block, layers in enumerate((2, 2, 3, 3, 3), 1) for layer in range(1, layers + 1)]


def build():
    model = torchvision.models.vgg16(weights=None, init_weights=False).eval()
    layers = [m for m in model.modules() if isinstance(m, (torch.nn.Conv2d, torch.nn.Linear))]
    for index, layer in enumerate(layers):
        shape = tuple(layer.weight.shape)
        limit = np.sqrt(6 / np.prod(shape[1:]))
        layer.weight.data = torch.from_numpy(uniform(index, shape, limit))
        layer.bias.data = torch.from_numpy(uniform(100 + index, shape[:1], 0.05))
    return model


def activations(model, x):
    """{name: activation}: 13 convolutions and fc6, fc7 after ReLU, 5 pools, fc8's logits."""
    found, convs, pools, dense = {}, iter(CONVS), iter(range(1, 6)), iter(("fc6", "fc7"))
    for layer in model.features:
        x = layer(x)
        if isinstance(layer, torch.nn.ReLU):
            found[next(convs)] = x.clone()
        elif isinstance(layer, torch.nn.MaxPool2d):
            found[f"pool{next(pools)}"] = x.clone()
    x = torch.flatten(model.avgpool(x), 1)
    for layer in model.classifier:
        x = layer(x)
        if isinstance(layer, torch.nn.ReLU):
            found[next(dense)] = x.clone()
    return found | {"fc8": x}


@torch.no_grad()
def main(out):
    pixels = (picture(224, 224) / 255.0 - np.array(MEAN)) / np.array(STD)
    x = torch.from_numpy(pixels.astype(np.float32).transpose(2, 0, 1)[None].copy())
    model = build()
    tensors = {}
    for name, value in activations(model, x).items():
        value = value.numpy()
        if name == "fc8":
            tensors["fc8"] = value[0]
        else:
            tensors[name + ".samples"] = sample(value)
            tensors[name + ".stats"] = np.array([value.mean(dtype=np.float64), value.std(dtype=np.float64)], np.float32)
    save_file(tensors, out, {"made by": f"layers_small.py, torch {torch.__version__}"})
    # How far f32 is from f64 here, to choose the tests' tolerance by.
    for name, value in activations(model.double(), x.double()).items():
        value = value.numpy()
        mine, true = (tensors["fc8"], value[0]) if name == "fc8" else (tensors[name + ".samples"], sample(value))
        print(f"{name}: mean {value.mean():.4f} std {value.std():.4f}, f32 differs by {np.abs(mine - true).max() / value.std():.1e} of std")


if __name__ == "__main__":
    main(*sys.argv[1:])
