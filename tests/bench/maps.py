#!/usr/bin/env python3
"""How good maps are, and what they take: maps.py [--peers] [--large] [--write].

On the labelled sets of $KCLUST_TEST_DATA:

kept   the share of a row's 15 nearest neighbours, by the cosine, that are among the 15 nearest on the map
label  the share of the rows whose label most of the 10 nearest rows on the map have
rho    Spearman's rank correlation of the distances of 20,000 random pairs
new    the same as label, for a fifth of the rows that `map -m` places on a map of the others

Then whole runs on planted sets of 20,000 and 100,000 rows; --large adds 1,000,000. --peers runs scikit-learn's t-SNE
beside, with the same perplexity and all its other defaults. --write keeps the figures in RESULTS.md."""

import os
import re
import subprocess
import sys
import tempfile
import time

import numpy as np
from scipy.stats import spearmanr
from sklearn.neighbors import NearestNeighbors

import bench
import graph
import spaces

WAYS = [("t-SNE", []), ("exaggeration 4", ["--exaggeration", "4"]), ("components", ["--method", "pca"]),
        ("t-SNE, 3-D", ["--components", "3"])]
SIZES = {"20,000 x 768": (20000, 768, 30, 2.0), "100,000 x 384": (100000, 384, 30, 2.0)}
LARGE = {"1,000,000 x 384": (1000000, 384, 2000, 1.5)}


def read_set(folder):
    """The rows that are not zero as unit vectors, and their labels as numbers."""
    x = np.load(os.path.join(folder, "vectors.npy")).astype("f8")
    with open(os.path.join(folder, "labels.txt"), encoding="utf-8") as f:
        labels = np.unique(f.read().split("\n")[:len(x)], return_inverse=True)[1]
    length = np.linalg.norm(x, axis=1)
    return x[length > 0] / length[length > 0, None], labels[length > 0]


def nearest(x, k):
    """The k nearest other rows of each."""
    found = NearestNeighbors(n_neighbors=k + 1).fit(x).kneighbors(x, return_distance=False)
    return np.array([[j for j in near if j != i][:k] for i, near in enumerate(found)])


def votes(near, labels):
    """What most of the near rows have, for each list of them."""
    return np.array([np.bincount(labels[i]).argmax() for i in near])


def judge(xy, x, near, labels):
    """The figures kept, label and rho of a map."""
    on_map = nearest(xy, 15)
    kept = np.mean([len(set(a) & set(b)) / 15 for a, b in zip(near, on_map)])
    pairs = np.random.default_rng(0).integers(0, len(x), (20000, 2))
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    rho = spearmanr(1 - (x[pairs[:, 0]] * x[pairs[:, 1]]).sum(1),
                    np.linalg.norm(xy[pairs[:, 0]] - xy[pairs[:, 1]], axis=1))[0]
    return kept, np.mean(votes(on_map[:, :10], labels) == labels), rho


def kclust_map(options, path, out):
    """Seconds, the peak of memory, and what kclust says of a run."""
    began = time.monotonic()
    done = subprocess.run([spaces.KCLUST, "map", *options, "-o", out, path], stderr=subprocess.PIPE, check=False)
    last = done.stderr.decode().strip().split("\n")[-1]
    if done.returncode != 0:
        raise SystemExit("kclust map %s: %s" % (" ".join(options), last))
    return time.monotonic() - began, re.search(r"peak (.*)", last).group(1), last


def place_new(x, labels, tmp):
    """How well a fifth of the rows agrees with the others, on whose map it is placed."""
    new = np.random.default_rng(0).random(len(x)) < 0.2
    names = [os.path.join(tmp, name) for name in ("old.npy", "new.npy", "old.map", "a.npy", "b.npy")]
    np.save(names[0], x[~new].astype("f4"))
    np.save(names[1], x[new].astype("f4"))
    kclust_map(["--save-map", names[2]], names[0], names[3])
    kclust_map(["-m", names[2]], names[1], names[4])
    near = NearestNeighbors(n_neighbors=10).fit(np.load(names[3])).kneighbors(np.load(names[4]), return_distance=False)
    return np.mean(votes(near, labels[~new]) == labels[new])


def sklearn_map(x):
    """scikit-learn's t-SNE and its seconds."""
    from sklearn.manifold import TSNE  # pylint: disable=import-outside-toplevel
    began = time.monotonic()
    xy = TSNE(perplexity=22, init="pca", learning_rate="auto", random_state=0).fit_transform(x.astype("f4"))
    return xy.astype("f8"), time.monotonic() - began


def measure_set(name, folder, tmp, say):
    """Print the figures of all ways on one set."""
    x, labels = read_set(folder)
    near = nearest(x, 15)
    say("%s, %d x %d: label in the space %.3f" % (name, *x.shape, np.mean(votes(near[:, :10], labels) == labels)))
    path, out = os.path.join(tmp, "x.npy"), os.path.join(tmp, "xy.npy")
    np.save(path, x.astype("f4"))
    for what, options in WAYS:
        seconds = kclust_map(options, path, out)[0]
        figures = judge(np.load(out).astype("f8"), x, near, labels)
        new = "%6.3f" % place_new(x, labels, tmp) if not options else ""
        say("  %-20s %6.3f %6.3f %6.3f %6s %8.2f" % (what, *figures, new, seconds))
    if "--peers" in sys.argv and len(x) < 15000:
        xy, seconds = sklearn_map(x)
        say("  %-20s %6.3f %6.3f %6.3f %6s %8.2f" % ("scikit-learn", *judge(xy, x, near, labels), "", seconds))


def main():
    """Print a table, and keep it with --write."""
    lines = []

    def say(line):
        lines.append(line)
        print(line, flush=True)

    data = os.environ.get("KCLUST_TEST_DATA")
    say("%-22s %6s %6s %6s %6s %8s" % ("", "kept", "label", "rho", "new", "wall s"))
    with tempfile.TemporaryDirectory(prefix="kclust-bench.") as tmp:
        for name in sorted(os.listdir(data)) if data else []:
            folder = os.path.join(data, name)
            if all(os.path.exists(os.path.join(folder, f)) for f in ("vectors.npy", "labels.txt")):
                measure_set(name, folder, tmp, say)
        if not data:
            print("KCLUST_TEST_DATA is not set: there are no labelled sets")
        for name, shape in dict(SIZES, **LARGE if "--large" in sys.argv else {}).items():
            path = os.path.join(tmp, "x.npy")
            graph.plant(path, *shape)
            near = graph.run(["neighbours", "--neighbours", "32"], path)[0]
            seconds, peak, said = kclust_map([], path, os.path.join(tmp, "xy.npy"))
            say("%s: %.2f s, with its neighbours, which `neighbours` takes %.2f s for; peak %s" % (name, seconds, near, peak))
            say("  " + said.split(" on a map, ")[1].split(", peak")[0])
    if "--write" in sys.argv:
        bench.store([("maps: kept neighbours, labels, distances, and time", lines)])


if __name__ == "__main__":
    main()
