"""The spaces of kclust fit: principal components and singular vectors against PCA and TruncatedSVD. kclust writes no
coordinates, but the share that they keep, and the silhouette of its labels in them."""

import numpy as np
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.preprocessing import normalize

import figures  # properties puts tests/bench on the path
from tool import Fit

SAME = 1e-6  # kclust's unit rows are floats


def kept_and_coordinates(unit, kind, dims):
    """By scikit-learn: the share kept, and the coordinates scaled to length 1."""
    if kind == "pca":
        peer = PCA(dims, svd_solver="full").fit(unit)
        return peer.explained_variance_ratio_.sum(), normalize(peer.transform(unit))
    if dims == unit.shape[1]:
        return 1.0, unit
    peer = TruncatedSVD(dims, algorithm="arpack", random_state=0).fit(unit)
    return (peer.singular_values_ ** 2).sum() / (unit ** 2).sum(), normalize(unit @ peer.components_.T)


def projections(tally, s, folder, args):
    """The share and the silhouette, with few and with more dimensions."""
    most = s.x.shape[1]
    for kind in "pca", "svd":
        for dims in sorted({min(2, most), min(10, most), min(50, most)}):
            name = "%s: --space %s:%d" % (s.name, kind, dims)
            fit = Fit(folder, [s.file], [*args, "-k", 5, "--n-init", 1, "--space", "%s:%d" % (kind, dims)])
            kept, x = kept_and_coordinates(s.unit, kind, dims)
            tally.near(name + ": kept", fit.side["space"]["kept"], kept, SAME)
            tally.near(name + ": silhouette in the space", fit.side["space"]["silhouette"],
                       figures.silhouette(x, fit.labels), SAME)
            tally.near(name + ": silhouette", fit.side["silhouette"], figures.silhouette(s.unit, fit.labels), SAME)
            tally.check(name + ": dims", fit.side["space"]["dims"] == dims)
