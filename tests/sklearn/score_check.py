"""kclust score against scikit-learn, on labellings that are good, bad, partial and many."""

import json
import os

import numpy as np
from sklearn import metrics

import figures  # properties puts tests/bench on the path
from properties import inertia
from tool import run

SAME = 1e-9        # between two ways to work out the same figure in double
EXPECTED = 1e-6    # scikit-learn's expected mutual information goes through log-gamma, which costs digits


def labellings(rng, n, fit):
    """Names and labels (-1: unassigned) of labellings of n rows; fit: those of kclust."""
    few = rng.integers(4, size=n)
    partial = np.where(rng.random(n) < 0.2, -1, fit)
    partial[:2] = fit[:2]
    return [("the fit's", fit), ("of four, random", few), ("partial", partial),
            ("of many sizes", np.minimum(rng.geometric(0.15, n), 40)), ("alone", np.arange(n)),
            ("all but one alone", np.maximum(np.arange(n), 1)), ("of one", np.zeros(n, int))]


def agreement(tally, name, got, gold, labels):
    """Everything that compares with gold labels; both without unassigned rows."""
    h, c, v = metrics.homogeneity_completeness_v_measure(gold, labels)
    want = {"ari": metrics.adjusted_rand_score(gold, labels),
            "nmi": metrics.normalized_mutual_info_score(gold, labels),
            "homogeneity": h, "completeness": c, "v_measure": v}
    for key, value in want.items():
        tally.near("%s: %s" % (name, key), got[key], value, SAME)
    # Two labellings that leave every row alone: scikit-learn divides one rounding error by another.
    if len(set(labels)) < len(labels) or len(set(gold)) < len(gold):
        tally.near(name + ": ami", got["ami"], metrics.adjusted_mutual_info_score(gold, labels), EXPECTED)
    table = metrics.cluster.contingency_matrix(gold, labels)
    tally.near(name + ": purity", got["purity"], table.max(axis=0).sum() / len(labels), SAME)
    (_, fp), (fn, tp) = metrics.cluster.pair_confusion_matrix(gold, labels)
    tally.check(name + ": wrong and missed pairs", (2 * got["wrong_pairs"], 2 * got["missed_pairs"]) == (fp, fn))
    tally.check(name + ": confused pairs", sum(x["pairs"] for x in got["confused"]) == (fp + fn) // 2)
    for key, parts in ("precision", (tp, tp + fp)), ("recall", (tp, tp + fn)), ("f1", (2 * tp, 2 * tp + fp + fn)):
        if parts[1]:
            tally.near("%s: %s" % (name, key), got[key], parts[0] / parts[1], SAME)
        else:
            tally.check("%s: %s is undefined" % (name, key), got[key] is None, repr(got[key]))
    cells = sorted((str(c), str(g), int(n)) for g, row in zip(np.unique(gold), table)
                   for c, n in zip(np.unique(labels), row) if n)
    seen = sorted((str(x["cluster"]), str(x["class"]), x["count"]) for x in got["confusion"])
    tally.check(name + ": confusion", seen == cells)


def davies_bouldin(x, labels, k):
    """By its definition, term by term, and the least distance of two centroids."""
    m = np.stack([x[labels == c].mean(axis=0) for c in range(k)])
    scatter = np.array([np.linalg.norm(x[labels == c] - m[c], axis=1).mean() for c in range(k)])
    worst, least = np.zeros(k), np.inf
    for c in range(k):
        d = np.linalg.norm(m - m[c], axis=1)
        d[c] = np.inf
        least = min(least, d.min())
        d[d < 1e-12] = np.inf
        worst[c] = ((scatter + scatter[c]) / d).max()
    return worst.mean(), least


def quality(tally, name, side, x, labels):
    """Everything that the vectors say."""
    ids, labels = np.unique(labels, return_inverse=True)
    k = len(ids)
    tally.near(name + ": inertia", side["inertia"], inertia(x, labels), 1e-9 * len(x))
    if k < 2:
        tally.check(name + ": undefined with one cluster", side["silhouette"] is None and not side["worst"])
        return
    rows = figures.row_silhouettes(x, labels)
    if len(x) <= 1000:
        judged = metrics.silhouette_samples(x, labels, metric="cosine") if k < len(x) else np.zeros(len(x))
        tally.near(name + ": silhouette", side["silhouette"], judged.mean(), 1e-6)
    tally.near(name + ": silhouette by sums", side["silhouette"], rows.mean(), 1e-6)
    tally.near(name + ": silhouettes of clusters", [c["silhouette"] for c in side["clusters"]],
               [rows[labels == c].mean() for c in range(k)], 1e-6)
    if k < len(x):
        tally.near(name + ": calinski-harabasz", side["calinski_harabasz"],
                   metrics.calinski_harabasz_score(x, labels), 1e-6, relative=True)
        want, least = davies_bouldin(x, labels, k)
        tally.near(name + ": davies-bouldin by definition", side["davies_bouldin"], want, 1e-6)
        if least > 1e-5:  # where centroids are equal, scikit-learn divides one rounding error by another
            tally.near(name + ": davies-bouldin", side["davies_bouldin"], metrics.davies_bouldin_score(x, labels), 1e-6)
    for c in range(0, k, max(1, k // 5)):
        m = x[labels == c]
        if len(m) > 1:
            pairs = (m @ m.T)[~np.eye(len(m), dtype=bool)]
            tally.near(name + ": similarity of pairs", side["clusters"][c]["similarity"], pairs.mean(), 1e-6)
    worst = [w["silhouette"] for w in side["worst"]]
    tally.near(name + ": worst rows", worst, np.sort(rows)[:len(worst)], 1e-6)


def score(tally, s, folder, args, gold=None):
    """All figures of all labellings; gold: a file of labels, else the fit's."""
    rng = np.random.default_rng(5)
    n = len(s.rows)
    terms = [s.terms[i] for i in s.rows]
    out = os.path.join(folder, "fit.jsonl")
    run(["-q", "-k", 5, "-f", "jsonl", "-o", out, *args, s.file])
    with open(out, encoding="utf-8") as f:
        fit = np.array([json.loads(line)["cluster_id"] for line in f])
    truth = np.array(gold, dtype=str)[s.rows] if gold else np.char.add("class ", fit.astype(str))
    labels_file, gold_file = os.path.join(folder, "labels.jsonl"), os.path.join(folder, "gold.txt")
    with open(gold_file, "w", encoding="utf-8") as f:
        f.write("".join("%s\n" % t for t in truth))
    for what, labels in labellings(rng, n, fit):
        name = "%s: score %s" % (s.name, what)
        with open(labels_file, "w", encoding="utf-8") as f:
            for term, label in zip(terms, labels.tolist()):
                f.write(json.dumps({"term": term, "cluster_id": label}) + "\n")
        side = json.loads(run(["score", "--json", "--gold", gold_file, *args, labels_file, s.file]))
        on = labels >= 0
        sizes = np.unique(labels[on], return_counts=True)[1]
        tally.check(name + ": counts", (side["n"], side["assigned"], side["k"]) == (n, on.sum(), len(sizes)))
        tally.near(name + ": coverage", side["coverage"], on.mean(), SAME)
        tally.check(name + ": sizes", [c["size"] for c in side["clusters"]] == sizes.tolist())
        tally.near(name + ": variation", side["size_variation"], sizes.std() / sizes.mean(), SAME)
        tally.near(name + ": gini", side["size_gini"], np.abs(sizes[:, None] - sizes).mean() / 2 / sizes.mean(), SAME)
        agreement(tally, name, side["gold"], truth[on], labels[on])
        quality(tally, name, side, s.unit[on], labels[on])
