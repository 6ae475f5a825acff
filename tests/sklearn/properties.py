"""What has to be true of any clustering that kclust writes, checked against scikit-learn on kclust's own labels."""

import os
import sys

import numpy as np
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_samples
from sklearn.metrics.pairwise import cosine_distances

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "bench"))
import figures

FULL = 4000      # rows up to which scikit-learn's n x n silhouettes are quick enough
SAMPLE = 400     # rows that are judged one by one on longer sets
COLUMN = 5e-6    # similarity, margin: six decimals of a sum of up to 4,096 products in float32


def shape(tally, name, s, fit):
    """n, k, dim; terms, rows and their order; sizes and the order of the ids."""
    side, labels, k = fit.side, fit.labels, fit.side["k"]
    tally.check(name + ": n and dim", (side["n"], side["dim"]) == s.unit.shape, str((side["n"], side["dim"])))
    tally.check(name + ": the rows in input order", np.array_equal(fit.rows, s.rows))
    tally.check(name + ": the terms in input order", fit.terms == [s.terms[i] for i in s.rows])
    tally.check(name + ": skipped", side["skipped"] == len(s.x) - len(s.rows), repr(side["skipped"]))
    tally.check(name + ": ids are 0..k-1", sorted(set(labels.tolist())) == list(range(k)), "k %r" % k)
    tally.check(name + ": clusters in the order of the ids", [c["id"] for c in side["clusters"]] == list(range(k)))
    sizes = np.bincount(labels, minlength=k)
    tally.check(name + ": sizes", [c["size"] for c in side["clusters"]] == sizes.tolist())
    first = [int(np.argmax(labels == c)) for c in range(k)]
    order = sorted(range(k), key=lambda c: (-sizes[c], first[c]))
    tally.check(name + ": ids by falling size, then earliest member", order == list(range(k)), str(order))


def silhouettes(tally, name, s, fit):
    """Overall, of each cluster and of each row, against silhouette_samples, whose mean is silhouette_score; on long
    sets scikit-learn's distances judge a sample of the rows, and the sums in tests/bench/figures.py the rest."""
    x, labels, k = s.unit, fit.labels, fit.side["k"]
    if len(x) <= FULL:
        rows = silhouette_samples(x, labels, metric="cosine")
        # Where all of a row's distances are rounding errors, scikit-learn's ratio of them is noise and ours is 0.
        linear = figures.row_silhouettes(x, labels)
        noise = np.abs(rows - linear) > 1e-9
        if noise.any():
            sizes = np.bincount(labels, minlength=k)
            d = cosine_distances(x[noise], x)
            own = np.array([d[i, labels == c].sum() / max(sizes[c] - 1, 1) for i, c in enumerate(labels[noise])])
            tally.check(name + ": figures.py equals scikit-learn but for rounding errors", bool((own < 1e-12).all()))
            rows[noise] = linear[noise]
    else:
        rows = figures.row_silhouettes(x, labels)
        some = np.random.default_rng(0).choice(len(x), SAMPLE, replace=False)
        d = cosine_distances(x[some], x)
        sizes = np.bincount(labels, minlength=k)
        total = np.stack([d[:, labels == c].sum(axis=1) for c in range(k)], axis=1)
        own, at = labels[some], np.arange(SAMPLE)
        a = total[at, own] / np.maximum(sizes[own] - 1, 1)
        total /= sizes
        total[at, own] = np.inf
        b = total.min(axis=1)
        judged = np.where(sizes[own] > 1, (b - a) / np.maximum(a, b), 0.0)
        tally.near(name + ": silhouettes of sampled rows", fit.silhouette[some], judged, 1e-5)
    tally.near(name + ": silhouette", fit.side["silhouette"], rows.mean(), 1e-6)
    tally.near(name + ": silhouette of each cluster", [c["silhouette"] for c in fit.side["clusters"]],
               [rows[labels == c].mean() for c in range(k)], 1e-6)
    tally.near(name + ": silhouette of each row", fit.silhouette, rows, 1e-5)


def centroids(tally, name, s, fit, nearest):
    """Cohesion, similarity, margin, representative; and, where no size limit moved rows, every row is with the
    centroid that is nearest to it."""
    x, labels, k = s.unit, fit.labels, fit.side["k"]
    total, sizes = figures.sums(x, labels)
    length = np.linalg.norm(total, axis=1)
    similarity = x @ (total / length[:, None]).T
    at = np.arange(len(x))
    own = similarity[at, labels]
    clusters = fit.side["clusters"]
    tally.near(name + ": cohesion", [c["cohesion"] for c in clusters], length / sizes, 1e-6)
    tally.near(name + ": similarity", fit.similarity, own, COLUMN)
    if k > 1:
        others = similarity.copy()
        others[at, labels] = -np.inf
        margin = own - others.max(axis=1)
        tally.near(name + ": margin", fit.margin, margin, COLUMN)
        if nearest:
            off = np.flatnonzero(margin < -1e-6)
            tally.check(name + ": labels are the arg-max over the centroids", not off.size,
                        "%d rows are elsewhere, row %d by %.3g" % (off.size, s.rows[off[0]], -margin[off[0]])
                        if off.size else "")
    place = {int(r): i for i, r in enumerate(s.rows)}
    for c in clusters:
        i = place[c["representative_row"]]
        best = own[labels == c["id"]].max()
        if labels[i] != c["id"] or own[i] < best - 1e-6 or s.terms[s.rows[i]] != c["representative"]:
            tally.check(name + ": representative", False, "cluster %d: row %d" % (c["id"], s.rows[i]))
            return
    tally.check(name + ": representative", True)


def inertia(x, labels):
    """What scikit-learn calls so: the squared distances to the clusters' means, summed term by term."""
    mean = np.stack([x[labels == c].mean(axis=0) for c in range(int(labels.max()) + 1)])
    return float(np.square(x - mean[labels]).sum())


def sweep(tally, name, s, fit, by):
    """The figures of the k that was chosen, and that it was the best one."""
    x, labels, side = s.unit, fit.labels, fit.side
    tally.near(name + ": objective", side["objective"], figures.objective(x, labels), 1e-6, relative=True)
    tally.near(name + ": inertia", side["inertia"], inertia(x, labels), 1e-6, relative=True)
    entries = {e["k"]: e for e in side["sweep"]}
    tally.check(name + ": the sweep is by rising k", list(entries) == sorted(e["k"] for e in side["sweep"]))
    e = entries.get(side["k_selected"])
    if not tally.check(name + ": the chosen k is in the sweep", e is not None):
        return
    if len(entries) > 1:
        low = by == "davies_bouldin"
        best = (min if low else max)(v[by] for v in entries.values())
        tally.check(name + ": k is the best by " + by, e[by] == best, "k %d has %r, best %r" % (e["k"], e[by], best))
    if side["k"] != side["k_selected"] or side["merged"] or side["split"]:
        return
    if e["k"] > 1:
        tally.near(name + ": silhouette_selected", side["silhouette_selected"], side["silhouette"], 1e-9)
    tally.near(name + ": sweep: objective", e["objective"], figures.objective(x, labels), 1e-6, relative=True)
    if e["k"] > 1:
        tally.near(name + ": sweep: inertia", e["inertia"], inertia(x, labels), 1e-6, relative=True)
        tally.near(name + ": sweep: calinski_harabasz", e["calinski_harabasz"],
                   calinski_harabasz_score(x, labels), 1e-6, relative=True)
        tally.near(name + ": sweep: davies_bouldin", e["davies_bouldin"],
                   davies_bouldin_score(x, labels), 1e-6, relative=True)
        tally.near(name + ": sweep: silhouette", e["silhouette"], figures.silhouette(x, labels), 1e-4)


def all_of(tally, name, s, fit, by="silhouette", nearest=True):
    """Every property of one run."""
    shape(tally, name, s, fit)
    centroids(tally, name, s, fit, nearest)
    if fit.side["k"] > 1:
        silhouettes(tally, name, s, fit)
    else:
        tally.check(name + ": one cluster has no silhouette", fit.side["silhouette"] is None)
    sweep(tally, name, s, fit, by)
