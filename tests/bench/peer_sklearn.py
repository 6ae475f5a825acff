#!/usr/bin/env python3
"""What users of scikit-learn write to do the work of `kclust`: the other side of the comparison.

    peer_sklearn.py INPUT KMIN:KMAX N_INIT > labels.tsv

INPUT is JSONL ({"term", "vec"} a line), plain or .gz, or .npy. The seconds of the parts go to standard error, as one
line of JSON.
"""

import gzip
import json
import sys
import time

import numpy as np
from sklearn.cluster import KMeans
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


def main():
    path = sys.argv[1]
    k_min, k_max = map(int, sys.argv[2].split(":"))
    n_init = int(sys.argv[3])

    started = time.perf_counter()
    terms, x = read(path)
    some = np.any(x != 0, axis=1)
    if not some.all():
        terms = [t for t, s in zip(terms, some) if s]
        x = x[some]
    x = normalize(x)
    seconds = {"read": time.perf_counter() - started, "kmeans": 0.0, "silhouette": 0.0}

    best, best_labels = -2.0, None
    for k in range(k_min, k_max + 1):
        started = time.perf_counter()
        labels = KMeans(k, n_init=n_init, random_state=0).fit_predict(x)
        seconds["kmeans"] += time.perf_counter() - started
        started = time.perf_counter()
        score = silhouette_score(x, labels, metric="cosine")
        seconds["silhouette"] += time.perf_counter() - started
        if score > best:
            best, best_labels = score, labels

    for term, label in zip(terms, best_labels):
        print(term, label, sep="\t")
    print(json.dumps(seconds), file=sys.stderr)


if __name__ == "__main__":
    main()
