"""Weighted rows: kclust fit --weight-field against KMeans(sample_weight=...), and against the same rows repeated."""

import os

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_score
from sklearn.preprocessing import normalize

import sets
from tool import Fit

COPIES = 4000    # rows of a repeated set up to which scikit-learn's n x n silhouettes are quick enough
FIGURE = 1e-6    # between two ways to work out the same figure, relative


def with_weights(folder, s, weight):
    """The set's JSONL with a field `w`, written so that the same doubles are read."""
    path = os.path.join(folder, "weighted.jsonl")
    lines = sets.jsonl(s.terms, s.x)
    sets.write(path, [('{"w": %r, ' % float(w)).encode("ascii") + line[1:] for w, line in zip(weight, lines)])
    return path


def sums(x, w, labels):
    """The weighted sums of the clusters, and their weights."""
    k = int(labels.max()) + 1
    total = np.zeros((k, x.shape[1]))
    np.add.at(total, labels, x * w[:, None])
    return total, np.bincount(labels, weights=w, minlength=k)


def objective(x, w, labels):
    """What weighted spherical k-means maximises."""
    return float(np.linalg.norm(sums(x, w, labels)[0], axis=1).sum())


def figures_of(tally, name, s, w, fit):
    """The figures that are reported, on kclust's labels; and that each row is with the nearest weighted centroid."""
    x, labels, side = s.unit, fit.labels, fit.side
    total, mass = sums(x, w, labels)
    length = np.linalg.norm(total, axis=1)
    tally.near(name + ": objective", side["objective"], length.sum(), FIGURE, relative=True)
    mean = total / mass[:, None]
    within = float((w * np.square(x - mean[labels]).sum(axis=1)).sum())
    tally.near(name + ": inertia", side["inertia"], within, FIGURE, relative=True)
    tally.near(name + ": cohesion", [c["cohesion"] for c in side["clusters"]], length / mass, FIGURE)
    tally.check(name + ": sizes are rows", [c["size"] for c in side["clusters"]] == np.bincount(labels).tolist())
    # a centroid whose rows weigh little may be off by a last bit of its heavy rows of before
    similarity = x @ (total / length[:, None]).T
    own = similarity[np.arange(len(x)), labels]
    tally.check(name + ": labels are the arg-max over the centroids", bool((own >= similarity.max(axis=1) - 1e-5).all()),
                "one is off by %g" % (similarity.max(axis=1) - own).max())
    away = np.stack([x @ c for c in total]).T          # (n, k)
    rest = mass[labels] - np.minimum(w, 1)
    alone = rest < 1e-10 * mass[labels]
    a = (mass[labels] - away[np.arange(len(x)), labels]) / np.where(alone, 1, rest)
    other = 1 - away / mass
    other[np.arange(len(x)), labels] = np.inf
    b = other.min(axis=1)
    a, b = np.where(a > 1e-14, a, 0), np.where(b > 1e-14, b, 0)
    sil = np.where(alone | (a == b), 0, (b - a) / np.maximum(np.maximum(a, b), 1e-300))
    tally.near(name + ": silhouette", side["silhouette"], float((w * sil).sum() / w.sum()), FIGURE)


def weights(tally, s, folder, args):
    """Weights of all sizes: figures, and at least 0.999 of the objective of KMeans in ten restarts."""
    rng = np.random.default_rng(len(s.x))
    unit = normalize(s.x[s.rows])
    for kind, weight in (("mixed", rng.lognormal(0, 1, len(s.x))), ("heavy", rng.lognormal(0, 3, len(s.x))),
                         ("faded", 2.0 ** (-8 * rng.random(len(s.x))))):
        if kind != "mixed" and len(s.x) > 5000:  # KMeans would take a minute
            continue
        path, w = with_weights(folder, s, weight), weight[s.rows]
        for k in (3, 10) if len(s.x) > 100 else (3,):
            name = "%s: %s weights, -k %d" % (s.name, kind, k)
            fit = Fit(folder, [path], [*args, "-k", k, "--weight-field", "w"])
            figures_of(tally, name, s, w, fit)
        side = Fit(folder, [path], [*args, "-k", "2:12", "--weight-field", "w"]).side
        for entry in side["sweep"][1::4]:  # each has what its neighbours on both sides found: alone, one may be lower
            peer = KMeans(entry["k"], n_init=10, random_state=0, algorithm="elkan").fit(unit, sample_weight=w).labels_
            ratio = entry["objective"] / objective(s.unit, w, peer)
            tally.check("%s: %s weights: objective at k = %d" % (s.name, kind, entry["k"]), ratio >= 0.999,
                        "%.6f of KMeans" % ratio)


def copies(tally, s, folder, args):
    """Weights of 1 to 4: every figure is scikit-learn's for the rows repeated."""
    count = np.random.default_rng(len(s.x)).integers(1, 5, len(s.x))
    w = count[s.rows]
    name = s.name + ": rows of weight 1 to 4"
    fit = Fit(folder, [with_weights(folder, s, count)], [*args, "-k", 5, "--weight-field", "w"])
    figures_of(tally, name, s, w.astype(np.float64), fit)
    x, labels, side = np.repeat(s.unit, w, axis=0), np.repeat(fit.labels, w), fit.side
    if len(x) <= COPIES:
        tally.near(name + ": silhouette of copies", side["silhouette"], silhouette_score(x, labels, metric="cosine"), FIGURE)
    entry = side["sweep"][0]
    tally.near(name + ": calinski_harabasz of copies", entry["calinski_harabasz"], calinski_harabasz_score(x, labels), FIGURE,
               relative=True)
    tally.near(name + ": davies_bouldin of copies", entry["davies_bouldin"], davies_bouldin_score(x, labels), FIGURE,
               relative=True)


def equal(tally, s, folder, args):
    """Weights that are all the same change no label."""
    plain = Fit(folder, [s.file], [*args, "-k", "2:8", "--n-init", 2])
    fit = Fit(folder, [with_weights(folder, s, np.full(len(s.x), 2.5))], [*args, "-k", "2:8", "--n-init", 2,
                                                                          "--weight-field", "w"])
    tally.check(s.name + ": weights that are all equal", plain.bytes == fit.bytes)
