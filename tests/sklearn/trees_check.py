"""Trees and their cuts against scipy: heights, sizes, and the clusters of cuts by k and by height."""

import os

import numpy as np
from scipy.cluster import hierarchy
from sklearn.metrics import adjusted_rand_score

from tool import Fit

SAME = 1e-6  # kclust's unit rows are floats
MOST = 3000  # rows: scipy needs all distances


def peer_tree(unit, name):
    """scipy's linkage matrix."""
    if name == "ward":
        return hierarchy.linkage(unit, "ward")
    return hierarchy.linkage(unit, name, "cosine")


def widest_gap(heights, low, high):
    """The place of the widest gap between neighbouring heights, so that rounding does not matter."""
    gaps = np.diff(heights)[low:high]
    return low + int(np.argmax(gaps))


def trees(tally, s, folder, args):
    """All four linkages."""
    n = len(s.unit)
    if n > MOST or n < 20:
        return
    path = os.path.join(folder, "tree.npy")
    for name in "ward", "average", "complete", "single":
        title = "%s: --algorithm %s" % (s.name, name)
        want = peer_tree(s.unit, name)
        Fit(folder, [s.file], [*args, "--algorithm", name, "-k", 2, "--tree", path])
        got = np.load(path)
        tally.check(title + ": is a linkage", hierarchy.is_valid_linkage(got))
        tally.near(title + ": heights", got[:, 2], want[:, 2], SAME)
        for low, high in (n // 2, n - 50), (n - 19, n - 3):
            if low >= high:
                continue
            at = widest_gap(want[:, 2], low, high)
            height, k = (want[at, 2] + want[at + 1, 2]) / 2, n - 1 - at
            theirs = hierarchy.fcluster(want, height, "distance")
            for how in ["-k", k], ["--cut", repr(float(height))]:
                fit = Fit(folder, [s.file], [*args, "--algorithm", name, *how])
                tally.check("%s: %s" % (title, how[0]), len(set(fit.labels)) == k and
                            adjusted_rand_score(theirs, fit.labels) > 1 - 1e-9,
                            "%d clusters, expected %d, ARI %g" % (len(set(fit.labels)), k,
                                                                  adjusted_rand_score(theirs, fit.labels)))
