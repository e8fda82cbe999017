"""The formulas that the golden files' inputs and weights come from; the Rust tests compute the same.

Versions: numpy 2.4.6.
"""

import numpy as np

MULTIPLIER, INCREMENT = 6364136223846793005, 1442695040888963407


def picture(height, width):
    """An image-like picture in whole numbers, (height, width, 3) u8: a broad wave, a finer one, rings and a little texture."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")

    def wave(n, half):
        return half - np.abs(n % (2 * half) - half)

    value = (
        wave(2 * x + y + 50 * c, 127)
        + wave(7 * x + 3 * (c + 1) * y, 64)
        + wave((x * x + y * y) // 64 + 20 * c, 40)
        + (73 * x + 151 * y + 199 * c + x * y) % 25
    )
    assert value.min() >= 0 and value.max() <= 255
    return value.astype(np.uint8)


def centred(seed, count):
    """`count` numbers 2u-1 in [-1, 1), f64: state <- state * MULTIPLIER + INCREMENT mod 2^64, from `seed`; u = (state >> 40) / 2^24."""
    out = np.empty(count)
    block = np.array([(seed * MULTIPLIER + INCREMENT) % 2**64], dtype=np.uint64)
    factor, term = MULTIPLIER, INCREMENT  # what takes a state `len(block)` steps on
    while len(block) < min(count, 1 << 20):
        block = np.concatenate([block, block * np.uint64(factor) + np.uint64(term)])
        factor, term = factor * factor % 2**64, (factor * term + term) % 2**64
    for start in range(0, count, len(block)):
        u = (block >> np.uint64(40)).astype(np.float64) / 2**24
        out[start : start + len(block)] = (2 * u - 1)[: count - start]
        block = block * np.uint64(factor) + np.uint64(term)
    return out


def uniform(seed, shape, limit):
    """A tensor of `shape`, row-major, f32: limit * (2u-1), computed in f64 and then rounded."""
    return (centred(seed, int(np.prod(shape))) * limit).astype(np.float32).reshape(shape)


def sample(values):
    """64 of the values: index k * (n // 64) + (31 * k * k) % (n // 64) of the flattened array, k = 0..63."""
    flat = values.reshape(-1)
    stripe, k = len(flat) // 64, np.arange(64)
    return flat[k * stripe + (31 * k * k) % stripe]
