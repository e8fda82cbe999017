"""Writes tiny_vgg*.pth: a state dict of VGG16's form and few numbers, as PyTorch
saves it today, as it saved before version 1.6, and inside a checkpoint; and the
same numbers as safetensors.

    pip install --require-hashes -r lib/benches/requirements.txt && python3 tests/golden/tiny_vgg.py
"""

import collections
import pathlib

import torch
from safetensors.torch import save_file

WIDTHS, GRID, HIDDEN, CLASSES = [2, 3, 4, 5, 6], 7, 8, 10
CONVOLUTIONS = [2, 2, 3, 3, 3]


def network():
    layers, channels = [], 3
    for width, count in zip(WIDTHS, CONVOLUTIONS):
        for _ in range(count):
            layers += [torch.nn.Conv2d(channels, width, 3, padding=1), torch.nn.ReLU()]
            channels = width
        layers.append(torch.nn.MaxPool2d(2))
    classifier = [
        torch.nn.Linear(channels * GRID * GRID, HIDDEN), torch.nn.ReLU(), torch.nn.Dropout(),
        torch.nn.Linear(HIDDEN, HIDDEN), torch.nn.ReLU(), torch.nn.Dropout(),
        torch.nn.Linear(HIDDEN, CLASSES),
    ]
    parts = [("features", torch.nn.Sequential(*layers)), ("classifier", torch.nn.Sequential(*classifier))]
    return torch.nn.Sequential(collections.OrderedDict(parts))


def main():
    torch.manual_seed(7)
    here = pathlib.Path(__file__).parent
    state = network().state_dict()
    torch.save(state, here / "tiny_vgg.pth")
    torch.save(state, here / "tiny_vgg_legacy.pth", _use_new_zipfile_serialization=False)
    torch.save({"epoch": 3, "state_dict": state}, here / "tiny_vgg_checkpoint.pth")
    save_file(dict(state), here / "tiny_vgg.safetensors")


main()
