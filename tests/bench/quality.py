"""How good the clusterings are: kclust's objective for each k against scikit-learn's, and its silhouette against
scikit-learn's silhouette_score on the same labels."""

import hashlib
import json
import os
import subprocess

import numpy as np
from sklearn.metrics import silhouette_score

import common

K_MIN, K_MAX, N_INIT = 2, 20, 10


def peer_figures(s, work, cache, threads, versions):
    """scikit-learn's figures of the set: {"2": {"objective", "inertia", "silhouette", "seconds"}, ...}."""
    key = {"data": s.sha(), "k": [K_MIN, K_MAX], "n_init": N_INIT, "scikit-learn": versions["scikit-learn"]}
    stored = cache.get("quality-" + s.name, key)
    if stored is not None:
        return stored
    rows = os.path.join(work, "rows.npy")
    out = os.path.join(work, "quality.jsonl")
    np.save(rows, s.rows())
    common.measure(common.peer("peer_quality.py", rows, "%d:%d" % (K_MIN, K_MAX), N_INIT), work,
                   common.peer_env(threads), out)
    found = {}
    with open(out, encoding="ascii") as f:
        for line in f:
            entry = json.loads(line)
            found[str(entry.pop("k"))] = entry
    cache.put("quality-" + s.name, key, found)
    return found


def run_kclust(kclust, s, k, work):
    """One run of kclust over the range k: the sidecar and the labels."""
    side, out = os.path.join(work, "side.json"), os.path.join(work, "out.tsv")
    command = [kclust, "-q", "--on-bad", "skip", "-k", k, "--n-init", str(N_INIT), "-s", side, "-o", out, s.path]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise common.Failed("%s: status %d: %s" % (" ".join(command), done.returncode, done.stderr.decode().strip()))
    with open(side, encoding="utf-8") as f:
        return json.load(f), common.read_labels(out)


def peer_silhouette(s, labels, cache):
    """silhouette_score of these labels."""
    name = "score-%s-%d" % (s.name, labels.max() + 1)
    key = {"data": s.sha(), "labels": hashlib.sha256(labels.tobytes()).hexdigest()}
    score = cache.get(name, key)
    if score is None:
        score = float(silhouette_score(s.unit(), labels, metric="cosine"))
        cache.put(name, key, score)
    return score


def compare(kclust, s, work, cache, threads, versions):
    """{"ratio": {k: objective / scikit-learn's}, "silhouette": {k: |difference|}} of one set."""
    peer = peer_figures(s, work, cache, threads, versions)
    side, _ = run_kclust(kclust, s, "%d:%d" % (K_MIN, K_MAX), work)
    ratio = {e["k"]: e["objective"] / peer[str(e["k"])]["objective"] for e in side["sweep"]}
    difference = {}
    for k in ratio:
        side, labels = run_kclust(kclust, s, str(k), work)
        difference[k] = abs(side["silhouette"] - peer_silhouette(s, labels, cache))
    s.forget()
    return {"ratio": ratio, "silhouette": difference}


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
