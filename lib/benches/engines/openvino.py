"""OpenVINO (Intel)."""

import os

PRECISIONS = ("f32", "bf16")


def load(folder, precision, batch, threads):
    import openvino

    core = openvino.Core()
    model = core.read_model(os.path.join(folder, "vgg16.onnx"))
    model.reshape([batch, 3, 224, 224])
    options = {
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
    }
    request = core.compile_model(model, "CPU", options).create_infer_request()
    return lambda x: request.infer({0: x}, share_inputs=True)[0]
