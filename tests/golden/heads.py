"""A head with hidden layers and batch normalisation, and losses with class weights, label smoothing and mixup, by PyTorch in f32.

    heads.py heads.safetensors

Head: BatchNorm(20), Linear(20, 12), ReLU, BatchNorm(12), Linear(12, 8), ReLU, BatchNorm(8), Linear(8, 3) on rows (16, 20) =
uniform(4000) within 2, plus 0.5; weights uniform(4001), (4002), (4003) within sqrt(6 / inputs), biases uniform(4011) .. (4013) within
0.1; the norms' scales 1 + uniform(4021) .. (4023) within 0.5, shifts uniform(4031) .. (4033) within 0.5; labels (2 i + i // 5) % 3. The gradients
of the first step; then three steps of Adam (0.01) on all rows: the loss before each and after the last, with the batch's statistics; then
the logits and the loss of measuring, with the running ones. Once without the norms, too ("plain.").
Losses: logits (6, 4) = uniform(4040) within 3, labels (0, 3, 1, 1, 2, 3), class weights (0.5, 2, 1, 1.25), smoothing 0.1 (and 0.3
alone), mixed 0.3 to 0.7 with labels (3, 1, 1, 0, 3, 2): the loss and its gradient by the logits.
Versions: torch 2.15.0, numpy 2.4.6, safetensors 0.8.0.
"""

import sys

import numpy as np
import torch
from safetensors.numpy import save_file

from formulas import uniform

ROWS, SIZES = 16, [20, 12, 8, 3]


def head(dtype, normalised):
    def tensor(seed, shape, limit, plus=0.0):
        return torch.nn.Parameter(torch.from_numpy(uniform(seed, shape, limit)).to(dtype) + plus)

    layers = []
    for at, (inputs, outputs) in enumerate(zip(SIZES, SIZES[1:])):
        if normalised:
            norm = torch.nn.BatchNorm1d(inputs, dtype=dtype)
            norm.weight, norm.bias = tensor(4021 + at, (inputs,), 0.5, 1.0), tensor(4031 + at, (inputs,), 0.5)
            layers.append(norm)
        dense = torch.nn.Linear(inputs, outputs, dtype=dtype)
        dense.weight = tensor(4001 + at, (outputs, inputs), np.sqrt(6 / inputs))
        dense.bias = tensor(4011 + at, (outputs,), 0.1)
        layers.append(dense)
        if at < 2:
            layers.append(torch.nn.ReLU())
    return torch.nn.Sequential(*layers)


def train(dtype, normalised):
    net = head(dtype, normalised)
    x = torch.from_numpy(uniform(4000, (ROWS, SIZES[0]), 2.0)).to(dtype) + 0.5
    i = torch.arange(ROWS)
    labels = (2 * i + i // 5) % 3
    loss_of = torch.nn.CrossEntropyLoss()
    adam = torch.optim.Adam(net.parameters(), lr=0.01, betas=(0.9, 0.999), eps=1e-8)
    found, losses = {}, []
    for step in range(3):
        adam.zero_grad()
        loss = loss_of(net(x), labels)
        loss.backward()
        if step == 0:
            for kind, of, names in (
                ("dense", torch.nn.Linear, ("weight", "bias")),
                ("norm", torch.nn.BatchNorm1d, ("scale", "shift")),
            ):
                for at, layer in enumerate(layer for layer in net if isinstance(layer, of)):
                    for name, parameter in zip(names, (layer.weight, layer.bias)):
                        found[f"{kind}.{at}.{name}"] = parameter.grad.clone()
        losses.append(loss.item())
        adam.step()
    found["losses"] = losses
    net.eval()
    logits = net(x)
    found |= {"logits": logits.detach(), "loss": [loss_of(logits, labels).item()]}
    return found


def losses(dtype):
    found = {}
    labels, mixed = torch.tensor([0, 3, 1, 1, 2, 3]), torch.tensor([3, 1, 1, 0, 3, 2])
    weights = torch.tensor([0.5, 2.0, 1.0, 1.25], dtype=dtype)
    for name, options in {
        "weighted": {"weight": weights},
        "smoothed": {"label_smoothing": 0.3},
        "both": {"weight": weights, "label_smoothing": 0.1},
    }.items():
        for mix in (False, True):
            logits = torch.from_numpy(uniform(4040, (6, 4), 3.0)).to(dtype).requires_grad_()
            loss_of = torch.nn.CrossEntropyLoss(**options)
            loss = 0.3 * loss_of(logits, labels) + 0.7 * loss_of(logits, mixed) if mix else loss_of(logits, labels)
            loss.backward()
            key = f"{name}.mixed" if mix else name
            found |= {f"{key}.loss": [loss.item()], f"{key}.gradient": logits.grad}
    return found


def all_of(dtype):
    found = {f"normalised.{name}": value for name, value in train(dtype, True).items()}
    found |= {f"plain.{name}": value for name, value in train(dtype, False).items()}
    found |= losses(dtype)
    return {name: np.asarray(value, np.float64 if dtype == torch.float64 else np.float32) for name, value in found.items()}


def main(out):
    found, exact = all_of(torch.float32), all_of(torch.float64)
    save_file(found, out, {"made by": f"heads.py, torch {torch.__version__}"})
    for name, value in found.items():
        print(name, value.shape, value.ravel()[:3], f"f32 differs by {np.abs(value - exact[name]).max():.1e}")


if __name__ == "__main__":
    main(*sys.argv[1:])
