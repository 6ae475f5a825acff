#!/usr/bin/env python3
"""kclust against scikit-learn: see tests/run-python. $KCLUST_TEST_SEED makes other random sets. --slice runs a part of
the groups of tests on each set; $KCLUST_TEST_TURN chooses it."""

import os

# A process for each core, and one thread in each: threads of OpenMP that wait for a shared core spin.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import concurrent.futures
import gzip
import json
import sys
import tempfile
import traceback

import numpy as np
from sklearn.cluster import KMeans
from sklearn.preprocessing import normalize

import keywords_check
import numbers_check
import properties
import score_check
import sets
import spaces_check
import tool
import trees_check
import weights_check
from tool import Fit, run

import figures  # properties puts tests/bench on the path

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLE = os.path.join(HERE, os.pardir, os.pardir, "testdata", "debian-packages.jsonl.gz")
SKIP = ["--on-bad", "skip"]


def same(tally, name, fit, other):
    """Check that the outputs have the same bytes, and the sidecars too, except for seconds and memory."""
    tally.check(name + ": same output", fit.bytes == other.bytes)
    a, b = fit.comparable(), other.comparable()
    keys = [k for k in {**a, **b} if k != "input" and a.get(k) != b.get(k)]
    tally.check(name + ": same sidecar", not keys and list(a) == list(b), "differs in %s" % ", ".join(keys))


def threads(tally, s, folder, args):
    """Threads change nothing."""
    one = Fit(folder, [s.file], [*args, "-j", 1])
    for j in 2, 7:
        same(tally, "%s: -j %d" % (s.name, j), one, Fit(folder, [s.file], [*args, "-j", j]))


def formats(tally, s, folder, args):
    """Every format of the same rows gives the same result, whether written here or by kclust convert."""
    def path(suffix):
        return os.path.join(folder, "rows." + suffix)

    plain = Fit(folder, [s.file], args)
    lines = sets.jsonl(s.terms, s.x)
    sets.write(path("jsonl"), lines)
    sets.write(path("gz"), lines, compress=True)
    sets.write_npy(path("npy"), s.terms, s.x)
    stream = sets.kvec(s.terms, s.x)
    with open(path("kvec"), "wb") as f:
        f.write(stream)
    for suffix in "jsonl", "gz", "npy", "kvec":
        same(tally, "%s: from %s" % (s.name, suffix), plain, Fit(folder, [path(suffix)], args))
    with open(path("gz"), "rb") as f:
        same(tally, s.name + ": gzip on standard input", plain, Fit(folder, [], args, data=f.read()))

    half = len(s.x) // 2
    sets.write(path("first"), lines[:half])
    sets.write(path("second.gz"), lines[half:], compress=True)
    same(tally, s.name + ": from two files", plain, Fit(folder, [path("first"), path("second.gz")], args))
    joined = sets.kvec(s.terms[:half], s.x[:half]) + sets.kvec(s.terms[half:], s.x[half:])
    same(tally, s.name + ": from joined kvec streams", plain, Fit(folder, [], args, data=joined))

    tally.check(s.name + ": convert to kvec", run(["convert", "-f", "kvec", s.file]) == stream)
    run(["convert", "-o", path("made.npy"), s.file])
    tally.check(s.name + ": convert to npy", equal_bits(np.load(path("made.npy")), s.x))
    with open(path("made.npy.terms"), encoding="utf-8", newline="\n") as f:
        tally.check(s.name + ": the terms beside the npy", f.read().split("\n") == s.terms + [""])
    text = run(["convert", path("made.npy")])
    with open(path("made.jsonl"), "wb") as f:
        f.write(text)
    terms, x = sets.read_jsonl(path("made.jsonl"))
    tally.check(s.name + ": convert to jsonl", terms == s.terms and equal_bits(x, s.x))
    for suffix in "made.npy", "made.jsonl":
        same(tally, "%s: from convert, %s" % (s.name, suffix), plain, Fit(folder, [path(suffix)], args))
    tally.check(s.name + ": jsonl to kvec to jsonl", run(["convert"], data=run(["convert", "-f", "kvec"],
                data=gzip.compress(text, 1))) == text)


def equal_bits(a, b):
    """The same shape and the same bits, so that 0 and -0 differ."""
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def limits(tally, s, folder, args):
    """Both size limits hold, and the figures are those of the final labels."""
    n = len(s.unit)
    for parts, slack in (3, 4.0), (7, 1.1), (12, 2.0):
        most = -(-n // parts)
        least = max(1, int(n / parts / slack))
        if -(-n // most) * least > n:
            raise AssertionError("limits that cannot hold together")
        name = "%s: sizes %d..%d" % (s.name, least, most)
        fit = Fit(folder, [s.file], [*args, "--min-size", least, "--max-size", most])
        sizes = np.bincount(fit.labels)
        tally.check(name + ": hold", sizes.min() >= least and sizes.max() <= most,
                    "smallest %d, largest %d" % (sizes.min(), sizes.max()))
        properties.all_of(tally, name, s, fit, nearest=False)


def every_k(tally, s, folder, args, ks):
    """-k K gives K clusters, with all properties."""
    for k in ks:
        fit = Fit(folder, [s.file], [*args, "-k", k])
        name = "%s: -k %d" % (s.name, k)
        tally.check(name + ": k", fit.side["k"] == k, repr(fit.side["k"]))
        properties.all_of(tally, name, s, fit)


def by_index(tally, s, folder, args):
    """The other indices choose the k that they rate best."""
    for by in "calinski-harabasz", "davies-bouldin":
        fit = Fit(folder, [s.file], [*args, "-k", "2:12", "--k-by", by])
        properties.sweep(tally, "%s: --k-by %s" % (s.name, by), s, fit, by.replace("-", "_"))


def default_range(tally, s, folder, args):
    """The sweep of the defaults."""
    properties.all_of(tally, s.name, s, Fit(folder, [s.file], args))


def objective(tally, s, folder, args):
    """The objective is at least 0.999 of what KMeans reaches in ten restarts. Elkan's variant takes the same steps as
    the default one (the same objective to the last digit here) in half the time on a plain BLAS."""
    unit = normalize(s.x[s.rows])
    for k in 2, 5, 10, 20:
        means = KMeans(k, n_init=10, random_state=0, algorithm="elkan")
        peer = figures.objective(s.unit, means.fit_predict(unit))
        ours = figures.objective(s.unit, Fit(folder, [s.file], [*args, "-k", k]).labels)
        tally.check("%s: objective at k = %d" % (s.name, k), ours >= 0.999 * peer, "%.6f of KMeans" % (ours / peer))


def odd_terms(tally, folder):
    """Terms that need escapes come back from tsv as they were."""
    terms = ["tab\there", "line\nbreak", "back\\slash", "\\t", "\r", '"quoted"', "\x01\x7f\x1b[31m", "\u2028",
             "\U0001f600", " ", "-", "NaN", "nul\0nul"]
    x = np.random.default_rng(0).standard_normal((len(terms), 4)).astype(np.float32)
    path = os.path.join(folder, "odd.jsonl")
    sets.write(path, sets.jsonl(terms, x))
    s = sets.Set("odd terms", terms, x, path)
    properties.all_of(tally, s.name, s, Fit(folder, [path], ["-k", 3]))
    stream = run(["convert", "-f", "kvec", path])
    tally.check("odd terms: kvec", stream == sets.kvec(terms, x))
    back = [json.loads(line)["term"] for line in run(["convert"], data=stream).decode("utf-8").split("\n")[:-1]]
    tally.check("odd terms: jsonl", back == terms)


def taker(tally, s, folder, number, parts):
    """Return what runs a group on set `number`. In a slice each set takes every `parts`th group, each set others, and
    other ones by the turn KCLUST_TEST_TURN: every group runs on some set."""
    turn = int(os.environ["KCLUST_TEST_TURN"]) if "--slice" in sys.argv[1:] else None
    asked = 0

    def group(what, *args):
        nonlocal asked
        asked += 1
        if turn is None or (turn + number + asked) % parts == 0:
            tool.guarded(tally, "%s: %s" % (s.name, what.__name__), what, s, folder, *args)
    return group


def small(tally, folder, number, s):
    """All groups on a random set."""
    group = taker(tally, s, folder, number, 2)

    group(default_range, ["-k", "2:12"])
    group(every_k, [], (1, 2, 5))
    group(by_index, [])
    group(threads, ["-k", "2:12"])
    group(formats, ["-k", "2:6"])
    group(limits, ["-k", "2:12"])
    group(score_check.score, [])
    group(spaces_check.projections, [])
    group(trees_check.trees, [])
    group(weights_check.weights, [])
    group(weights_check.copies, [])
    group(weights_check.equal, [])


def real(tally, folder, number, name, path):
    """The groups on a real set: fewer k and restarts where the time goes into repeated runs."""
    s = sets.load(name, path)
    group = taker(tally, s, folder, number, 3)
    group(default_range, SKIP)
    group(every_k, SKIP, (5,))
    group(threads, [*SKIP, "-k", "2:8", "--n-init", 3])
    group(formats, [*SKIP, "-k", 4, "--n-init", 1])
    group(limits, [*SKIP, "-k", "2:12", "--n-init", 2])
    group(objective, SKIP)
    group(spaces_check.projections, SKIP)
    group(trees_check.trees, SKIP)
    group(weights_check.weights, SKIP)
    group(weights_check.copies, SKIP)
    group(weights_check.equal, SKIP)
    gold = os.path.join(os.path.dirname(path), "labels.txt")
    if os.path.exists(gold):
        with open(gold, encoding="utf-8") as f:
            group(score_check.score, SKIP, f.read().splitlines())


def one(verbose, name, what, *args):
    """One job of the pool, in a folder of its own."""
    tally = tool.Tally(verbose)
    with tempfile.TemporaryDirectory(prefix="kclust-sklearn-") as folder:
        tool.guarded(tally, name, what, folder, *args)
    return tally


def main():
    verbose = "-v" in sys.argv[1:]
    seed = int(os.environ.get("KCLUST_TEST_SEED") or 1)
    tally = tool.Tally(verbose)
    print("random sets: KCLUST_TEST_SEED=%d" % seed)
    if not os.access(tool.KCLUST, os.X_OK):
        tally.check("kclust", False, "%s is not there" % tool.KCLUST)

    data = os.environ.get("KCLUST_TEST_DATA")
    found = sorted(n for n in os.listdir(data) if os.path.exists(os.path.join(data, n, "data.jsonl"))) if data else []
    if not data:
        tally.skip("real sets", "KCLUST_TEST_DATA is not set")
    elif not found:
        tally.check("real sets", False, "$KCLUST_TEST_DATA holds none")

    with tempfile.TemporaryDirectory(prefix="kclust-sklearn-") as folder:
        jobs = [(n, real, i, n, os.path.join(data, n, "data.jsonl")) for i, n in enumerate(found)]
        jobs += [("debian-packages", real, len(found), "debian-packages", SAMPLE), ("numbers", numbers_check.run_all, seed)]
        jobs += [("odd terms", odd_terms), ("keywords", keywords_check.run_all, seed, data, found)]
        jobs += [(s.name, small, i, s) for i, s in enumerate(sets.random_sets(seed, folder))]
        total = tool.Tally(verbose)
        total.add(tally)
        if not tally.failed:
            with concurrent.futures.ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
                for done in [pool.submit(one, verbose, *job) for job in jobs]:
                    total.add(done.result())
    return total.finish()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Exception:  # a crash must not look like a count of failures: run-python tells them apart
        traceback.print_exc()
        sys.exit(2)
