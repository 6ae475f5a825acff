"""How good the clusterings are: kclust's objective for each k against scikit-learn's, and its silhouette against
scikit-learn's silhouette_score on the same labels."""

import hashlib

import numpy as np

import common

K_MIN, K_MAX, N_INIT = 2, 20, 10


def peer_silhouette(s, labels, cache):
    """silhouette_score of these labels."""
    from sklearn.metrics import silhouette_score

    def key():
        return {"data": s.sha(), "labels": hashlib.sha256(labels.tobytes()).hexdigest()}

    name = "score-%s-%d" % (s.name, labels.max() + 1)
    score = cache.get(name, key)
    if score is None:
        score = float(silhouette_score(s.unit().array(), labels, metric="cosine"))
        cache.put(name, key, score)
    return score


def compare(runner, s):
    """{"ratio": {k: objective / scikit-learn's}, "silhouette": {k: |difference|}} of one set."""
    ks = "%d:%d" % (K_MIN, K_MAX)
    peer = runner.sklearn(s, ks, N_INIT, "none", [runner.cores])[0]["each_k"]
    ours = runner.kclust_raw(s.path, ks, N_INIT, runner.cores, runs=1)["each_k"]
    difference = {}
    for k in ours:
        run = runner.kclust_raw(s.path, k, N_INIT, runner.cores, runs=1)
        labels = common.read_labels(runner.path("out.tsv"))
        difference[k] = abs(run["side"]["silhouette"] - peer_silhouette(s, labels, runner.cache))
    s.forget()
    return {"ratio": {k: ours[k] / peer[k] for k in ours}, "silhouette": difference}


def report(found):
    """The tables and the goals, from {name: what compare() gave}."""
    names = list(found)
    lines = ["objective of kclust / objective of scikit-learn, KMeans(n_init=%d)" % N_INIT, ""]
    ks = sorted(set().union(*(f["ratio"] for f in found.values())))
    rows = [[str(k)] + ["%.6f" % found[s]["ratio"][k] if k in found[s]["ratio"] else "-" for s in names] for k in ks]
    lines += common.table(["k"] + names, rows)
    lines += ["", "over all k; the last column is the largest |silhouette - silhouette_score(metric=\"cosine\")|", ""]
    rows, met = [], True
    for s in names:
        ratios, difference = list(found[s]["ratio"].values()), max(found[s]["silhouette"].values())
        low, median = min(ratios), float(np.median(ratios))
        rows.append([s, "%.6f" % low, "%.6f" % median, "%.6f" % max(ratios), "%.1e" % difference])
        met = met and low >= 0.999 and median >= 1.0 and difference <= 1e-6
    lines += common.table(["set", "min", "median", "max", "silhouette"], rows)
    lines += ["", "goal: min 0.999, median 1.000, silhouette within 1e-6: %s" % ("met" if met else "MISSED")]
    return lines
