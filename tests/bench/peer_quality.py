#!/usr/bin/env python3
"""How good scikit-learn's clusterings of one set are: a line of JSON for each k.

    peer_quality.py ROWS.npy [KMIN:KMAX] [N_INIT]

The rows are normalised in float32 and clustered by KMeans(n_init=10, random_state=0), as its users do; the figures
are then computed from the labels in float64. All-zero rows are left out.
"""

import json
import sys
import time

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import normalize

import figures


def main():
    rows = np.load(sys.argv[1])
    k_min, k_max = map(int, sys.argv[2].split(":")) if len(sys.argv) > 2 else (2, 20)
    n_init = int(sys.argv[3]) if len(sys.argv) > 3 else 10
    rows = figures.without_zero_rows(rows)
    unit32 = normalize(rows.astype(np.float32))
    unit64 = figures.unit(rows)
    for k in range(k_min, k_max + 1):
        start = time.perf_counter()
        labels = KMeans(k, n_init=n_init, random_state=0).fit_predict(unit32)
        seconds = time.perf_counter() - start
        print(json.dumps({
            "k": k,
            "objective": figures.objective(unit64, labels),
            "inertia": figures.inertia(unit64, labels),
            "silhouette": float(silhouette_score(unit64, labels, metric="cosine")),
            "seconds": seconds,
        }), flush=True)


if __name__ == "__main__":
    main()
