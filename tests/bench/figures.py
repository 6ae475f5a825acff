"""The figures of a clustering, computed in float64 from the unit rows and the labels.

Everything comes from the clusters' sums S_c: with unit rows the mean cosine distance of x to cluster c is
1 - x.S_c / n_c, so that no n x n matrix is needed. tests/sklearn/check.py compares these with scikit-learn's.

Rows are either an array (n, d) of float64 unit rows, or a UnitRows, which makes them a block at a time from a matrix
of any size.
"""

import numpy as np

BLOCK = 1 << 23  # numbers in a block: 64 MiB as float64


def has_direction(x):
    """For each row: is any number of it not zero?"""
    return np.any(x != 0, axis=1)


def without_zero_rows(x):
    """The rows that have a direction."""
    return x[has_direction(x)]


def unit(x):
    """The rows of x (n, d) as float64 unit vectors. No row may be zero."""
    x = np.asarray(x, dtype=np.float64)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


class UnitRows:
    """The rows of x that have a direction, as float64 unit vectors, made when they are asked for. x may be mapped
    from a file."""

    def __init__(self, x):
        self.x = x
        self.height = max(1, BLOCK // x.shape[1])
        good = [has_direction(x[i:i + self.height]) for i in range(0, len(x), self.height)]
        self.rows = None if all(map(np.all, good)) else np.flatnonzero(np.concatenate(good))

    def __len__(self):
        return len(self.x) if self.rows is None else len(self.rows)

    def blocks(self):
        """Pairs of the first row's number and a block of rows."""
        for i in range(0, len(self), self.height):
            part = slice(i, i + self.height)
            yield i, unit(self.x[part] if self.rows is None else self.x[self.rows[part]])

    def array(self):
        """All of them at once."""
        return np.concatenate([block for _, block in self.blocks()])


def blocks(x):
    """Pairs of the first row's number and a block of rows, of an array or of a UnitRows."""
    if hasattr(x, "blocks"):
        yield from x.blocks()
        return
    height = max(1, BLOCK // x.shape[1])
    for i in range(0, len(x), height):
        yield i, x[i:i + height]


def sums(x, labels):
    """The sums (k, d) and the sizes (k) of the clusters 0..k-1. A cluster may be empty."""
    if len(labels) != len(x):
        raise ValueError("%d labels for %d rows" % (len(labels), len(x)))
    sizes = np.bincount(labels)
    s = 0.0
    for start, block in blocks(x):
        own = labels[start:start + len(block)]
        order = np.argsort(own, kind="stable")
        found, first = np.unique(own[order], return_index=True)
        part = np.zeros((len(sizes), block.shape[1]))
        part[found] = np.add.reduceat(block[order], first, axis=0)
        s = s + part
    return s, sizes


def objective(x, labels):
    """Sum of the rows' similarities to their own centroid: sum |S_c|."""
    s, _ = sums(x, labels)
    return float(np.linalg.norm(s, axis=1).sum())


def inertia(x, labels):
    """Sum of the squared distances to the cluster's mean: n - sum |S_c|^2 / n_c."""
    s, sizes = sums(x, labels)
    return float(len(x) - (np.square(s).sum(axis=1) / np.maximum(sizes, 1)).sum())


def silhouettes_from(x, labels, s, sizes):
    """The cosine silhouette of each row, from the sums and the sizes of the clusters."""
    found = np.empty(len(x))
    some = np.maximum(sizes, 1)
    for start, block in blocks(x):
        label = labels[start:start + len(block)]
        rows = np.arange(len(block))
        similarity = block @ s.T
        own = sizes[label]
        a = (own - similarity[rows, label]) / np.maximum(own - 1, 1)
        distance = 1.0 - similarity / some
        distance[:, sizes == 0] = np.inf
        distance[rows, label] = np.inf
        a, b = np.maximum(a, 0.0), np.maximum(distance.min(axis=1), 0.0)
        larger = np.maximum(a, b)
        found[start:start + len(block)] = np.where(
            (own > 1) & (larger > 0), (b - a) / np.where(larger > 0, larger, 1.0), 0.0)
    return found


def row_silhouettes(x, labels):
    """The cosine silhouette of each row: 0 in a cluster of one."""
    return silhouettes_from(x, labels, *sums(x, labels))


def silhouette(x, labels):
    """The mean cosine silhouette."""
    return float(row_silhouettes(x, labels).mean())


def both(x, labels):
    """The objective and the mean silhouette, with one pass for the sums."""
    s, sizes = sums(x, labels)
    return float(np.linalg.norm(s, axis=1).sum()), float(silhouettes_from(x, labels, s, sizes).mean())
