"""Compare -k K with limits of sizes, and --balanced, with scipy: on random problems that are feasible.

    check.py [PROBLEMS]     60 by default

scipy's linear_sum_assignment gives rows to K x max slots, of which K x min must be filled. For kclust's own centroids,
it finds no better assignment; and Lloyd's algorithm with it, from three starts, comes to no larger objective."""

import os
import subprocess
import sys
import tempfile

import numpy as np
from scipy.optimize import linear_sum_assignment

KCLUST = os.path.abspath(os.environ.get("KCLUST") or "./kclust")
SEED = int(os.environ.get("KCLUST_TEST_SEED") or 20261129)
STARTS = 3
MUST = 16.0  # more than all similarities together can bring a row: slots below min are filled first


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def assign(similarity, least, most):
    """The best assignment with least..most rows in each cluster."""
    n, k = similarity.shape
    bonus = np.where(np.arange(most) < least, MUST, 0.0)
    slots = (similarity[:, :, None] + bonus).reshape(n, k * most)
    rows, slot = linear_sum_assignment(-slots)
    labels = np.empty(n, dtype=np.int64)
    labels[rows] = slot // most
    return labels


def sums(x, labels, k):
    out = np.zeros((k, x.shape[1]))
    np.add.at(out, labels, x)
    return out


def objective(x, labels, k):
    return np.linalg.norm(sums(x, labels, k), axis=1).sum()


def lloyd(rng, x, k, least, most):
    centres, last = x[rng.choice(len(x), k, replace=False)], -1.0
    for _ in range(100):
        labels = assign(x @ centres.T, least, most)
        now = objective(x, labels, k)
        if now <= last * (1 + 1e-12):
            break
        last, centres = now, unit(sums(x, labels, k))
    return last


def run(path, options):
    p = subprocess.run([KCLUST, "-q", *options, path], capture_output=True, text=True, check=False)
    return p.returncode, np.array([int(line.split("\t")[1]) for line in p.stdout.splitlines()]), p.stderr.strip()


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    rng = np.random.default_rng(SEED)
    passed = failed = 0
    gains = []
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "x.npy")
        for number in range(count):
            n, d, centres = int(rng.integers(10, 500)), int(rng.integers(2, 20)), int(rng.integers(1, 8))
            k = int(rng.integers(2, min(n // 2, 20) + 1))
            least, most = n // k, -(-n // k)
            options = ["-k", str(k), "--balanced"]
            if number % 4:
                least, most = int(rng.integers(max(1, least // 2), least + 1)), int(rng.integers(most, 2 * most + 1))
                options = ["-k", str(k), "--min-size", str(least), "--max-size", str(most)]
            x = rng.normal(size=(centres, d))[rng.integers(centres, size=n)]
            x = (x + rng.normal(size=(n, d)) * rng.uniform(0.1, 1)).astype(np.float32)
            np.save(path, x)
            x = unit(x.astype(np.float64))
            code, labels, said = run(path, options)
            sizes = np.bincount(labels, minlength=k)
            wrong = ""
            if code or len(labels) != n or len(sizes) != k or sizes.min() < least or sizes.max() > most:
                wrong = "exit %d, sizes %s %s" % (code, sizes, said)
            else:
                similarity = x @ unit(sums(x, labels, k)).T
                mine, best = (similarity[np.arange(n), a].sum() for a in (labels, assign(similarity, least, most)))
                peer = max(lloyd(rng, x, k, least, most) for _ in range(STARTS))
                gains.append(objective(x, labels, k) / peer - 1)
                if best > mine + 1e-5:
                    wrong = "its assignment is worth %.9g, the best one %.9g" % (mine, best)
                elif gains[-1] < -1e-9:
                    wrong = "its objective is below Lloyd's by %.3g" % -gains[-1]
            passed += not wrong
            failed += bool(wrong)
            if wrong:
                print("FAIL sizes: problem %d (seed %d): %d rows x %d, %s: %s" % (
                    number, SEED, n, d, " ".join(options), wrong))
    if gains:
        print("objective above that of Lloyd's with linear_sum_assignment, best of %d starts: by %.2f %% in the mean, "
              "%.2f %% at least, %.2f %% at most" % (STARTS, *(100 * f(gains) for f in (np.mean, min, max))))
    print("sizes: %d passed, %d failed, 0 skipped" % (passed, failed))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
