"""sevenlines' body against its peers, on the same pictures, weights and threads.

    bench-venv/bin/python lib/benches/peers.py --data FOLDER [--batch 1,16] [--threads N] [--rounds 3]
    bench-venv/bin/python lib/benches/peers.py --lesson --data FOLDER

Every engine runs in a process of its own, one after the other in each round, every second round in reverse. Its time is the median
of warm calls; the table has the median of the rounds, in seconds a picture, the ratio to ours, and the largest difference
from our pool5 relative to its largest value. ncnn takes one picture at a time. With --lesson, the whole lesson (decode, features,
head, one epoch), each in a cold process, against lesson_torch.py.

Needs requirements.txt, and the program: cargo build --release.
"""

import argparse
import glob
import importlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

from engines import model

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = ("mnn", "ncnn", "openvino", "onnxruntime", "pytorch")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="a folder with train and valid, class folders in each")
    parser.add_argument("--batch", default="1,16", help="pictures at once; more than one with commas (default 1,16)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="for every engine (default: one a core)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(PEERS) + ",candle", help="the peers (default: %(default)s)")
    parser.add_argument("--ours", default="f32", help="how our body computes: f32, bf16 or both with a comma (default f32)")
    parser.add_argument("--sevenlines", default=binary(), help="the program (default: the release build here)")
    parser.add_argument("--lesson", action="store_true", help="the whole lesson instead of the body")
    parser.add_argument("--prefix", default="", help="a command to run every engine with, such as `nice`")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


def binary():
    built = glob.glob(os.path.join(HERE, "../../target/*/release/sevenlines"))
    return os.path.abspath(built[0]) if built else "sevenlines"


def call(options, command, **settings):
    """Runs a command; what it wrote on standard output."""
    done = subprocess.run([*options.prefix.split(), *command], text=True, capture_output=True, **settings)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def bench(options, *more):
    command = [options.sevenlines, "bench", "--json", "--rounds", "1", "--threads", str(options.threads)]
    return json.loads(call(options, [*command, "--data", options.data, *more]))


class Body:
    """The body at one batch size: who takes part, and one measurement of each."""

    def __init__(self, options, batch, folder):
        self.options, self.batch, self.folder = options, batch, folder
        self.dump = os.path.join(folder, f"ours{batch}.safetensors")
        ours = [("sevenlines", how) for how in options.ours.split(",")]
        self.measure(*ours[0])
        weights = model.metadata(self.dump)["weights"]
        if not os.path.exists(os.path.join(folder, "vgg16.onnx")):
            shutil.copyfile(weights, os.path.join(folder, "vgg16.safetensors"))
            model.write_onnx(weights, os.path.join(folder, "vgg16.onnx"))
        self.ours = model.pool5(self.dump)
        self.engines = ours + [
            (name, precision)
            for name in filter(None, options.only.split(","))
            for precision in (("f32",) if name == "candle" else importlib.import_module(f"engines.{name}").PRECISIONS)
        ]

    def measure(self, name, precision):
        """Seconds a picture, and pool5."""
        if name in ("sevenlines", "candle"):
            how = precision if name == "sevenlines" else "candle"
            dump = self.dump if not hasattr(self, "ours") else self.dump + ".again"
            told = bench(self.options, "--only", "body", "--body", how, "--batch", str(self.batch), "--save-pool5", dump)
            return 1 / told[f"body_{how}_images_per_s"], model.pool5(dump)
        file = os.path.join(self.folder, "result.npz")
        command = [sys.executable, "-m", "engines", name, precision, str(self.batch), str(self.options.threads)]
        call(self.options, [*command, self.folder, self.dump, file], cwd=HERE)
        result = np.load(file)
        return statistics.median(result["seconds"]) / self.batch, result["pool5"]

    def row(self, engine, results):
        times = [seconds for seconds, _ in results]
        difference = max(np.abs(pool5 - self.ours).max() for _, pool5 in results) / np.abs(self.ours).max()
        what = {"batch": self.batch, "engine": engine[0], "precision": engine[1]}
        return what | {"s_per_image": statistics.median(times), "difference": float(difference)}


class Lesson:
    """The whole lesson, ours and PyTorch's."""

    engines = [("sevenlines", "f32"), ("pytorch", "f32")]

    def __init__(self, options, folder):
        self.options = options
        self.dump = os.path.join(folder, "ours.safetensors")
        bench(options, "--only", "body", "--batch", "1", "--save-pool5", self.dump)

    def measure(self, name, _):
        """Seconds of the whole process, and val_acc."""
        if name == "sevenlines":
            told = bench(self.options, "--only", "lesson")
            return told["lesson_s"], told["lesson_val_acc"]
        start = time.perf_counter()
        command = [sys.executable, os.path.join(HERE, "lesson_torch.py"), self.dump, self.options.data]
        told = json.loads(call(self.options, [*command, str(self.options.threads)]))
        return time.perf_counter() - start, told["val_acc"]

    def row(self, engine, results):
        what = {"engine": engine[0], "precision": engine[1], "s": statistics.median(seconds for seconds, _ in results)}
        return what | {"val_acc": statistics.median(acc for _, acc in results)}


def rounds(contest, options):
    """A row for each engine, ours first."""
    results = {engine: [] for engine in contest.engines}
    for number in range(options.rounds):
        for engine in contest.engines[:: -1 if number % 2 else 1]:
            results[engine].append(contest.measure(*engine))
            print(f"round {number + 1}: {' '.join(engine)} {results[engine][-1][0]:.4f} s", file=sys.stderr, flush=True)
    rows = [contest.row(engine, results[engine]) for engine in contest.engines]
    time_key = "s_per_image" if "s_per_image" in rows[0] else "s"
    return [row | {"ratio": row[time_key] / rows[0][time_key]} for row in rows]


def table(rows):
    shown = [[f"{value:.4g}" if isinstance(value, float) else str(value) for value in row.values()] for row in rows]
    lines = [list(rows[0]), *shown]
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def main():
    options = arguments()
    options.data = os.path.abspath(options.data)
    with tempfile.TemporaryDirectory() as folder:
        if options.lesson:
            rows = rounds(Lesson(options, folder), options)
        else:
            contests = (Body(options, int(batch), folder) for batch in options.batch.split(","))
            rows = [row for contest in contests for row in rounds(contest, options)]
        processor = bench(options, "--only", "body", "--batch", "1")["processor"]
    setting = {"processor": processor, "threads": options.threads, "rounds": options.rounds}
    if options.json:
        print(json.dumps(setting | {"rows": rows}, indent=2))
    else:
        print(", ".join(f"{key} {value}" for key, value in setting.items()), table(rows), sep="\n\n")


if __name__ == "__main__":
    main()
