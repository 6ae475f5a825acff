#!/usr/bin/env python3
"""How well the clusters of kclust's algorithms agree with labels: methods.py [--peers] [--write] prints, for each labelled
set that spaces.py knows, ARI / AMI @ the share of the rows in clusters, and means at the end. --peers adds scikit-learn,
--write keeps the figures in RESULTS.md."""

import os
import subprocess
import sys

import numpy as np

import bench
import spaces

METHODS = [
    ("k-means, true k", ["-k", "K"]),
    ("k-means, k of 2:20 by silhouette", []),
    ("graph, true k", ["-k", "K", "--space", "graph"]),
    ("graph, k of 2:20 by silhouette", ["--space", "graph"]),
    ("ward, true k", ["--algorithm", "ward", "-k", "K"]),
    ("ward of 300 cells, true k", ["--algorithm", "ward", "-k", "K", "--two-stage", "300"]),
    ("ward in graph, true k", ["--algorithm", "ward", "-k", "K", "--space", "graph"]),
    ("average, true k", ["--algorithm", "average", "-k", "K"]),
    ("hdbscan", ["--algorithm", "hdbscan"]),
    ("hdbscan in graph", ["--algorithm", "hdbscan", "--space", "graph"]),
    ("hdbscan in graph, noise to nearest", ["--algorithm", "hdbscan", "--space", "graph", "--noise", "nearest"]),
    ("graph, silhouette's k, purity 0.7", ["--space", "graph", "--min-purity", "0.7"]),
]


def run_kclust(path, options, k):
    """Row numbers and clusters."""
    done = subprocess.run([spaces.KCLUST, "-q", "--on-bad", "skip", "--columns", "row,cluster",
                           *[str(k) if o == "K" else o for o in options], path],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode not in (0, 3):
        raise SystemExit("%s %s: %s" % (path, options, done.stderr.decode()))
    return np.array([line.split(b"\t") for line in done.stdout.split(b"\n")[:-1]]).astype(int).T


def run_peers(path, k):
    """Yield name, row numbers and clusters of scikit-learn's."""
    from sklearn.cluster import AgglomerativeClustering, KMeans  # pylint: disable=import-outside-toplevel
    x = np.load(path).astype("f8")
    row = np.flatnonzero(np.linalg.norm(x, axis=1) > 0)
    x = x[row] / np.linalg.norm(x[row], axis=1)[:, None]
    yield "scikit-learn KMeans, true k", row, KMeans(k, n_init=10, random_state=0).fit_predict(x)
    if len(x) <= 6000:
        yield "scikit-learn ward, true k", row, AgglomerativeClustering(k).fit_predict(x)


def main():
    """Print a line for each set and method."""
    every, lines = {}, []

    def say(text):
        print(text, flush=True)
        lines.append(text)

    for folder in spaces.labelled_sets():
        name, path = os.path.basename(folder), os.path.join(folder, "vectors.npy")
        with open(os.path.join(folder, "labels.txt"), encoding="utf-8") as f:
            gold = np.array(f.read().split("\n")[:-1])
        k = len(set(gold))
        found = [(what, *run_kclust(path, options, k)) for what, options in METHODS]
        if "--peers" in sys.argv:
            found += run_peers(path, k)
        say("%s: %d rows, %d labels" % (name, len(gold), k))
        for what, row, cluster in found:
            truth, inside = gold[row], cluster >= 0
            ari, ami = spaces.agreement(truth[inside], cluster[inside]) if inside.any() else (0, 0)
            every.setdefault(what, []).append((ari, ami, inside.mean()))
            say("  %-36s k %4d  %.3f / %.3f @ %.2f" % (what, len(set(cluster[inside])), ari, ami, inside.mean()))
    say("means")
    for what, figures in every.items():
        say("  %-36s %2d sets %.3f / %.3f @ %.2f" % (what, len(figures), *np.mean(figures, axis=0)))
    if "--write" in sys.argv:
        bench.store([("methods: agreement with labels, ARI / AMI @ share of the rows in clusters", lines)])


if __name__ == "__main__":
    main()
