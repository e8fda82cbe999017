"""Times one peer in this process and writes what came of it as .npz.

    python -m engines NAME PRECISION BATCH THREADS FOLDER PICTURES.safetensors RESULT.npz
"""

import importlib
import sys
import time

import numpy as np

from engines import model


def seconds(run, least_calls=3, least_seconds=1.0, most_seconds=10.0):
    """Times of calls, as `sevenlines bench` takes them."""
    times = []
    while (len(times) < least_calls and sum(times) < most_seconds) or sum(times) < least_seconds:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return times


def main(name, precision, batch, threads, folder, dump, result):
    batch = int(batch)
    x = model.pictures(dump)[:batch]
    run = importlib.import_module(f"engines.{name}").load(folder, precision, batch, int(threads))
    pool5 = np.array(run(x), np.float32)
    np.savez(result, seconds=seconds(lambda: run(x)), pool5=pool5)


main(*sys.argv[1:])
