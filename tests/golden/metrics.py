"""Accuracy, top-2, precision, recall, F1, AUC and log-loss by scikit-learn's formulas, in f64 with numpy.

    metrics.py metrics.safetensors

"four": 60 pictures of four classes, probabilities k / sum of k with k = 1 + floor(4 (1 + u)), u = uniform(4000, (60, 4), 1), so that
many are equal; the first class is favoured so that the third is never predicted (its k is 1), and the fourth never is a label.
"two": 40 pictures, u = uniform(4002, (40,), 1), probability of the first floor(5 (1 + u)) / 10, so that some are 0.
Labels: floor((u + 1) / 2 * n), u = uniform(4001, ..) of three classes and uniform(4003, ..) of two.
Versions: numpy 2.4.6, safetensors 0.8.0.
"""

import sys

import numpy as np
from safetensors.numpy import save_file

from formulas import uniform


def rank(p, label):
    """How many classes come before the label; of equals the first come first (as argmax has it)."""
    return sum(q > p[label] or (q == p[label] and c < label) for c, q in enumerate(p))


def roc_auc(scores, positive):
    """The Mann-Whitney statistic by all pairs, which is the area under the curve by the trapezoid rule."""
    a, b = scores[positive][:, None], scores[~positive][None, :]
    return ((a > b) + 0.5 * (a == b)).mean()


def divided(a, b):
    return np.divide(a, b, out=np.zeros(len(a)), where=b > 0)


def metrics(probs, labels):
    n, classes = probs.shape
    ranks = np.array([rank(p, label) for p, label in zip(probs, labels)])
    predicted = probs.argmax(axis=1)
    right = np.array([((predicted == c) & (labels == c)).sum() for c in range(classes)], dtype=float)
    taken = np.array([(predicted == c).sum() for c in range(classes)], dtype=float)
    support = np.array([(labels == c).sum() for c in range(classes)], dtype=float)
    precision, recall, f1 = divided(right, taken), divided(right, support), divided(2 * right, taken + support)
    occurs = taken + support > 0
    told = [c for c in range(classes) if 0 < support[c] < n]
    area = np.mean([roc_auc(probs[:, c], labels == c) for c in told])
    loss = -np.log(np.maximum(probs[np.arange(n), labels].astype(float), np.finfo(np.float32).eps)).mean()
    means = [(ranks < 1).mean(), (ranks < 2).mean(), precision[occurs].mean(), recall[occurs].mean(), f1[occurs].mean(), area, loss]
    found = {"probs": probs, "means": means, "precision": precision, "recall": recall, "f1": f1, "support": support}
    found = {name: np.array(value, dtype=np.float32) for name, value in found.items()}
    return found | {"labels": labels.astype(np.uint32)}


def main(out):
    k = 1 + np.floor(4 * (1 + uniform(4000, (60, 4), 1).astype(float)))
    k[:, 2] = 1
    four = (k / k.sum(axis=1, keepdims=True)).astype(np.float32)
    first = np.floor(5 * (1 + uniform(4002, (40,), 1).astype(float))) / 10
    two = np.stack([first, 1 - first], axis=1).astype(np.float32)
    labels = lambda seed, n, classes: np.floor((uniform(seed, (n,), 1).astype(float) + 1) / 2 * classes).astype(int)
    sets = {"four": metrics(four, labels(4001, 60, 3)), "two": metrics(two, labels(4003, 40, 2))}
    save_file({f"{name}.{key}": value for name, found in sets.items() for key, value in found.items()}, out)
    for name, found in sets.items():
        print(name, found["means"], "support", found["support"], "precision", found["precision"])


main(*sys.argv[1:])
