"""Nine Adam steps of a dense layer 1024 -> 3 under mean softmax cross-entropy, by PyTorch in f32.

    training.py training.safetensors

Features (96, 1024): uniform(seed 1000) within sqrt(3). Weight (3, 1024): uniform(seed 2000) within Glorot's sqrt(6 / (1024 + 3)), whose
distribution has mean 0 and variance 2 / (1024 + 3); bias 0; labels i % 3. Batches of 32 in order, three epochs; Adam with learning
rate 0.01, betas 0.9 and 0.999, epsilon 1e-8, no weight decay.
Versions: torch 2.15.0, numpy 2.4.6, safetensors 0.8.0.
"""

import sys

import numpy as np
import torch
from safetensors.numpy import save_file

from formulas import uniform

ROWS, INPUTS, CLASSES, BATCH, EPOCHS = 96, 1024, 3, 32, 3


def train(dtype):
    x = torch.from_numpy(uniform(1000, (ROWS, INPUTS), np.sqrt(3))).to(dtype)
    labels = torch.arange(ROWS) % CLASSES
    head = torch.nn.Linear(INPUTS, CLASSES, dtype=dtype)
    limit = np.sqrt(6 / (INPUTS + CLASSES))
    head.weight.data = torch.from_numpy(uniform(2000, (CLASSES, INPUTS), limit)).to(dtype)
    head.bias.data.zero_()
    loss_of = torch.nn.CrossEntropyLoss()
    adam = torch.optim.Adam(head.parameters(), lr=0.01, betas=(0.9, 0.999), eps=1e-8)
    found = {"step_loss": [], "full_loss": [loss_of(head(x), labels).item()]}
    for _ in range(EPOCHS):
        for start in range(0, ROWS, BATCH):
            adam.zero_grad()
            loss = loss_of(head(x[start : start + BATCH]), labels[start : start + BATCH])
            loss.backward()
            if "grad_weight" not in found:
                found |= {"grad_weight": head.weight.grad.clone(), "grad_bias": head.bias.grad.clone()}
            adam.step()
            found["step_loss"].append(loss.item())
            found["full_loss"].append(loss_of(head(x), labels).item())
    found |= {"weight": head.weight.detach(), "bias": head.bias.detach()}
    return {name: np.asarray(value, np.float64 if dtype == torch.float64 else np.float32) for name, value in found.items()}


def main(out):
    found, exact = train(torch.float32), train(torch.float64)
    save_file(found, out, {"made by": f"training.py, torch {torch.__version__}"})
    for name, value in found.items():
        print(name, value.shape, value.ravel()[:4], f"f32 differs by {np.abs(value - exact[name]).max():.1e}")


if __name__ == "__main__":
    main(*sys.argv[1:])
