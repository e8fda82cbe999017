"""VGG16's convolution base with our weights, as what the peers read."""

import json

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors import safe_open
from safetensors.numpy import load_file

BLOCKS = (2, 2, 3, 3, 3)


def kernels(weights):
    """(kernel, bias, whether a pool follows) of the thirteen layers, in order."""
    tensors = load_file(weights)
    index = 0
    for count in BLOCKS:
        for place in range(count):
            kernel, bias = (tensors[f"features.{index}.{part}"] for part in ("weight", "bias"))
            yield kernel.astype(np.float32), bias.astype(np.float32), place == count - 1
            index += 2
        index += 1  # the pool


def write_onnx(weights, file):
    """The base as ONNX, any number of pictures at a time."""
    nodes, constants, last = [], [], "x"
    for layer, (kernel, bias, pooled) in enumerate(kernels(weights)):
        names = [f"kernel{layer}", f"bias{layer}"]
        constants += [numpy_helper.from_array(a, name) for a, name in zip((kernel, bias), names)]
        nodes.append(helper.make_node("Conv", [last, *names], [f"conv{layer}"], kernel_shape=[3, 3], pads=[1] * 4))
        nodes.append(helper.make_node("Relu", [f"conv{layer}"], [f"relu{layer}"]))
        last = f"relu{layer}"
        if pooled:
            nodes.append(helper.make_node("MaxPool", [last], [f"pool{layer}"], kernel_shape=[2, 2], strides=[2, 2]))
            last = f"pool{layer}"
    nodes[-1].output[0] = "y"
    shape = lambda name, dims: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *dims])
    graph = helper.make_graph(nodes, "vgg16", [shape("x", (3, 224, 224))], [shape("y", (512, 7, 7))], constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), file)


def pictures(dump):
    """The pictures of `sevenlines bench --save-pool5`, normalised: (N, 3, 224, 224)."""
    normalisation = json.loads(metadata(dump)["normalisation"])
    scale, mean, std = (np.array(normalisation[key], np.float32) for key in ("scale", "mean", "std"))
    x = (load_file(dump)["pictures"].astype(np.float32) * scale - mean) / std
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2))


def metadata(dump):
    with safe_open(dump, "np") as file:
        return file.metadata()


def pool5(dump):
    """Ours: (N, 512, 7, 7)."""
    return load_file(dump)["pool5"]
