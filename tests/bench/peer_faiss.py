#!/usr/bin/env python3
"""Spherical k-means with Faiss, as its users write it: the other side of the comparison at large k.

    peer_faiss.py INPUT.npy K NITER > labels.tsv

All rows are trained on: max_points_per_centroid, above which Faiss takes a sample, is the number of rows. The seconds
of the parts go to standard error as one line of JSON.
"""

import json
import sys
import time

import faiss
import numpy as np


def main():
    path, k, niter = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])

    started = time.perf_counter()
    x = np.load(path)
    faiss.normalize_L2(x)
    seconds = {"read": time.perf_counter() - started}

    started = time.perf_counter()
    kmeans = faiss.Kmeans(x.shape[1], k, niter=niter, spherical=True, max_points_per_centroid=len(x), seed=1)
    kmeans.train(x)
    seconds["train"] = time.perf_counter() - started

    started = time.perf_counter()
    _, labels = kmeans.index.search(x, 1)
    seconds["assign"] = time.perf_counter() - started

    sys.stdout.write("".join("%d\t%d\n" % pair for pair in enumerate(labels[:, 0])))
    print(json.dumps({"seconds": seconds, "trained": {k: seconds["train"]}}), file=sys.stderr)


if __name__ == "__main__":
    main()
