#!/usr/bin/env python3
"""Fit, update and assign on sets with gold labels, a generated one and, if they are available, real ones:

- fit on half of the rows, update with the rest in 10 batches: about the V-measure of a fit of all rows with that k, and
  no row of the first half gets another id;
- fit without one class, then update with it: if a fit of all rows separates the class, its rows get few new ids, and
  rows of the other classes keep theirs;
- all outputs are the same byte for byte with one thread and with four;
- a fit by density whose rows vote: its model, read here, gives new rows the labels that numpy's votes give; rows that
  are taken out of the model mostly get their labels again, more of them than by centroids and a threshold;
- steps over shards: labels and centroids are those of a step of spherical Lloyd in float64, and the model is the same
  byte for byte for two random splits into 1 to 7 shards.

check.py [-v]"""

import json
import os
import struct
import subprocess
import sys
import tempfile

import numpy as np
from sklearn.metrics import v_measure_score

KCLUST = os.path.abspath(os.environ.get("KCLUST") or "./kclust")
DATA = os.environ.get("KCLUST_TEST_DATA", "")
SEED = int(os.environ.get("KCLUST_TEST_SEED", "1"))
GENERATED = "generated"
SETS = {GENERATED: 12, "uslabor-openai": 3, "ruwiki-minilm": 36, "sk-digits": 10, "ss-w2v48": 8}
HALVES = 2         # ways to cut a set in two
SEPARATED = 0.8    # Jaccard index of a class and its best cluster in the fit of all
WITHIN, NEW_SHARE, NEW_IDS, KEPT = 0.02, 0.80, 3, 0.97
NEAREST, VOTES_ALIKE, VOTED = 15, 0.995, 0.80
TYPES = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "I8": "<i1", "I32": "<i4", "I64": "<i8", "U64": "<u8"}
verbose = "-v" in sys.argv[1:]
passed = failed = skipped = 0


def check(name, ok, seen):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if verbose or not ok:
        print("%s: %s: %s" % ("ok" if ok else "FAIL", name, seen), flush=True)


def kclust(*args):
    r = subprocess.run([KCLUST, *map(str, args)], capture_output=True)
    if r.returncode != 0:
        raise SystemExit("FAIL: %s: exit %d: %s" % (args, r.returncode, r.stderr.decode()))
    return r.stdout


def labels(*args):
    return np.array(kclust(*args, "-q", "--columns", "cluster").split(), dtype=int)


def generated():
    """Rows of twelve classes of different sizes in 64 dimensions. Most classes stand apart; the last two overlap."""
    rng = np.random.default_rng(20240501)
    centres = rng.standard_normal((12, 64))
    centres[11] = centres[10] + 0.3 * rng.standard_normal(64)
    of = np.repeat(np.arange(12), [400, 300, 250, 200, 150, 120, 100, 80, 60, 40, 150, 150])
    x = centres[of] + 0.5 * rng.standard_normal((len(of), 64))
    order = rng.permutation(len(of))
    return x[order].astype(np.float32), np.array(["class %d" % c for c in of[order]])


def read(name):
    """A real set: its rows and labels."""
    x = np.load(os.path.join(DATA, name, "vectors.npy"))
    with open(os.path.join(DATA, name, "labels.txt"), encoding="utf-8") as f:
        return x, np.array(f.read().split("\n")[:len(x)])


class Set:
    def __init__(self, name, folder):
        x, gold = generated() if name == GENERATED else read(name)
        good = np.any(x != 0, axis=1)
        self.name, self.x, self.gold, self.folder = name, x[good], gold[good], folder

    def file(self, name, rows):
        path = os.path.join(self.folder, name + ".npy")
        np.save(path, self.x[rows])
        return path


def halves(s, k):
    n = len(s.x)
    full = v_measure_score(s.gold, labels("-k", k, s.file("all", np.arange(n))))
    model, copy = os.path.join(s.folder, "m"), os.path.join(s.folder, "m4")
    for seed in range(SEED, SEED + HALVES):
        order = np.random.default_rng(seed).permutation(n)
        first, rest = order[:n // 2], np.array_split(order[n // 2:], 10)
        got = np.full(n, -9)
        got[first] = labels("-k", k, "-m", model, s.file("first", first))
        kclust("-q", "-k", k, "-j", 4, "-m", copy, s.file("first", first))
        same = open(model, "rb").read() == open(copy, "rb").read()
        for i, rows in enumerate(rest):
            path = s.file("batch", rows)
            got[rows] = labels("update", "-j", 1, "-m", model, path)
            four = labels("update", "-j", 4, "-m", copy, path)
            same &= np.array_equal(four, got[rows]) and open(model, "rb").read() == open(copy, "rb").read()
        v, none, new = v_measure_score(s.gold, got), np.mean(got == -1), len(set(got) - set(got[first]) - {-1})
        name = "%s, k = %d, half %d" % (s.name, k, seed)
        # The half's own optimum of k-means may be another one than that of all rows: then what the fit of the half gives
        # to the rest of the rows by itself is what an update can be held to.
        plain = got.copy()
        kclust("-q", "-k", k, "-m", copy, s.file("first", first))
        rows = order[n // 2:]
        plain[rows] = labels("assign", "-m", copy, s.file("rest", rows))
        bound = min(full, v_measure_score(s.gold, plain))
        check(name + ": V-measure", v >= bound - WITHIN, "%.4f; all at once %.4f, assigned by the half's fit %.4f; "
              "%.1f %% in none, %d new ids" % (v, full, v_measure_score(s.gold, plain), 100 * none, new))
        check(name + ": the same with 1 and 4 threads", same, same)
        ids = labels("assign", "-m", copy, s.file("first", first))
        check(name + ": the first half's ids", np.array_equal(ids, got[first]), "%d changed" % np.sum(ids != got[first]))


def classes(s, k):
    n = len(s.x)
    full = labels("-k", k, s.file("all", np.arange(n)))
    model = os.path.join(s.folder, "m")
    for c in sorted(set(s.gold)):
        of = s.gold == c
        best = np.bincount(full[of]).argmax()
        if np.sum(of & (full == best)) < SEPARATED * np.sum(of | (full == best)):
            continue
        others = np.flatnonzero(~of)
        path = s.file("others", others)
        before = labels("-k", k - 1, "-m", model, path)
        got = labels("update", "-m", model, s.file("class", np.flatnonzero(of)))
        after = labels("assign", "-m", model, path)
        new = got >= k - 1
        name = "%s without %s (%d rows)" % (s.name, c, np.sum(of))
        check(name + ": rows under new ids", np.mean(new) >= NEW_SHARE and len(set(got[new])) <= NEW_IDS,
              "%.1f %% under %d" % (100 * np.mean(new), len(set(got[new]))))
        check(name + ": others keep theirs", np.mean(before == after) >= KEPT, "%.2f %%" % (100 * np.mean(before == after)))


def read_model(path):
    """Return the metadata and the tensors, with their types."""
    with open(path, "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        data = f.read()
    meta = header.pop("__metadata__")
    return meta, {name: (t["dtype"], np.frombuffer(data[slice(*t["data_offsets"])], TYPES[t["dtype"]]).reshape(t["shape"]))
                  for name, t in header.items()}


def write_model(path, meta, tensors):
    header, data = {"__metadata__": meta}, b""
    for name, (kind, a) in tensors.items():
        b = np.ascontiguousarray(a).tobytes()
        header[name] = {"dtype": kind, "shape": a.shape, "data_offsets": [len(data), len(data) + len(b)]}
        data += b
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def vote(rows, label, x):
    """The labels that most of the nearest rows have; of equally many votes the larger sum of similarities."""
    out = []
    for s in x @ rows.T:
        near = np.argsort(-s, kind="stable")[:NEAREST]
        of = label[near]
        out.append(max(set(of), key=lambda c: (np.sum(of == c), np.sum(s[near][of == c]), -(c % 2**32))))
    return np.array(out)


def votes(s, form):
    """Take a fifth of the rows out of a model, and let the others vote for them."""
    n = len(s.x)
    unit = s.x / np.linalg.norm(s.x.astype("f8"), axis=1, keepdims=True)
    out = np.random.default_rng(SEED).permutation(n)[:n // 5]
    model, small, path = (os.path.join(s.folder, name) for name in ("votes", "small", "x.npy"))
    np.save(path, s.x)
    how = ["--algorithm", "hdbscan", "--space", "graph"]
    full = labels(*how, "-m", model, "--model-rows", form, path)
    labels(*how, "-m", small, "--model-rows", "none", path)
    name = "%s, votes of %s" % (s.name, form)
    check(name + ": the labels of the fit", np.array_equal(labels("assign", "-m", model, path), full), "")
    meta, t = read_model(model)
    rows = t["rows"][1].astype("f8") * (t["row_scales"][1].astype("f8")[:, None] if "row_scales" in t else 1)
    length = np.linalg.norm(rows, axis=1)
    check(name + ": unit rows", np.all(abs(length - 1) < 2e-3), "%g to %g" % (length.min(), length.max()))
    gone = np.array([np.argmax(rows @ unit[i]) for i in out])
    keep = np.setdiff1d(np.arange(n), gone)
    for tensor in "rows", "row_labels", "row_hashes", "row_scales":
        if tensor in t:
            t[tensor] = (t[tensor][0], t[tensor][1][keep])
    info = json.loads(meta["info"])
    info["rows"] = len(keep)
    write_model(model, {**meta, "info": json.dumps(info)}, t)
    np.save(path, s.x[out])
    got = labels("assign", "-m", model, path)
    want = vote(rows[keep], t["row_labels"][1].astype(int), unit[out])
    alike = np.mean(got == want)
    check(name + ": those of numpy", alike >= VOTES_ALIKE, "%.2f %%" % (100 * alike))
    voted, near = np.mean(got == full[out]), np.mean(labels("assign", "-m", small, path) == full[out])
    check(name + ": the labels of rows taken out", voted >= VOTED and voted >= near, "%.1f %%, by centroids %.1f %%" % (
        100 * voted, 100 * near))


def step(s, model, labels_of, rng):
    """Label random shards by the model, merge them in random order, and return the new model's bytes."""
    shards = np.array_split(rng.permutation(len(s.x)), rng.integers(1, 8))
    parts = [os.path.join(s.folder, "%d.part" % i) for i in range(len(shards))]
    for rows, part in zip(shards, parts):
        labels_of[rows] = labels("assign", "-m", model, "--tally", part, s.file("shard", rows))
    new = os.path.join(s.folder, "next")
    kclust("merge", "-q", "-o", new, *rng.permutation(parts))
    with open(new, "rb") as f:
        return f.read()


def lloyd(s, k):
    rng = np.random.default_rng(SEED)
    model, n = os.path.join(s.folder, "m"), len(s.x)
    unit = s.x / np.linalg.norm(s.x.astype("f8"), axis=1, keepdims=True)
    kclust("-q", "-k", k, "-m", model, s.file("sample", rng.permutation(n)[:n // 3]), "-o", os.path.join(s.folder, "l"))
    before = -1
    for turn in range(4):
        name = "%s, k = %d, step %d (seed %d)" % (s.name, k, turn, SEED)
        old, got, again = read_model(model)[1], np.full(n, -9), np.full(n, -9)
        bytes_of = step(s, model, got, rng)
        check(name + ": other shards, the same model", step(s, model, again, rng) == bytes_of and np.all(got == again), "")
        products = unit @ old["centroids"][1].astype("f8").T
        best = np.sort(products, axis=1)
        clear = best[:, -1] - best[:, -2] > 1e-6 if products.shape[1] > 1 else np.full(n, True)
        moved = old["moved_hash"][1].size > 0
        alike = moved or np.array_equal(old["ids"][1][products.argmax(axis=1)][clear], got[clear])
        check(name + ": the labels of numpy", alike, "%d of %d rows compared" % (clear.sum(), n))
        with open(model, "wb") as f:
            f.write(bytes_of)
        new = read_model(model)[1]
        want = old["centroids"][1].astype("f8").copy()
        for c, id_ in enumerate(old["ids"][1]):
            if np.any(got == id_):
                total = unit[got == id_].sum(axis=0)
                want[c] = total / np.linalg.norm(total)
        off = abs(want - new["centroids"][1]).max()
        check(name + ": the centroids of numpy", off < 1e-7, "off by %g at most" % off)
        counts = [np.sum(got == i) or old["counts"][1][c] for c, i in enumerate(old["ids"][1])]
        check(name + ": the counts", np.array_equal(counts, new["counts"][1]), counts)
        mean = products[np.arange(n), np.searchsorted(old["ids"][1], got)].mean()
        check(name + ": the objective rises", mean >= before - 1e-9, "%.6f after %.6f" % (mean, before))
        before = mean


def main():
    global skipped
    for name, k in SETS.items():
        if name != GENERATED and (not DATA or not os.path.isdir(os.path.join(DATA, name))):
            print("skip: %s is not there: see KCLUST_TEST_DATA" % name)
            skipped += 1
            continue
        with tempfile.TemporaryDirectory() as folder:
            s = Set(name, folder)
            for form in "f16", "int8":
                votes(s, form)
            halves(s, k)
            classes(s, k)
            lloyd(s, k)
    print("models: %d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return failed > 0


sys.exit(main())
