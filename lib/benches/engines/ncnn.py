"""ncnn (Tencent): Winograd on the processor, one picture at a time."""

import os
import subprocess

import numpy as np

PRECISIONS = ("f32", "bf16")


def load(folder, precision, batch, threads):
    import ncnn

    if not os.path.exists(os.path.join(folder, "vgg16.ncnn.bin")):
        import pnnx

        command = [pnnx.EXEC_PATH, "vgg16.onnx", "inputshape=[1,3,224,224]", "fp16=0"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    net = ncnn.Net()
    net.opt.num_threads = threads
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.opt.use_bf16_storage = precision == "bf16"
    net.load_param(os.path.join(folder, "vgg16.ncnn.param"))
    net.load_model(os.path.join(folder, "vgg16.ncnn.bin"))
    given, wanted = net.input_names()[0], net.output_names()[0]

    def one(picture):
        extractor = net.create_extractor()
        extractor.input(given, ncnn.Mat(picture))
        return np.array(extractor.extract(wanted)[1])

    return lambda x: np.stack([one(picture) for picture in x])
