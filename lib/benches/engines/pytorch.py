"""PyTorch: torchvision's VGG16, channels last, as its tuning guide says."""

import os

PRECISIONS = ("f32", "bf16")


def body(folder):
    """torchvision's layers with our weights."""
    import torch
    import torchvision
    from safetensors.torch import load_file

    features = torchvision.models.vgg16().features.eval().requires_grad_(False)
    weights = load_file(os.path.join(folder, "vgg16.safetensors"))
    features.load_state_dict({k.removeprefix("features."): v for k, v in weights.items() if k.startswith("features.")})
    return features.to(memory_format=torch.channels_last)


def load(folder, precision, batch, threads):
    import torch

    torch.set_num_threads(threads)
    kind = {"f32": torch.float32, "bf16": torch.bfloat16}[precision]
    features = body(folder).to(kind)

    def run(x):
        with torch.inference_mode():
            x = torch.from_numpy(x).to(kind, memory_format=torch.channels_last)
            return features(x).float().numpy()

    return run
