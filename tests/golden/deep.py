"""Gradients of VGG16 from conv5_1 up, for two small pictures' pool4, and three steps of Adam, by PyTorch in f32.

    deep.py deep.safetensors

pool4 (2, 512, 6, 6): uniform(seed 3000) within 2, negative values 0. Convolutions and fc6, fc7 have layers_small's weights and
biases, fc6 for 4608 inputs. "pooled": pool5's mean and greatest over its 9 places, minus uniform(seed 3001) within 0.5, divided by 1.5, then a dense layer
uniform(seed 3002) within sqrt(6 / 1027) and bias uniform(seed 3003) within 0.1. "full": fc6 and fc7, each with ReLU and a dropout that
doubles where uniform(seed 3005, 3006) within 1 is positive and else is 0, then a dense layer uniform(seed 3004) within sqrt(6 / 4099)
and the same bias. Labels 0 and 2 of three, mean softmax cross-entropy. Adam on "pooled": learning rate 0.0001, betas 0.9 and 0.999,
epsilon 1e-8.
Versions: torch 2.15.0, numpy 2.4.6, safetensors 0.8.0.
"""

import sys

import numpy as np
import torch
from safetensors.numpy import save_file
from torch.nn import functional

from formulas import sample, uniform

LABELS = torch.tensor([0, 2])
CONVS = ("conv5_1", "conv5_2", "conv5_3")


class Network:
    def __init__(self, full, dtype):
        self.full, self.dtype, self.parameters = full, dtype, {}
        self.pool4 = self.tensor(3000, (2, 512, 6, 6), 2).clamp(min=0)
        self.mean = self.tensor(3001, (1024,), 0.5)
        self.masks = [(self.tensor(seed, (2, 4096), 1) > 0) * 2.0 for seed in (3005, 3006)]
        for index, name in enumerate(CONVS, 10):
            self.layer(name, index, (512, 512, 3, 3), 100 + index)
        if full:
            self.layer("fc6", 13, (4096, 4608), 113)
            self.layer("fc7", 14, (4096, 4096), 114)
        width, seed = (4096, 3004) if full else (1024, 3002)
        self.parameters["head.weight"] = self.tensor(seed, (3, width), np.sqrt(6 / (width + 3)))
        self.parameters["head.bias"] = self.tensor(3003, (3,), 0.1)
        for parameter in self.parameters.values():
            parameter.requires_grad_()

    def tensor(self, seed, shape, limit):
        return torch.from_numpy(uniform(seed, shape, limit)).to(self.dtype)

    def layer(self, name, seed, shape, bias_seed):
        self.parameters[f"{name}.weight"] = self.tensor(seed, shape, np.sqrt(6 / np.prod(shape[1:])))
        self.parameters[f"{name}.bias"] = self.tensor(bias_seed, shape[:1], 0.05)

    def loss(self):
        of = lambda name: (self.parameters[f"{name}.weight"], self.parameters[f"{name}.bias"])
        x = self.pool4
        for name in CONVS:
            x = functional.conv2d(x, *of(name), padding=1).relu()
        x = functional.max_pool2d(x, 2)
        if self.full:
            x = x.flatten(1)
            for name, mask in zip(("fc6", "fc7"), self.masks):
                x = functional.linear(x, *of(name)).relu() * mask.to(self.dtype)
        else:
            x = x.flatten(2)
            x = (torch.cat([x.mean(2), x.max(2).values], 1) - self.mean) / 1.5
        return functional.cross_entropy(functional.linear(x, *of("head")), LABELS)


def gradients(full, dtype):
    network, found = Network(full, dtype), {}
    loss = network.loss()
    loss.backward()
    found["loss"] = np.array([loss.item()])
    for name, parameter in network.parameters.items():
        gradient = parameter.grad.numpy()
        if gradient.size < 64:
            found[name] = gradient
        else:
            found[f"{name}.samples"] = sample(gradient)
            found[f"{name}.stats"] = np.array([gradient.mean(dtype=np.float64), gradient.std(dtype=np.float64)])
    return found


def adam_losses(dtype):
    network = Network(False, dtype)
    adam = torch.optim.Adam(network.parameters.values(), lr=1e-4, betas=(0.9, 0.999), eps=1e-8)
    losses = [network.loss().item()]
    for _ in range(3):
        adam.zero_grad()
        network.loss().backward()
        adam.step()
        losses.append(network.loss().item())
    return {"adam.loss": np.array(losses)}


def compute(dtype):
    found = {f"pooled.{name}": value for name, value in gradients(False, dtype).items()}
    found |= {f"full.{name}": value for name, value in gradients(True, dtype).items()}
    return found | adam_losses(dtype)


def main(out):
    found, exact = compute(torch.float32), compute(torch.float64)
    tensors = {name: np.asarray(value, np.float32) for name, value in found.items()}
    save_file(tensors, out, {"made by": f"deep.py, torch {torch.__version__}"})
    for name, value in found.items():
        scale = exact[name.rsplit(".", 1)[0] + ".stats"][1] if name.endswith(("samples", "stats")) else 1
        print(name, value.shape, value.ravel()[:3], f"f32 differs by {np.abs(value - exact[name]).max() / scale:.1e}")


if __name__ == "__main__":
    main(*sys.argv[1:])
