"""ONNX Runtime (Microsoft), its processor provider."""

import os

PRECISIONS = ("f32",)


def load(folder, precision, batch, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    file = os.path.join(folder, "vgg16.onnx")
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    return lambda x: session.run(None, {"x": x})[0]
