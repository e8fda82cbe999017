"""Features of timm's backbones with weights and a picture made by formulas, by PyTorch in f32; and the tensors that they have.

    backbones.py backbones.safetensors backbones.json

backbones.json holds, of each backbone, the names and shapes in timm's state dict, in its order, but for counters and the last layer.
Weight i of that list is made by `weight(i, name, shape)`. The input is picture(224, 224) as (p / 255 - mean) / std.
Features are what the last layer sees; of DINOv2, the class token and the mean of the patches' tokens.
Versions: torch 2.15.0, torchvision 0.29.2, timm 1.0.31, numpy 2.4.6, safetensors 0.8.0.
"""

import json
import sys

import numpy as np
import timm
import torch
import torchvision
from safetensors.numpy import save_file
from timm.models.vision_transformer import checkpoint_filter_fn

from formulas import picture, uniform

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
TIMM = {
    "resnet18": "resnet18",
    "resnet50": "resnet50",
    "convnext_tiny": "convnext_tiny",
    "mobilenetv4": "mobilenetv4_conv_small",
    "dinov2_small": "vit_small_patch14_dinov2",
}


def weight(index, name, shape):
    """A tensor by its place, name and shape: He's limit halved, norms about 1, all else small."""
    seed = 5000 + index
    if name.endswith("running_var"):
        return 1 + uniform(seed, shape, 0.5)
    if name in ("cls_token", "pos_embed"):
        return uniform(seed, shape, 0.5)
    if len(shape) > 1:
        return uniform(seed, shape, np.sqrt(3 / np.prod(shape[1:])))
    if name.endswith("weight"):
        return 1 + uniform(seed, shape, 0.1)
    if name.endswith("gamma"):
        return np.float32(0.5) + uniform(seed, shape, 0.1)
    return uniform(seed, shape, 0.05)


def fill(model):
    """Fills the model by formula; the names and shapes that it was filled by."""
    classifier = model.default_cfg["classifier"]
    state = model.state_dict()
    names = [n for n in state if not n.endswith("num_batches_tracked") and n.rpartition(".")[0] != classifier]
    for index, name in enumerate(names):
        state[name] = torch.from_numpy(weight(index, name, tuple(state[name].shape)))
    model.load_state_dict(state)
    return [(name, list(state[name].shape)) for name in names], state


def features(name, model, x):
    if name == "dinov2_small":
        tokens = model.forward_features(x)
        return torch.cat([tokens[:, 0], tokens[:, 1:].mean(1)], 1)
    return model.forward_head(model.forward_features(x), pre_logits=True)


@torch.no_grad()
def main(out, shapes):
    pixels = (picture(224, 224) / 255.0 - np.array(MEAN)) / np.array(STD)
    x = torch.from_numpy(pixels.astype(np.float32).transpose(2, 0, 1)[None].copy())
    tensors, names = {}, {}
    for name, model_name in TIMM.items():
        model = timm.create_model(model_name).eval()
        names[name], state = fill(model)
        if name == "dinov2_small":
            # The checkpoint is for 518 x 518: timm resamples its positions.
            model = timm.create_model(model_name, img_size=224).eval()
            model.load_state_dict(checkpoint_filter_fn(state, model))
        value = features(name, model, x)[0]
        double = features(name, model.double(), x.double())[0]
        tensors[name] = value.numpy()
        print(f"{name}: {len(value)} features, std {value.std():.4f}, f32 differs by {(value - double).abs().max() / value.std():.1e} of std")
        if name.startswith("resnet"):
            other = getattr(torchvision.models, name)(weights=None).eval()
            other.load_state_dict(state)
            other.fc = torch.nn.Identity()
            difference = (other(x)[0] - value).abs().max() / value.std()
            print(f"  torchvision's {name} takes the same tensors and differs by {difference:.1e} of std")
            assert difference < 1e-5
    save_file(tensors, out, {"made by": f"backbones.py, torch {torch.__version__}, timm {timm.__version__}"})
    with open(shapes, "w") as file:
        lines = ",\n".join(f'"{name}": {json.dumps(entries, separators=(",", ":"))}' for name, entries in names.items())
        file.write("{" + lines + "}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
