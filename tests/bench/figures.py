"""The figures of a clustering, computed in float64 from the unit rows and the labels.

Everything comes from the clusters' sums S_c: with unit rows the mean cosine distance of x to cluster c is
1 - x.S_c / n_c, so that no n x n matrix is needed. tests/sklearn/check.py compares these with scikit-learn's.
"""

import numpy as np


def without_zero_rows(x):
    """The rows that have a direction."""
    return x[np.any(x != 0, axis=1)]


def unit(x):
    """The rows of x (n, d) as float64 unit vectors. No row may be zero."""
    x = np.asarray(x, dtype=np.float64)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def sums(x, labels):
    """The sums (k, d) and the sizes (k) of the clusters 0..k-1."""
    k = int(labels.max()) + 1
    s = np.stack([x[labels == c].sum(axis=0) for c in range(k)])
    return s, np.bincount(labels, minlength=k)


def objective(x, labels):
    """Sum of the rows' similarities to their own centroid: sum |S_c|."""
    s, _ = sums(x, labels)
    return float(np.linalg.norm(s, axis=1).sum())


def inertia(x, labels):
    """Sum of the squared distances to the cluster's mean: n - sum |S_c|^2 / n_c."""
    s, sizes = sums(x, labels)
    return float((x * x).sum() - (np.square(s).sum(axis=1) / sizes).sum())


def row_silhouettes(x, labels):
    """The cosine silhouette of each row: 0 in a cluster of one."""
    s, sizes = sums(x, labels)
    rows = np.arange(len(x))
    similarity = x @ s.T
    own = sizes[labels]
    a = (own - similarity[rows, labels]) / np.maximum(own - 1, 1)
    distance = 1.0 - similarity / sizes
    distance[rows, labels] = np.inf
    a, b = np.maximum(a, 0.0), np.maximum(distance.min(axis=1), 0.0)
    larger = np.maximum(a, b)
    return np.where((own > 1) & (larger > 0), (b - a) / np.where(larger > 0, larger, 1.0), 0.0)


def silhouette(x, labels):
    """The mean cosine silhouette."""
    return float(row_silhouettes(x, labels).mean())
