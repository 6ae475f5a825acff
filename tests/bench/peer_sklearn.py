#!/usr/bin/env python3
"""What users of scikit-learn write to do the work of `kclust`: the other side of the comparison.

    peer_sklearn.py INPUT KS N_INIT [--silhouette own|linear|none] [--minibatch] [--keep LABELS.npy] > labels.tsv

INPUT is JSONL ({"term", "vec"} a line), plain or .gz, or .npy. KS is MIN:MAX or a list with commas. The silhouette is
scikit-learn's own, or one of two dozen lines of numpy that costs no n x n distances (see linear_silhouette), or not
computed: then the labels are those of the last k. --keep stores the labels of every k, (number of k, n), for the
objectives. The seconds of the parts, and of the training of each k, go to standard error as one line of JSON.
"""

import argparse
import gzip
import json
import sys
import time

import numpy as np
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import normalize


def read(path):
    if path.endswith(".npy"):
        x = np.load(path)
        return [str(i) for i in range(len(x))], x
    terms, rows = [], []
    with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8") as f:
        for line in f:
            record = json.loads(line)
            terms.append(record["term"])
            rows.append(record["vec"])
    return terms, np.array(rows, dtype=np.float32)


def linear_silhouette(x, labels):
    """The cosine silhouette of unit rows x (n, d) float32, from the clusters' sums: one n x k x d product."""
    sizes = np.bincount(labels)
    order = np.argsort(labels, kind="stable")
    sums = np.add.reduceat(x[order], np.cumsum(sizes) - sizes, axis=0)
    rows = np.arange(len(x))
    similarity = x @ sums.T
    own = sizes[labels]
    a = (own - similarity[rows, labels]) / np.maximum(own - 1, 1)
    similarity /= -sizes.astype(np.float32)
    similarity += 1
    similarity[rows, labels] = np.inf
    b = similarity.min(axis=1)
    s = (b - a) / np.maximum(np.maximum(a, b), np.finfo(np.float32).tiny)
    s[own == 1] = 0
    return s.mean()


def cosine_silhouette(x, labels):
    return silhouette_score(x, labels, metric="cosine")


def options():
    a = argparse.ArgumentParser()
    a.add_argument("input")
    a.add_argument("ks")
    a.add_argument("n_init", type=int)
    a.add_argument("--silhouette", choices=("own", "linear", "none"), default="own")
    a.add_argument("--minibatch", action="store_true")
    a.add_argument("--keep")
    o = a.parse_args()
    low, colon, high = o.ks.partition(":")
    o.ks = list(range(int(low), int(high) + 1)) if colon else list(map(int, o.ks.split(",")))
    return o


def main():
    o = options()
    score_of = {"own": cosine_silhouette, "linear": linear_silhouette, "none": None}[o.silhouette]
    model = MiniBatchKMeans if o.minibatch else KMeans

    started = time.perf_counter()
    terms, x = read(o.input)
    some = np.any(x != 0, axis=1)
    if not some.all():
        terms = [t for t, s in zip(terms, some) if s]
        x = x[some]
    x = normalize(x)
    seconds = {"read": time.perf_counter() - started, "train": 0.0, "silhouette": 0.0}

    best, best_labels, kept, trained = -2.0, None, [], {}
    for k in o.ks:
        started = time.perf_counter()
        labels = model(k, n_init=o.n_init, random_state=0).fit_predict(x)
        trained[k] = time.perf_counter() - started
        seconds["train"] += trained[k]
        started = time.perf_counter()
        score = score_of(x, labels) if score_of else best
        seconds["silhouette"] += time.perf_counter() - started
        if score > best or not score_of:
            best, best_labels = score, labels
        kept.append(labels)

    for term, label in zip(terms, best_labels):
        print(term, label, sep="\t")
    if o.keep:
        np.save(o.keep, np.array(kept, dtype=np.int32))
    print(json.dumps({"seconds": seconds, "trained": trained}), file=sys.stderr)


if __name__ == "__main__":
    main()
