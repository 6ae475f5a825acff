"""Check the generated news set: it is as documented, and kclust reads it. check.py [--documents N]."""

import argparse
import filecmp
import json
import os
import random
import struct
import subprocess
import sys
import tempfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
import judge  # noqa: E402
import news  # noqa: E402

KCLUST = os.path.abspath(os.environ.get("KCLUST") or os.path.join(ROOT, "kclust"))
SEED = int(os.environ.get("KCLUST_TEST_SEED") or random.randrange(1 << 30))
TARGETS = {"purity": 0.90, "coverage": 0.95, "precision": 0.85, "recall": 0.80}
passed = failed = skipped = 0


def check(ok, what):
    global passed, failed
    passed += bool(ok)
    failed += not ok
    if not ok:
        print("FAIL %s\n     again: KCLUST_TEST_SEED=%d tests/run-python news" % (what, SEED))


def skip(why):
    global skipped
    skipped += 1
    print("skip: " + why)


def run(*arguments):
    return subprocess.run([KCLUST, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False)


def floats(path):
    with open(path, "rb") as f:
        header = f.read(45)
        _, d, n = struct.unpack("<4siq", header[:16])
        return np.fromfile(f, dtype="<f4").reshape(n, d)


def truth_of(path):
    """Return (terms, planted ids) of a truth file."""
    rows = judge.read(path)
    return [r[0] for r in rows], np.array([int(r[1]) for r in rows])


def check_judge(rng):
    """Check the judge's figures by counting all pairs, and that it sees wrong labels."""
    for _ in range(20):
        n = int(rng.integers(2, 40))
        labels, truth = rng.integers(-1, 5, n), rng.integers(0, 6, n)
        got = judge.judge(labels, truth)
        i, j = np.triu_indices(n, 1)
        one, same = (labels[i] == labels[j]) & (labels[i] >= 0), truth[i] == truth[j]
        inside = labels >= 0
        most = sum(np.bincount(truth[labels == c]).max() for c in set(labels[inside]))
        wanted = {"coverage": inside.mean(), "purity": most / max(1, inside.sum()),
                  "precision": (one & same).sum() / one.sum() if one.any() else 1,
                  "recall": (one & same).sum() / same.sum() if same.any() else 1}
        check(all(abs(got[k] - v) < 1e-12 for k, v in wanted.items()), "the judge: %s, not %s" % (got, wanted))
    truth = np.repeat(np.arange(100), 10)
    check(not judge.shortfalls(judge.judge(truth, truth), TARGETS), "the judge refuses what was planted")
    check(len(judge.shortfalls(judge.judge(rng.permutation(truth), truth), TARGETS)) == 3,
          "the judge does not see labels that were shuffled")
    labels = truth.copy()
    labels[::15] = -1
    check(judge.shortfalls(judge.judge(labels, truth), TARGETS)[0].startswith("coverage"),
          "the judge does not see rows that are in no cluster")


def check_same(rng, documents, one, other):
    """The same arguments must give the same bytes, another seed other ones."""
    for seed in (SEED, SEED + 1):
        news.write(other, documents, seed, 1.0)
        same = [filecmp.cmp(os.path.join(one, f), os.path.join(other, f), shallow=False) for f in os.listdir(one)]
        check(all(same) if seed == SEED else not any(same), "seed %d: %s" % (seed, same))


def check_set(folder, name):
    """Check that an index, its metadata and its truth agree with each other, and as kclust reads them."""
    path = os.path.join(folder, name)
    x, (terms, planted) = floats(path + ".index"), truth_of(path + ".truth")
    info = json.loads(run("info", "--json", path + ".index").stdout)
    check((info["rows"], info["dim"]) == x.shape == (len(terms), news.D), "%s: %s" % (name, info))
    check(abs(np.linalg.norm(x, axis=1) - 1).max() < 1e-6, "%s: rows that are no unit vectors" % name)
    with open(path + ".json", encoding="utf-8") as f:
        meta = json.load(f)
    store, at, back = meta["metadata_store"], meta["id_map"], meta["reverse_id_map"]
    order = [back[str(i)] for i in range(len(terms))]
    check([store[v]["source_id"] for v in order] == terms and [at[v] for v in order] == list(range(len(terms))),
          "%s: metadata and truth are in another order" % name)
    labels = os.path.join(folder, "labels.tsv")
    got = run("-q", "-k", "2:20", "--n-init", "1", "--metadata", path + ".json", "--term-field", "source_id", "-o",
              labels, path + ".index")
    check(got.returncode == 0 and [r[0] for r in judge.read(labels)] == terms,
          "%s: kclust's terms are others: %s" % (name, got.stderr))
    if name in ("events", "entities"):
        figures = judge.judge_files(labels, path + ".truth")
        check(judge.shortfalls(figures, TARGETS), "%s: plain -k 2:20 meets the targets: %s" % (name, figures))
    return x, planted


def check_shape(name, x, planted):
    """Check that the vectors are like real embeddings: they lean to one direction, few directions count, clusters
    overlap."""
    n, count = len(x), np.bincount(planted)
    lean = np.linalg.norm(x.mean(axis=0))
    variance = np.linalg.svd((x - x.mean(axis=0))[:2000], compute_uv=False) ** 2
    few = variance.sum() ** 2 / (variance ** 2).sum()
    check(0.4 < lean < 0.7, "%s: the mean row has a length of %.2f" % (name, lean))
    check(20 < few < 90, "%s: %.0f directions count" % (name, few))
    sums = np.zeros((len(count), x.shape[1]))
    np.add.at(sums, planted, x)
    own = sums[planted] - x
    own = (x * own).sum(axis=1) / np.maximum(1e-9, np.linalg.norm(own, axis=1))
    live = np.flatnonzero(count)
    others = x @ (sums[live] / np.linalg.norm(sums[live], axis=1, keepdims=True)).T
    others[np.arange(n), np.searchsorted(live, planted)] = -1
    other = others.max(axis=1)
    many = count[planted] > 1
    check(np.percentile(own[many], 3) < np.percentile(other, 97), "%s: the clusters do not overlap" % name)
    check(0.9 < (own > other)[many].mean(), "%s: %.3f of the rows are nearest to their own" % (
        name, (own > other)[many].mean()))
    tail = count.max() / np.median(count[live])
    check(name == "events" or (tail > 10 and (count == 1).any()),  # of 100 documents few tell the same event
          "%s: the largest cluster has %.1f times the rows of the median" % (name, tail))


PRESETS = {"documents": ("", "-density"), "events": ("", "-tree"), "entities": ("", "-tree"), "storylines": ("", "-density")}


def check_presets(folder, name, seed):
    """Check that the presets find what was planted; with one seed, the same on all machines."""
    news.write(folder, 200, seed, 1.0, (name,))
    for kind in PRESETS[name]:
        check_preset(folder, name, name + kind, seed)


def check_preset(folder, name, preset, seed):
    path, labels = os.path.join(folder, name), os.path.join(folder, "labels.tsv")
    got = run("-q", "--preset", "news-" + preset, "--metadata", path + ".json", "--clusters", path + ".jsonl", "-o", labels,
              path + ".index")
    check(got.returncode == 0 and not got.stderr, "news-%s: %s" % (preset, got))
    figures = judge.judge_files(labels, path + ".truth")
    if name in ("events", "entities"):
        check(not judge.shortfalls(figures, TARGETS), "news-%s, seed %d: %s" % (preset, seed, figures))
    with open(path + ".jsonl", encoding="utf-8") as f:
        members = [m for record in map(json.loads, f) for m in record["member_ids"]]
    check(sorted(members) == sorted(truth_of(path + ".truth")[0]), "news-%s: the records have other members" % preset)


def check_faiss(folder):
    try:
        import faiss
    except ImportError:
        skip("no python3-faiss (Debian: python3-faiss)")
        return
    for name in news.NAMES:
        path = os.path.join(folder, name + ".index")
        index, x = faiss.read_index(path), floats(path)
        check(index.ntotal == len(x) and index.d == news.D and
              np.array_equal(index.reconstruct_n(0, index.ntotal), x), name + ": faiss reads something else")


def main():
    a = argparse.ArgumentParser(description=__doc__)
    a.add_argument("--documents", type=int, default=100)
    o = a.parse_args()
    rng = np.random.default_rng(SEED)
    check_judge(rng)
    with tempfile.TemporaryDirectory(prefix="kclust-news.") as tmp:
        one, other = os.path.join(tmp, "one"), os.path.join(tmp, "other")
        news.write(one, o.documents, SEED, 1.0)
        check_same(rng, o.documents, one, other)
        for name in news.NAMES:
            x, planted = check_set(one, name)
            if name in ("events", "entities"):
                check_shape(name, x, planted)
        check_faiss(one)
        for seed in 1, 2:
            for name in news.NAMES:
                check_presets(other, name, seed)
    print("news: %d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
