#!/usr/bin/env python3
"""What neighbours, density and trees take: graph.py [--write] [--large] times whole runs of kclust on planted sets, 30
centres with noise of twice their length, on all cores. --large adds 1,000,000 rows. --peers adds scipy's trees, which
take 2 GB of memory for 20,000 rows."""

import os
import re
import subprocess
import sys
import tempfile
import time

import numpy as np

import bench
import spaces

SETS = {"20,000 x 768": (20000, 768, 30, 2.0), "100,000 x 384": (100000, 384, 30, 2.0)}
LARGE = {"1,000,000 x 384": (1000000, 384, 2000, 1.5)}
RUNS = {
    "20,000 x 768": [("32 neighbours, exact", ["neighbours", "--neighbours", "32", "-f", "npy"]),
                     ("hdbscan", ["--algorithm", "hdbscan"]),
                     ("hdbscan in graph", ["--algorithm", "hdbscan", "--space", "graph"]),
                     ("k-means in graph, k = 30", ["-k", "30", "--space", "graph"]),
                     ("ward, k = 30", ["--algorithm", "ward", "-k", "30"]),
                     ("average, k = 30", ["--algorithm", "average", "-k", "30"])],
    "100,000 x 384": [("32 neighbours, exact", ["neighbours", "--neighbours", "32", "-f", "npy"]),
                      ("32 neighbours, recall 0.97", ["neighbours", "--neighbours", "32", "-f", "npy", "--recall", "0.97"]),
                      ("hdbscan", ["--algorithm", "hdbscan"]),
                      ("ward of 1,000 cells, k = 30", ["--algorithm", "ward", "-k", "30", "--two-stage", "1000"])],
    "1,000,000 x 384": [("15 neighbours, by cells", ["neighbours", "--neighbours", "15", "-f", "npy"])],
}


def plant(path, n, d, centres, noise):
    """Write an npy file of n rows."""
    rng = np.random.default_rng(1)
    c = rng.standard_normal((centres, d), dtype="f4")
    c /= np.linalg.norm(c, axis=1)[:, None]
    out = np.lib.format.open_memmap(path, "w+", "f4", (n, d))
    for i in range(0, n, 50000):
        m = min(50000, n - i)
        z = rng.standard_normal((m, d), dtype="f4")
        out[i:i + m] = c[rng.integers(centres, size=m)] + noise * z / np.linalg.norm(z, axis=1)[:, None]


def run(options, path):
    """Seconds, the peak of memory as kclust tells it, and what it found."""
    began = time.monotonic()
    done = subprocess.run([spaces.KCLUST, *options, "-o", path + ".out.npy", "-f", "npy", path], stderr=subprocess.PIPE,
                          check=False)
    last = done.stderr.decode().strip().split("\n")[-1]
    if done.returncode != 0:
        raise SystemExit("kclust %s: %s" % (" ".join(options), last))
    found = re.search(r"k = \d+|recall [0-9.]+|exact", last).group()
    return time.monotonic() - began, re.search(r"peak (.*)", last).group(1), found


def run_scipy(path, how):
    """Seconds of scipy's tree with its distances."""
    from scipy.cluster.hierarchy import linkage  # pylint: disable=import-outside-toplevel
    x = np.load(path).astype("f8")
    x /= np.linalg.norm(x, axis=1)[:, None]
    began = time.monotonic()
    linkage(x, how, metric="cosine" if how == "average" else "euclidean")
    return time.monotonic() - began


def main():
    """Print a table, and keep it with --write."""
    lines = ["%-32s %8s %9s" % ("", "wall s", "peak")]
    sets = dict(SETS, **LARGE) if "--large" in sys.argv else SETS
    with tempfile.TemporaryDirectory(prefix="kclust-bench.") as tmp:
        for name, shape in sets.items():
            path = os.path.join(tmp, "x.npy")
            plant(path, *shape)
            lines.append(name)
            for what, options in RUNS[name]:
                lines.append("  %-30s %8.2f %9s   %s" % (what, *run(options, path)))
                print(lines[-1], flush=True)
            if "--peers" in sys.argv and shape[0] <= 20000:
                for how in "ward", "average":
                    lines.append("  %-30s %8.2f" % ("scipy %s" % how, run_scipy(path, how)))
                    print(lines[-1], flush=True)
    if "--write" in sys.argv:
        bench.store([("graph: neighbours, density and trees", lines)])


if __name__ == "__main__":
    main()
