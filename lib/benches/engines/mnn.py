"""MNN (Alibaba): Winograd on the processor."""

import os
import subprocess
import sys

PRECISIONS = ("f32",)  # "low" precision computes the same numbers on x86


def load(folder, precision, batch, threads):
    import MNN.expr as expr
    import MNN.nn as nn

    file = os.path.join(folder, "vgg16.mnn")
    if not os.path.exists(file):
        convert = [sys.executable, "-m", "MNN.tools.mnnconvert", "-f", "ONNX", "--bizCode", "vgg16"]
        model = os.path.join(folder, "vgg16.onnx")
        subprocess.run([*convert, "--modelFile", model, "--MNNModel", file], check=True, capture_output=True)
    options = {
        "backend": "CPU",
        "precision": "high",
        "numThread": threads,
        "memory": "high",
        "power": "high",
    }
    runtime = nn.create_runtime_manager((options,))
    net = nn.load_module_from_file(file, ["x"], ["y"], runtime_manager=runtime)

    def run(x):
        given = expr.placeholder(list(x.shape), expr.NCHW)
        given.write(x)
        return expr.convert(net.forward([given])[0], expr.NCHW).read()

    return run
