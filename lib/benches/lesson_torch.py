"""The lesson as one writes it in PyTorch: frozen VGG16, pooled features, a new head, one epoch.

    lesson_torch.py OURS.safetensors FOLDER THREADS

OURS is what `sevenlines bench --save-pool5` wrote: it names the weights and how they want pictures. The head is ours too: pool5
average- and max-pooled, centred by the training set's mean and divided by its deviation, Dense(n), Adam at 0.01, batches of 64.
"""

import json
import sys

import torch
import torchvision
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder


def main(ours, folder, threads):
    torch.manual_seed(0)
    torch.set_num_threads(threads)
    with safe_open(ours, "pt") as file:
        metadata = file.metadata()
    normalisation = json.loads(metadata["normalisation"])
    scale, mean, std = (torch.tensor(normalisation[key]) for key in ("scale", "mean", "std"))

    def prepare(picture):
        picture = picture.resize((224, 224), Image.Resampling.BILINEAR)
        pixels = torchvision.transforms.functional.pil_to_tensor(picture).float()
        return (pixels * scale - mean[:, None, None]) / std[:, None, None]

    body = torchvision.models.vgg16().features.eval()
    weights = load_file(metadata["weights"])
    body.load_state_dict({k.removeprefix("features."): v for k, v in weights.items() if k.startswith("features.")})
    body = body.to(memory_format=torch.channels_last)

    @torch.no_grad()
    def features(part):
        pictures = ImageFolder(f"{folder}/{part}", prepare)
        rows, labels = [], []
        for x, y in DataLoader(pictures, 64, num_workers=threads):
            pool5 = body(x.to(memory_format=torch.channels_last)).flatten(2)
            rows.append(torch.cat([pool5.mean(2), pool5.amax(2)], 1))
            labels.append(y)
        return torch.cat(rows), torch.cat(labels), len(pictures.classes)

    x, y, classes = features("train")
    val_x, val_y, _ = features("valid")
    centre, deviation = x.mean(0), (x - x.mean(0)).pow(2).mean().sqrt()
    x, val_x = (x - centre) / deviation, (val_x - centre) / deviation
    head = nn.Linear(x.shape[1], classes)
    optimiser = torch.optim.Adam(head.parameters(), 0.01)
    for batch in torch.randperm(len(x)).split(64):
        optimiser.zero_grad()
        nn.functional.cross_entropy(head(x[batch]), y[batch]).backward()
        optimiser.step()
    with torch.no_grad():
        val_acc = (head(val_x).argmax(1) == val_y).float().mean().item()
    print(json.dumps({"val_acc": val_acc, "images": len(x) + len(val_x)}))


if __name__ == "__main__":
    main(*sys.argv[1:3], int(sys.argv[3]))
