#!/usr/bin/env python3
"""How well the clusters of kclust's spaces agree with labels: spaces.py [SPACE]... prints, for each labelled set of
build/bench/sets (sets.py makes them) and of $KCLUST_TEST_DATA, ARI/AMI at the true number of clusters, over all rows,
and over 77 % of them that purity or the margin leaves in; and means at the end."""

import glob
import os
import subprocess
import sys

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KCLUST = os.path.abspath(os.environ.get("KCLUST") or os.path.join(ROOT, "kclust"))
SPACES = ["cosine", "graph:40", "graph:10", "pca:50", "svd:50"]
COVERAGE = 0.77


def labelled_sets():
    """Folders with vectors.npy and labels.txt."""
    folders = [os.path.join(ROOT, "build", "bench", "sets"), os.environ.get("KCLUST_TEST_DATA")]
    return [os.path.dirname(p) for f in folders if f for p in sorted(glob.glob(os.path.join(f, "*", "labels.txt")))]


def figures_of(path, k, space):
    """Clusters, margins and purities of the rows."""
    text = subprocess.run([KCLUST, "-q", "-k", str(k), "--space", space, "--on-bad", "skip", "--columns",
                           "row,cluster,margin,purity", path], stdout=subprocess.PIPE, check=True).stdout
    return np.array([[float(x or "nan") for x in line.split(b"\t")] for line in text.split(b"\n")[:-1]]).T


def agreement(gold, cluster):
    """ARI and AMI."""
    return adjusted_rand_score(gold, cluster), adjusted_mutual_info_score(gold, cluster)


def main():
    """Print a line for each set."""
    spaces = sys.argv[1:] or SPACES
    every = []
    for folder in labelled_sets():
        with open(os.path.join(folder, "labels.txt"), encoding="utf-8") as f:
            gold = np.array(f.read().split("\n")[:-1])
        line, text = [], []
        for space in spaces:
            row, cluster, margin, purity = figures_of(os.path.join(folder, "vectors.npy"), len(set(gold)), space)
            truth, most = gold[row.astype(int)], int(COVERAGE * len(row))
            found = [agreement(truth, cluster)]
            for doubt in margin, purity + 1e-6 * margin:
                kept = np.argsort(-doubt, kind="stable")[:most]
                found.append(agreement(truth[kept], cluster[kept]))
            line.append(found)
            text.append(" ".join("%.2f/%.2f" % f for f in found))
        every.append(line)
        print("%-18s %s" % (os.path.basename(folder), "  | ".join(text)), flush=True)
    for space, mean in zip(spaces, np.mean(every, axis=0)):
        print("%-9s all %.3f/%.3f, by margin %.3f/%.3f, by purity %.3f/%.3f" % (space, *mean.ravel()))


if __name__ == "__main__":
    main()
