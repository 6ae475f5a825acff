"""Check that kclust reads the files of faiss and numpy, and that these read the files of kclust.

    check.py                the tests
    check.py --fixtures     write testdata/faiss/ anew (Debian's faiss 1.7.3)"""

import contextlib
import json
import os
import struct
import subprocess
import sys
import tempfile

import faiss
import numpy as np

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
KCLUST = os.path.abspath(os.environ.get("KCLUST") or os.path.join(ROOT, "kclust"))
FIXTURES = os.path.join(ROOT, "testdata", "faiss")
SEED = int(os.environ.get("KCLUST_TEST_SEED") or 20261125)
METRICS = {"inner product": 0, "L2": 1, "L1": 2, "Linf": 3, "Lp": 4, "Canberra": 20, "Bray-Curtis": 21,
           "Jensen-Shannon": 22}
# What faiss makes of these descriptions, and how kclust calls it.
OTHERS = {"IVF2,Flat": "an IVF index", "IVF2,PQ2x4": "an IVF index", "IVF2,SQ8": "an IVF index",
          "IVF2,PQ2x4fs": "an IVF index", "IVF2(HNSW4),Flat": "an IVF index", "HNSW4,Flat": "an HNSW graph",
          "HNSW4,SQ8": "an HNSW graph", "NSG4,Flat": "an NSG graph", "PQ2x4": "a product quantizer",
          "PQ2x4fs": "a product quantizer", "SQ8": "a scalar quantizer", "SQfp16": "a scalar quantizer",
          "LSH": "a locality-sensitive hash", "RQ1x4": "an additive quantizer", "LSQ1x4": "an additive quantizer",
          "PCA2,Flat": "an index with a transform",
          "PQ2x4,RFlat": "an index with a second one to refine it"}
passed = failed = 0


def check(ok, what):
    global passed, failed
    passed += bool(ok)
    failed += not ok
    if not ok:
        print("FAIL " + what)


def run(*arguments, data=None):
    return subprocess.run([KCLUST, *arguments], input=data, stdin=None if data is not None else subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)


def rows(result):
    """Return (terms, floats) of a jsonl output."""
    records = [json.loads(line) for line in result.stdout.splitlines()]
    return [r["term"] for r in records], np.array([r["vec"] for r in records]).astype("<f4")


def same(result, terms, x):
    if result.returncode != 0 or result.stderr:
        return False
    got_terms, got = rows(result)
    return got_terms == terms and got.shape == x.shape and got.tobytes() == x.astype("<f4").tobytes()


def read(name, path, terms, x, *options):
    """Read a file by its name and through a pipe."""
    check(same(run("convert", *options, path), terms, x), f"{name}: from a file")
    with open(path, "rb") as f:
        check(same(run("convert", *options, data=f.read()), terms, x), f"{name}: from a pipe")


def info(path, *options):
    return json.loads(run("info", "--json", *options, path).stdout or "{}")


def flat(metric, x):
    index = faiss.IndexFlatIP(x.shape[1]) if metric == 0 else faiss.IndexFlat(x.shape[1], metric)
    index.metric_arg = 3 if metric == 4 else 0
    index.add(x)
    return index


def numbers(n):
    return [str(i) for i in range(n)]


def indexes(folder, rng):
    for d in (1, 2, 37, 768):
        x = rng.standard_normal((int(rng.integers(1, 600)), d)).astype("f4")
        ids = rng.integers(-2**63, 2**63 - 1, len(x))
        for metric, number in METRICS.items():
            path = os.path.join(folder, "index")
            kind = "IxFI" if number == 0 else "IxF2" if number == 1 else "IxFl"
            faiss.write_index(flat(number, x), path)
            read(f"{kind} {metric} {x.shape}", path, numbers(len(x)), x)
            said = info(path)
            check([said.get(k) for k in ("format", "rows", "dim", "index", "id_map", "metric")] ==
                  ["faiss", len(x), d, kind, None, metric], f"{kind} {metric}: info says {said}")
            for letters, wrap in (("IxMp", faiss.IndexIDMap), ("IxM2", faiss.IndexIDMap2)):
                mapped = wrap(flat(number, x[:0]))
                mapped.add_with_ids(x, ids)
                faiss.write_index(mapped, path)
                if number in (0, 2):
                    read(f"{letters} {kind} {x.shape}", path, [str(i) for i in ids], x)
                check([info(path).get(k) for k in ("index", "id_map")] == [kind, letters], f"{letters}: info")
    faiss.write_index(flat(0, x[:0]), path)
    empty = run(path)
    check(empty.returncode == 1 and empty.stderr.endswith(b": no records\n"), "an empty index")


@contextlib.contextmanager
def silence():
    """Silence standard error: faiss complains there about training on few rows."""
    keep = os.dup(2)
    with open(os.devnull, "wb") as null:
        os.dup2(null.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(keep, 2)
        os.close(keep)


def others(folder, rng):
    x = rng.standard_normal((400, 4)).astype("f4")
    path = os.path.join(folder, "other")
    for factory, name in OTHERS.items():
        index = faiss.index_factory(4, factory)
        mapped = faiss.IndexIDMap(index)
        with silence():
            mapped.train(x)
            mapped.add_with_ids(x, np.arange(len(x)))
        for wrapped in (index, mapped):
            faiss.write_index(wrapped, path)
            got = run(path)
            check(got.returncode == 1 and f": holds {name} (".encode() in got.stderr and got.stderr.count(b"\n") == 1,
                  f"{factory}: {got.stderr}, expected {name}")
    for factory in "BFlat", "BIVF2", "BHNSW4", "BHash8":
        faiss.write_index_binary(faiss.index_binary_factory(8, factory), path)
        check(b"an index of binary vectors" in run(path).stderr, factory)


def written(folder, rng):
    """Check that faiss reads what kclust writes, and that it is what faiss itself writes."""
    for n, d in ((1, 1), (3, 2), (500, 37), (2000, 96)):
        x = rng.standard_normal((n, d)).astype("f4")
        np.save(os.path.join(folder, "x.npy"), x)
        path = os.path.join(folder, "out.faiss")
        check(run("convert", "-o", path, os.path.join(folder, "x.npy")).returncode == 0, "convert to faiss")
        index = faiss.read_index(path)
        check(isinstance(index, faiss.IndexFlat) and index.metric_type == 0 and index.ntotal == n and index.d == d and
              index.reconstruct_n(0, n).tobytes() == x.tobytes(), f"faiss reads what kclust wrote, {n} x {d}")
        with open(path, "rb") as f:
            data = f.read()
        check(data == bytes(faiss.serialize_index(flat(0, x))), f"the bytes are those of faiss, {n} x {d}")
        check(run("convert", "-f", "faiss", os.path.join(folder, "x.npy")).stdout == data, "the same to a pipe")
        distances, _ = index.search(x[:1], 1)
        check(np.isfinite(distances).all(), "an index that is searched")
        run("convert", "-o", os.path.join(folder, "out.fvecs"), os.path.join(folder, "x.npy"))
        back = np.fromfile(os.path.join(folder, "out.fvecs"), "<i4").reshape(n, d + 1)
        check((back[:, 0] == d).all() and back[:, 1:].tobytes() == x.tobytes(), "numpy reads fvecs")


def vecs(folder, rng):
    x = rng.standard_normal((300, 19)).astype("f4")
    path = os.path.join(folder, "x.fvecs")
    np.hstack([np.full((300, 1), 19, "<i4").view("<f4"), x]).tofile(path)
    read("fvecs", path, numbers(300), x, "-i", "fvecs")
    b = rng.integers(0, 256, (300, 19)).astype("u1")
    path = os.path.join(folder, "x.bvecs")
    np.hstack([np.full((300, 1), 19, "<i4").view("u1").reshape(300, 4), b]).tofile(path)
    read("bvecs", path, numbers(300), b, "-i", "bvecs")


def tensors(folder, rng):
    x = rng.standard_normal((300, 19)).astype("f4")
    bits = rng.integers(0, 2**16, (300, 19)).astype("<u2")
    bits[(bits & 0x7F80) == 0x7F80] = 0  # neither infinite nor NaN
    bf16 = (bits.astype("<u4") << 16).view("<f4")
    kinds = {"F32": (x, x), "F64": (x.astype("<f8"), x), "F16": (x.astype("<f2"), x.astype("<f2").astype("f4")),
             "BF16": (bits, bf16)}
    for kind, (stored, floats) in kinds.items():
        parts = {"ids": ("I64", np.arange(5)), "emb": (kind, stored), "scale": ("F32", x[0])}
        header, data = {"__metadata__": {"format": "pt"}}, b""
        for name, (dtype, a) in parts.items():
            header[name] = {"dtype": dtype, "shape": list(a.shape),
                            "data_offsets": [len(data), len(data) + a.nbytes]}
            data += a.tobytes()
        text = json.dumps(header).encode()
        path = os.path.join(folder, "x.safetensors")
        with open(path, "wb") as f:
            f.write(struct.pack("<Q", len(text)) + text + data)
        read(f"safetensors {kind}", path, numbers(300), floats)
        check([info(path).get(k) for k in ("format", "dtype", "tensor", "rows", "dim")] ==
              ["safetensors", kind, "emb", 300, 19], f"safetensors {kind}: info")


def planted(folder, rng):
    """Check that a changed bit of a number, a changed id and a changed letter are seen."""
    x = rng.standard_normal((10, 3)).astype("f4")
    path = os.path.join(folder, "planted")
    mapped = faiss.IndexIDMap(flat(0, x[:0]))
    mapped.add_with_ids(x, np.arange(10))
    faiss.write_index(mapped, path)
    with open(path, "rb") as f:
        data = bytearray(f.read())
    check(same(run("convert", path), numbers(10), x), "planted: the index as it is")
    for at in (2 * 37 + 8 + 5, len(data) - 8):
        bent = bytes(data[:at]) + bytes([data[at] ^ 1]) + bytes(data[at + 1:])
        check(not same(run("convert", data=bent), numbers(10), x), f"planted: a bit at byte {at} was not seen")
    check(run("convert", data=b"IHNf" + bytes(data[4:])).returncode == 1, "planted: other letters")


def fixtures():
    rng = np.random.default_rng(20261125)
    x = (rng.integers(-8, 9, (12, 4)) / 8 + np.repeat(4 * np.eye(3, 4), 4, axis=0)).astype("f4")
    ids = np.arange(1000, 1012)
    made = {"flat-ip": flat(0, x), "flat-l2": flat(1, x), "flat-lp": flat(4, x)}
    for name, wrap, metric in (("idmap-ip", faiss.IndexIDMap, 0), ("idmap2-l1", faiss.IndexIDMap2, 2)):
        made[name] = wrap(flat(metric, x[:0]))
        made[name].add_with_ids(x, ids)
    for name, factory in (("ivf", "IVF1,Flat"), ("hnsw", "HNSW4,Flat"), ("sq", "SQ8")):
        made[name] = faiss.index_factory(4, factory)
        made[name].train(x)
        made[name].add(x)
    os.makedirs(FIXTURES, exist_ok=True)
    for name, index in made.items():
        faiss.write_index(index, os.path.join(FIXTURES, name + ".faiss"))


def main():
    if "--fixtures" in sys.argv:
        return fixtures()
    print(f"faiss: version {faiss.__version__}, KCLUST_TEST_SEED={SEED}", flush=True)
    for name in [name for name in os.environ if name.startswith("KCLUST_")]:
        del os.environ[name]
    with tempfile.TemporaryDirectory(prefix="faiss.") as folder:
        for i, test in enumerate((planted, indexes, others, written, vecs, tensors)):
            test(folder, np.random.default_rng([SEED, i]))
    print(f"faiss: {passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
