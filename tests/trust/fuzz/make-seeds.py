#!/usr/bin/env python3
"""Write the seeds of the fuzz targets into testdata/fuzz/TARGET/: a few small inputs of every kind, so that a fuzzer
starts near interesting bytes. Findings of a fuzzer, found-* in the same folder, are not touched.

The first bytes of an input are options of its target, see the functions fuzz_TARGET."""
import gzip
import io
import json as pyjson
import os
import struct
import sys
import zlib

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
HOW = (0x00, 0x0B, 0x34, 0x57, 0xE1)  # ways of the second load
ROOT = os.path.join(HERE, "../../../testdata/fuzz")


def put(target, name, *parts):
    folder = os.path.join(ROOT, target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as f:
        f.write(b"".join(p.encode() if isinstance(p, str) else p for p in parts))


def number():
    texts = ["-0", "-0.0", "3.4028235677973366e38", "3.4028235677973367e38", "1.1754943508222875e-38",
             "7.0064923216240854e-46", "7.006492321624085e-46", "1e-400", "1e999", "0.1", "16777217", "1e23",
             "9007199254740993", "8.589973e9", "1" * 40, "0." + "0" * 30 + "1", "1.00000017881393432617187499",
             "123456789012345678e-20", "0.013310636, -1.5e-3 ,2E+5,\t3,-4.25]", "1,2,3,4,5,6,7,8,9,10,11]",
             "0.12345678,0.87654321,-0.11111111,0.99999999,5]", "[1,-2.5e3, 7 ]", "01", "1.", ".5", "-", "1e", "+1",
             "2G",
             "512MiB", "1,,2", "18446744073709551616", "1,1e39,3"]
    for i, t in enumerate(texts):
        put("number", f"seed-{i:02}", bytes([3 if i % 2 else 63]), t)
    for i, x in enumerate([1e-45, 1.17549435e-38, 3.4028235e38, 9.999999e-05, 8.5e9, 0.1, 7.038531e-26]):
        put("number", f"seed-float-{i}", struct.pack("<f", x), struct.pack("<d", x))


def json():
    for i, t in enumerate(['{"a":[1,2,{"b":null}],"c":"\\u00e9\\ud83d\\ude00"}', '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041"',
                           '"\\ud800"', '[[[[[[]]]]]]', '{"a":{},"b":[],"c":true,"d":false}', 'NaN', '[1,]',
                           '"plain and a little longer than eight bytes"', '-1.5e-10', '"\u00e9\u0416\u20ac\U0001f600"',
                           '[' * 513, '[' * 512 + ']' * 512, '{"a" : 1 , "b" : [ 2 ] }', '"\x7f\u0085\u009f"',
                           b'"\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80"', '"\x1b[2J"', '"unterminated', 'nul']):
        put("json", f"seed-{i:02}", t)


def jsonl():
    rows = '{"t": "a", "v": [1, 0.5]}\n{"t": "b\\u00e9", "v": [-2e-3, 4], "x": {"y": [1, "z", null]}}\n'
    usual = '{"term": "a", "vec": [1, 0.5]}\n\n{"term": 7, "vec": [0, 1.25]}\r\n{"vec": [3, 4], "term": ""}\n'
    text = {
        "usual": (0, usual), "skip": (1, usual + '{"term": "x", "vec": [1]}\n{"term": "y"}\nnot JSON\n'),
        "raw": (2, usual), "unit": (4, usual + '{"term": "zero", "vec": [0, -0.0]}\n'),
        "twin": (8, rows), "twin-skip": (9, rows + '{"t": null, "v": [1, 2]}\n{"t": "c", "v": [1, 2], "v": [3, 4]}\n'
                                         '{"t":"\\ud800","v":[1,2]}\n{"t":"d","v":[1e39,0]}\n   \n'
                                         '{"t":"e","v":[5,-0]}'),
        "twin-unit": (13, rows + '{"t": 1.50, "v": [0, 0]}\n'), "twin-bom": (8, "\ufeff" + rows),
        "array": (0, '[{"term": "a", "vec": [1, 2]}, {"term": "b", "vec": [3, 4]}]'),
        "bare": (0, "[[1, 2], [3, 4]]\n[[5, 6]]"),
        "array-bad": (1, '[{"term": "a", "vec": [1, 2]}, 7, {"term": "b", "vec": [3]}, [1], "x"]'),
        "records": (16 + 32,
        '{"object": "list", "data": [{"id": "a", "embedding": [1, 2]},\n {"id": "b", "embedding": [3, 4]}]'
                             ', "usage": {"n": 1}}'),
        "records-top": (17, '[{"id": 1, "vector": [1]}]\n[{"id": 2, "vector": [2]}]'),
        "pointer": (32, '{"a": ["first", 1], "v": [1, 2]}\n{"v": [3, 4], "a": ["second"]}\n'),
        "deep": (0,
        '{"term": "a", "x": ' + "[" * 510 + "]" * 510 + ', "vec": [1]}\n{"term":"b","vec":[2],"x":' + "[" * 520 + "\n"),
        "utf8": (1, b'{"term": "\xff", "vec": [1]}\n{"term": "\xe2\x82\xac", "vec": [1]}\n'),
    }
    for i, (name, (options, t)) in enumerate(text.items()):
        how = [0x0A, 0x13, 0x2D, 0x50, 0x69, 0xE4, 0x0F, 0x91][i % 8]
        put("jsonl", "seed-" + name, bytes([options, how, 200 if name == "array-bad" else 0]), t)


def kvec():
    def record(term, *x):
        term = term.encode() if isinstance(term, str) else term
        return struct.pack("<I", len(term)) + term + struct.pack(f"<{len(x)}f", *x)
    head = b"KCV1" + struct.pack("<I", 2)
    good = head + record("a", 1, 2) + record("", -3, 4) + record("\u0416", 0.5, 0)
    for i, (name, b) in enumerate({"plain": good, "joined": good + good, "only-header": head, "cut": good[:-3],
                                   "other-dimension": good + b"KCV1" + struct.pack("<I", 3),
                                   "long-term": head + record("x" * 300, 1, 2),
                                   "nan": good + record("n", float("nan"), 1) + record("i", 1,
                                   float("inf")) + record("z", 0, 0),
                                   "lie": good + struct.pack("<I", 0xFFFFFFF), "zero": b"KCV1" + bytes(4),
                                   "utf8": good + record(b"\xff\xfe", 1, 2)}.items()):
        put("kvec", "seed-" + name, bytes([i % 4, HOW[i % 5], 0 if i % 3 else 140]), b)


def npy():
    def save(x, version=None):
        b = io.BytesIO()
        if version:
            np.lib.format.write_array(b, x, version=version)
        else:
            np.save(b, x)
        return b.getvalue()
    x = np.array([[1, 2], [-0.5, 3e-5], [7, 0]])
    i = 0
    for t in ("<f2", ">f2", "<f4", ">f4", "<f8", ">f8"):
        put("npy", "seed-" + t[0].replace("<", "le").replace(">", "be") + t[1:], bytes([i % 4, HOW[i % 5], 0]),
            save(x.astype(t), (1 + i % 3, 0)))
        i += 1
    f = x.astype("<f4")
    others = {"fortran": save(np.asfortranarray(f)), "one-dimension": save(f[0]), "integers": save(f.astype("<i4")),
              "empty": save(f[:0]), "no-columns": save(f[:, :0]), "cut": save(f)[:-5], "longer": save(f) + b"12345678",
              "nan": save(np.array([[1, np.nan], [np.inf, 1], [1, 2]], "<f4")), "large": save(np.array([[1e39, 1]])),
              "lie": save(f).replace(b"(3, 2)", b"(9223372036854775807, 2)").replace(b" " * 18, b"", 1)}
    for name, b in others.items():
        put("npy", "seed-" + name, bytes([i % 4, HOW[i % 5], 0]), b)
        i += 1


def raw():
    x = np.array([[1, 2], [-0.5, 3e-5], [7, 0]], "<f4").tobytes()
    for i, (name, dim, b) in enumerate([("plain", 2, x), ("three", 3, x), ("cut", 2, x[:-2]), ("one", 1, x), ("gzip",
    1, gzip.compress(x, mtime=0)),
                                        ("nan", 2, x + struct.pack("<2f", float("nan"), 1))]):
        put("raw", "seed-" + name, bytes([i % 4, HOW[i % 5], dim - 1]), b)


def index(x, letters=b"IxFI", metric=None, ids=None, around=b"IxMp", **lies):
    """A flat index, in an id map if it has ids. lies: n, d, count, inner_n, trained."""
    metric = {b"IxFI": 0, b"IxF2": 1}.get(letters, 2) if metric is None else metric
    n, d = lies.get("n", len(x)), lies.get("d", x.shape[1])

    def head(letters, n):
        return (letters + struct.pack("<iqqqBi", d, n, 1 << 20, 1 << 20, lies.get("trained", 1), metric) +
                (bytes(4) if metric > 1 else b""))
    flat = head(letters, lies.get("inner_n", n)) + struct.pack("<Q", lies.get("count", n * d) % 2**64) + x.tobytes()
    return flat if ids is None else head(around, n) + flat + struct.pack(f"<Q{len(ids)}q", len(ids), *ids)


def faiss():
    x = np.array([[1, 2], [-0.5, 3e-5], [7, 0]], "<f4")
    ids = (5, -7, 1 << 40)
    nan = np.array([[1, 2], [np.nan, 1], [0, 0]], "<f4")
    for i, (name, b) in enumerate({
            "ip": index(x), "l2": index(x, b"IxF2"), "lp": index(x, b"IxFl", 4), "map": index(x, ids=ids),
            "map2": index(x, b"IxFl", ids=ids, around=b"IxM2"), "map-nan": index(nan, ids=ids),
            "map-lie": index(x, ids=ids, inner_n=4), "few-ids": index(x, ids=ids[:2]), "empty": index(x[:0]),
            "huge": index(x, n=1 << 62), "count": index(x, count=7), "minus": index(x, n=-1),
            "wide": index(x, d=1 << 21), "trained": index(x, trained=7), "metric": index(x, b"IxFl", 99),
            "cut": index(x, ids=ids)[:-3], "longer": index(x, ids=ids) + b"x", "ivf": index(x, b"IwFl"),
            "hnsw": index(x, b"IHNf", ids=ids)}.items()):
        put("faiss", "seed-" + name, bytes([i % 4, HOW[i % 5], 0]), b)


def fvecs():
    def rows(kind, *x):
        return b"".join(struct.pack(f"<i{len(v)}{kind}", len(v), *v) for v in x)
    good = rows("f", (1, 2), (-0.5, 3e-5), (7, 0))
    for i, (name, bits, b) in enumerate([
            ("plain", 0, good), ("bytes", 4, rows("B", (1, 2, 3), (0, 255, 7))), ("cut", 0, good[:-2]),
            ("other", 0, good + rows("f", (1, 2, 3))), ("nan", 0, good + rows("f", (float("nan"), 1), (0, 0))),
            ("zero", 0, bytes(8)), ("wide", 0, struct.pack("<i", 1 << 20) + b"x"), ("minus", 4, b"\xff" * 9)]):
        put("fvecs", "seed-" + name, bytes([i % 4 | bits, HOW[i % 5], 0]), b)


def parquet():
    sys.path.insert(0, os.path.join(HERE, "../../cases"))
    import parquet as pq

    def save(name, data, options=0, how=0, limit=0):
        length = struct.unpack("<I", data[-8:-4])[0]
        if length < 65536:
            put("parquet", name, bytes([options, how, limit]), struct.pack("<H", length), data[:-8])
    rows = [("a", [1, 2]), ("b", [0.5, -3]), ("c", [4, 1e-3])]
    for i, how in enumerate(HOW):
        save(f"seed-plain-{i}", pq.parquet(rows, version=1 + i % 2, codec=i % 3, group=2 if i > 2 else None), i % 4, how)
    for i, shape in enumerate(pq.LEGACY):
        save(f"seed-shape-{i}", pq.parquet(rows, shape=shape), 1, 8)
    save("seed-cut", pq.parquet(rows, cut=[1, 2, 5]), 1, 0x0B)
    for name, options in {"duckdb-holes": 1 | 5 << 3, "rust-holes-v1": 1 | 5 << 3, "rust-holes-v2": 1 | 5 << 3, "duckdb-nested": 64,
                          "types": 0, "flat-holes": 1, "flat-any": 0, "flat-pages": 0, "rust-fallback": 5 << 3 | 64,
                          "duckdb-decimal": 0}.items():
        with open(os.path.join(HERE, "../../../testdata/parquet", name + ".parquet"), "rb") as f:
            save(f"seed-{name}", f.read(), options, 0x0A, 3)


def tensor():
    def save(tensors, **changes):
        header, data = {}, b""
        for name, (kind, shape, b) in tensors.items():
            header[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(data), len(data) + len(b)]}
            data += b
        header.update(changes)
        return pyjson.dumps(header).encode(), data
    x = np.array([[1, 2], [-0.5, 3e-5], [7, 0]])
    f = ("F32", [3, 2], x.astype("<f4").tobytes())
    for i, (name, bits, (header, data)) in enumerate([
            ("f32", 0, save({"a": f})), ("f64", 0, save({"a": ("F64", [3, 2], x.tobytes())})),
            ("f16", 0, save({"a": ("F16", [3, 2], x.astype("<f2").tobytes())})),
            ("bf16", 0, save({"a": ("BF16", [3, 2], x.astype("<f4").tobytes()[:12])})),
            ("between", 8, save({"i": ("I64", [1], bytes(8)), "a": f, "b": f}, __metadata__={"format": "pt"})),
            ("two", 0, save({"a": f, "b": f})), ("model", 0, save({"a": f}, __metadata__={"format": "kclust-model"})),
            ("model-asked", 8, save({"a": f}, __metadata__={"format": "kclust-model"})),
            ("flat", 8, save({"a": ("F32", [6], f[2])})), ("no-rows", 8, save({"a": ("F32", [0, 2], b"")})),
            ("cut", 8, (save({"b": f, "a": f})[0], f[2] * 2 + b"xy"))]):
        put("tensor", "seed-" + name, bytes([i % 4 | bits, HOW[i % 5], 0]), struct.pack("<H", len(header)), header, data)
    header, data = save({"a": f})
    put("tensor", "seed-whole", bytes([4, 0, 0]), struct.pack("<Q", len(header)), header, data)
    put("tensor", "seed-length", bytes([4, 0, 0]), struct.pack("<Q", 1 << 26), header, data)


def packed():
    lines = '{"term": "a", "vec": [1, 0.5]}\n{"term": "b", "vec": [0, 1.25]}\n{"term": "c", "vec": [3, 4]}\n'
    member = gzip.compress(lines.encode(), mtime=0)
    named = b"\x1f\x8b\x08\x1e" + bytes(6) + b"\x03\x00abcname\0comment\0"
    named += struct.pack("<H", zlib.crc32(named) & 0xFFFF) + member[10:]
    zstd = bytes.fromhex("28b52ffd0458310000616263640a") + struct.pack("<I", 0)
    frame = b"\x28\xb5\x2f\xfd\x20\x05" + struct.pack("<I", 5 << 3 | 1)[:3] + b"lines"
    rle = b"\x28\xb5\x2f\xfd\x60" + struct.pack("<H", 5000 - 256) + struct.pack("<I", 5000 << 3 | 1 << 1 | 1)[:3] + b"a"
    skippable = b"\x50\x2a\x4d\x18" + struct.pack("<I", 3) + b"abc"
    for i, b in enumerate([member, member + member, member + b"x", member[:-4], member[:20], named, zstd, frame,
    frame + skippable + frame,
                           rle, rle + frame, skippable, skippable[:-1], b"\x1f\x8b\x08" + bytes(17),
                               gzip.compress(b"a" * 3000, mtime=0),
                           b"plain", b"\x28\xb5\x2f\xfd\x00\x88\x00\x00\x00"]):
        put("packed", f"seed-stored-{i:02}", bytes([0, 3 if i % 2 else 15]), b)
    for i in range(16):
        put("packed", f"seed-packed-{i:02}", bytes([1, i & 1 | (i % 5) << 1, 0 if i % 3 else 100,
            i >> 2 & 3 | (i & 4), 37 * i % 256, i % 7]),
            lines, "not JSON\n" if i & 1 else "")


def options():
    for i, t in enumerate(["-k\n5:50:x1.5\n--min-size\n10\n--max-size=off\n-o\nout.tsv\n-s\nsum.json\nwords.jsonl",
                           "convert\n-f\nnpy\n-o\nx.npy\nin.jsonl", "info\n--json\n-i\nraw\n--dim\n3\n-", "help\nfit",
                           "--help", "--version",
                           "help\n--list", "help\n--completions\nbash",
                           "fit\n--columns\nterm,cluster,row\n-f\ncsv\n--tol\n1e-9\n-",
                           "KCLUST_K_MIN=3\nKCLUST_SEED=7\nKCLUST_THREADS=2\nfit\n-\n",
                           "--annotate\n--records\n/data\n--terms\nt\n--on-bad\nskip\n-",
                           "--max-line\n4K\n--max-memory=2G\n--sample\nall\n-j4\n-q\n-v\n--\n-x", "--k-m\n3", "-kq\n",
                           "--seed\n-1\n-",
                           "--progress\nalways\n--k-by\ndavies-bouldin\n-\n", "-Z\x1b[2J", "--\xff\xfe=3",
                           "-k\n2:20:0\n-", "-q\nfit\n-\n",
                           "--term-field\n/a/b\n--vec-field\nv\n-i\nauto\n--n-init\n1000000\n--max-iter\n5\n-"]):
        put("options", f"seed-{i:02}", t.encode("latin-1") if "\xff" in t else t)


def config():
    for i, (verb, log_given, t) in enumerate((
            (0, 0, "# topics\nk 5:50:x1.5\n min-size = 10 \nwhere x = 3\nwhere=y in a,b\n\nquiet\n"),
            (0, 1, "\ufefflog-format json\r\npreset news-events\r\nk-max 30%\r\noutput=x"),
            (1, 0, "k 3\nmodel m\nthreshold p5\nlog-format json\nlog-format text"),
            (6, 0, "json\njson\nrecords \n"), (0, 0, "k 3\nkk 3\n"), (0, 0, "\n--k 3"), (2, 0, "threads\n"),
            (5, 0, "quiet=yes\n"), (0, 0, "config x\n"), (3, 0, "= 3\n"), (0, 0, "output =\n"), (0, 1, ""))):
        put("config", f"seed-{i:02}", bytes([verb, log_given]), t.encode())


def model():
    def build(k=2, moved=0, pool=0, rows=None, tallied=None, **changes):
        x = np.eye(k, 2, dtype="<f4")
        info = {"kclust": "0.1.0", "rows": 2 * k, "generation": 1, "updates": 0, "joined": 0, "born": 0,
                "unassigned": pool, "next_id": k, "created": None,
                "options": {"k_min": 2, "k_max": 5, "k_step": 1, "k_factor": 0.0, "k_by": "silhouette", "min_size": 1,
                            "max_size": 0, "n_init": 10, "max_iter": 100, "tol": 1e-06, "seed": 42, "sample": 250000},
                "baseline": {"silhouette": None, "similarity": 0.5, "calinski_harabasz": None, "davies_bouldin": 0.1,
                             "inertia": 0.01, "objective": 4.0},
                "lineage": [{"id": i, "generation": 1, "update": 0, "rows": 2, "gone": None} for i in range(k)],
                "representatives": [[{"term": "a\u0416", "similarity": 0.9}] for i in range(k)],
                "pool_terms": [f"p{i}" for i in range(pool)]}
        info.update(changes)
        tensors = [("ids", "I64", np.arange(k, dtype="<i8")), ("counts", "I64", np.full(k, 2, "<i8")),
                   ("sums", "F64", 2 * x.astype("<f8")), ("moved_hash", "U64", np.arange(moved, dtype="<u8")),
                   ("moved_place", "I64", np.zeros(moved, "<i8")), ("moved_count", "I64", np.ones(moved, "<i8")),
                   ("centroids", "F32", x), ("quantiles", "F32", np.tile(np.linspace(0, 1, 101, dtype="<f4"), (k, 1))),
                   ("pool", "F32", np.tile(np.array([[0.6, 0.8]], "<f4"), (pool, 1)))]
        if rows:
            at, scale = np.arange(2 * k), np.float32(1 / 127)
            tensors += [("row_hashes", "U64", at.astype("<u8") * 5), ("row_labels", "I32", (at % (k + 1) - 1).astype("<i4"))]
            tensors += [("rows", "F16", x[at % k].astype("<f2"))] if rows == "F16" else [
                ("row_scales", "F32", np.full(2 * k, scale, "<f4")), ("rows", "I8", (127 * x[at % k]).astype("i1"))]
        if tallied: # rows of the first cluster
            counts = np.array([tallied] + [0] * (k - 1), "<i8")
            info["tally"] = {"rows": tallied + 1, "unassigned": 1}
            tensors += [("tally_counts", "I64", counts),
                        ("tally_units", "I64", (counts[:, None] * x * 2 ** 30).astype("<i8")),
                        ("tally_rest", "I64", (counts[:, None] * x * 5).astype("<i8"))]
        version = "2" if "kind" in info else "1"
        header, data = {"__metadata__": {"format": "kclust-model", "version": version, "info": pyjson.dumps(info)}}, b""
        for name, kind, a in tensors:
            b = a.tobytes()
            header[name] = {"dtype": kind, "shape": list(a.shape), "data_offsets": [len(data), len(data) + len(b)]}
            data += b
        return pyjson.dumps(header).encode(), data
    event = {"generation": 2, "update": 1, "time": 1760000000, "rows": 5, "joined": 3, "born": 1, "unassigned": 2, "clusters": 2,
             "similarity": 0.9, "silhouette": None, "variation": 0.25, "shares": [[0, 2], [1, 1]]}
    events = [dict(event, generation=1, update=0, time=None, shares=[]), event, dict(event, update=2, time=None, shares=[[9, 3]])]
    for i, (name, (header, data)) in enumerate({"one": build(1), "two": build(2, moved=2), "pool": build(2, pool=3),
                                                "ids": build(2, next_id=1), "updates": build(1, updates=2, joined=3),
                                                "votes": build(2, rows="F16", kind="votes"), "small": build(1, kind="small"),
                                                "bytes": build(2, rows="I8", kind="votes"),
                                                "history": build(2, updates=2, joined=5, generation=2, history=events),
                                                "labelled": build(2, generation=2, history=events[1:]),
                                                "tally": build(2, tallied=3), "tally-full": build(1, tallied=2 ** 32 - 1)}.items()):
        put("model", "seed-parts-" + name, bytes([1 + i % 2 * 2 + (4 * (i % 4) if i > 7 else 0)]), header,
            b"\0", data)
    header, data = build(1)
    put("model", "seed-whole", bytes([0]), struct.pack("<Q", len(header)), header, data)
    put("model", "seed-length", bytes([2]), struct.pack("<Q", 1 << 60), header)
    put("model", "seed-empty", bytes([1]), "{}", b"\0")


def maps():
    def build(n=4, d=2, dims=2, info=None, **changes):
        x = np.eye(d, dtype="<f2")[np.arange(n) % d]
        told = {"kclust": "0.2.0", "method": "tsne", "exaggeration": 1.0, "perplexity": 1.5}
        told.update(info or {})
        header, data = {"__metadata__": {"format": "kclust-map", "version": "1", "info": pyjson.dumps(told), **changes}}, b""
        for name, kind, a in (("row_hashes", "U64", np.arange(n, dtype="<u8") * 3), ("places", "F32", np.arange(n * dims, dtype="<f4")
                              .reshape(n, dims) - 3), ("rows", "F16", x)):
            b = a.tobytes()
            header[name] = {"dtype": kind, "shape": list(a.shape), "data_offsets": [len(data), len(data) + len(b)]}
            data += b
        return pyjson.dumps(header).encode(), data
    for i, (name, (header, data)) in enumerate({"tsne": build(), "three": build(5, 3, 3), "one": build(1), "many": build(40, 4),
                                                "pca": build(info={"method": "pca", "exaggeration": 0, "perplexity": 0}),
                                                "later": build(version="2"), "model": build(format="kclust-model"),
                                                "version": build(info={"kclust": "<script>"})}.items()):
        put("map", "seed-parts-" + name, bytes([1 + i % 2 * 2]), header, b"\0", data)
    header, data = build()
    put("map", "seed-whole", bytes([0]), struct.pack("<Q", len(header)), header, data)


def summary():
    def k(k, **more):
        return {"k": k, "rows": 40, "silhouette": 0.5 / k, "inertia": 13.5 / k, "objective": 32.25, "calinski_harabasz": 20.5,
                "davies_bouldin": 1.25, "iterations": 4, "macro_silhouette": 0.5, **more}

    def cluster(i, **more):
        return {"id": i, "size": 10 - i, "cohesion": 0.75, "silhouette": 0.5, "representative": "word <a>", "label": "a & b, \u0416",
                "keywords": [{"word": "a", "weight": 0.5}, {"word": "\u0416\"", "weight": None}], **more}
    plain = {"version": "0.2.0", "n": 40, "dim": 4, "k": 3, "silhouette": 0.5, "seed": 42, "k_by": "silhouette", "k_selected": 3,
             "sweep": [k(2), k(3), k(5)], "clusters": [cluster(i) for i in (0, 1, 7)], "unassigned": 2, "skipped": 1,
             "warnings": ["k is at its limit", "a <b>"], "command": "kclust -k 2:5 'a b'", "input": {"format": "jsonl", "terms": "term"},
             "space": {"name": "cosine"}, "limit_broken": "no"}
    evidence = dict(plain, k_by="auto", structure=False, sweep=[
        k(j, modularity=0.5, stability=0.25 * j, prediction_strength=0.5, gap=0.125 * j, merit=1.5, support=0.5) for j in (2, 3, 4)],
        clusters=[cluster(i, stability=0.5) for i in range(4)])
    levels = dict(plain, levels=[{"k": 1, "parents": [0, 0, 0]}, {"k": 2, "parents": [0, 1, None]}])
    odd = dict(plain, sweep=[k(3, silhouette=1e300), k(2, silhouette=-1e300), k(2, inertia=0)], clusters=[cluster(0), cluster(0), 3])
    for i, (name, s) in enumerate({"plain": plain, "evidence": evidence, "levels": levels, "odd": odd,
                                   "none": dict(plain, clusters=[], sweep=[]), "empty": {"k": 1, "clusters": 0}}.items()):
        for flags in (0, 1, 2, 3):
            if flags == 0 or (flags + i) % 3 == 0:
                put("summary", "seed-%s-%d" % (name, flags), bytes([flags]), pyjson.dumps(s))


def words():
    glove = "the 0.5 -0.25\n. . 1 2\nat name@domain.com 3 4\n\" 5 6\n\n7 +7 .8 \r\n\u00e9 1. 007"
    bad = glove + "\nx 1\ny 1 2 3\nz nan 1\n 1 2\nzero 0 0\nv 1:2 3:4\nlast 1e39 1"
    for i, (name, options, t) in enumerate((
            ("glove", 0, glove), ("glove-skip", 1, bad), ("glove-first", 1, "x a\nb 1 2\n"),
            ("word2vec", 4, "6 2\n" + glove), ("fewer", 4, "9 2\n" + glove), ("more", 5, "2 2 \n" + glove),
            ("skip", 7, "13 2\r\n" + bad), ("lie", 4, "99999999999 99999\na 1"), ("none", 4, "0 3\n"))):
        put("words", "seed-" + name, bytes([options, HOW[i % 5], 140 if i == 1 else 0]), t)


def columns():
    csv = 'term,x,y\n"a ""b"", c",0.5,1\r\n"two\nlines",+1.5,.25\n\nplain,"2", 3 \nq"x,1.,-007'
    bad = csv + '\n"u"v,1,2\nw,1\n,1,2\nx,nan,2\ny,1e39,1\nz,,1\n"never,1,2\n'
    tsv = 'a\t0.5\t1\n"b\tc"\t1\t2\n"\t3\t4\n"d" e\t5\t6\nf\\tg\\\\\\x41\t7\t8\n\\N\t1\t2\n'
    for i, (name, options, limit, t) in enumerate((
            ("csv", 0, 0, csv), ("skip", 1, 0, bad), ("short", 1, 135, bad), ("tsv", 4, 0, tsv), ("tsv-skip", 5, 2, tsv),
            ("named", 0x90 + 8, 1, "x,v,t\n1,2,a\n3,4,b\n"), ("range", 8, 2, "a,1,2\nb,3,4\n"),
            ("counted", 0, 0, ",0,1\na,1,2\n"), ("unclear", 0, 0, "t,0,1\na,1,2\n"),
            ("all", 16, 2, "0.5,1,2\n3,4,5\n"), ("pgvector", 0, 0, 'id,emb\n1,"[0.5,-1e-05]"\n2,"[1,2]"\n'),
            ("copy", 4, 0, "1\t[0.5,1]\n2\t[1,2]\n3\t[1]\n4\t{1:2}/3\n"),
            ("middle", 0, 0, "x,term,y\n1,a,2\n3,b,4\n"))):
        put("columns", "seed-" + name, bytes([options, HOW[i % 5], limit]), t)


def word2vec_bin():
    a, b = b"a " + struct.pack("<2f", 1, -2), "\u00e9 ".encode() + struct.pack("<2f", 3, 4)
    for i, (name, options, data) in enumerate((
            ("plain", 0, b"2 2\n" + a + b"\n" + b + b"\n"), ("without", 0, b"2 2\n" + a + b), ("cut", 0, b"2 2\n" + a + b[:-1]),
            ("more", 1, b"1 2\n" + a + b), ("skip", 3, b"3 2\n" + a + b"b " + struct.pack("<2f", 0, 0) + b"\xff " + b[-8:]),
            ("lie", 0, b"99999999999999 2\n" + a), ("term", 0, b"2 2\n" + a + b"x" * 200))):
        put("word2vec-bin", "seed-" + name, bytes([options, HOW[i % 5], 140 if name == "term" else 0]), data)


def first_lines():
    for i, t in enumerate((b"the 1 2\na 3 4\n", b"2 2\na 1 2\nb 3 4\n", b"1 2\na " + struct.pack("<2f", 1, -2),
                           b"t,x,y\na,1,3\n", b"\t0\t1\na\t1\t3\n", b"\xef\xbb\xbf\n \na,1.5,3\n", b"hello world\n",
                           b"0.5,1,2\n3,4,5\n", b'"two\nlines",x,y\na,1,3\n', b"1\t[1,2]\n", b"  \n\n 1 2\n")):
        put("first-lines", f"seed-{i:02}", bytes([i & 1, HOW[i % 5], 0]), t)


def checkpoint():
    for i, how in enumerate((0, 1, 2, 4, 8, 16, 0x21, 0x28)):
        for step in (0, 3, 9, 25):
            put("checkpoint", "seed-%d-%d" % (how, step), bytes([how, step]),
                struct.pack("<BHQ", 3 * i, 7 * step, i) if step > 3 else b"")


def date():
    for i, t in enumerate(("2024-05-01", "2024-02-29T23:59:60.123456789+05:30", "0001-01-01 00:00:00", "9999-12-31t23:59:59.9999999z",
                           "1714521600", "-1.5e3", "2023-02-29", "1970-01-01T00:00:00-00:01", "2024-05-01T12:00", "1e300")):
        put("date", f"seed-{i:02}", t)


def fields():
    rows = ["".join('{"n": "%s%d", "v": [%d, %d, %d], "t": "2024-05-%02dT0%d:00:00Z", "g": "%s", "h": [%d], "w": %d, '
                    '"a": ["x%d", "y"], "b": "%d", "d": "doc%d"}\n' %
                    (name, i, 9 if i % 3 == 0 else i % 2, 9 if i % 3 == 1 else 1, 9 if i % 3 == 2 else 0, 1 + i // 4, i, "pq"[i % 2], i % 2,
                     1 + i % 3, i % 3, i % 4, i // 2) for i in range(9)) for name in ("r", "\u00e9 word ")]
    odd = '{"n": null, "v": [1, 0, 0], "t": 1714521600.5, "g": {"k": [null, 1e3]}, "h": {"0": 1}, "w": "1e-3", "a": {}, "b": [[1]], "d": 7}\n'
    late = '{"v": [0, 1, 0], "t": "9999-12-31", "w": 1e300}\n{"v": [0, 1, 1], "t": "0001-01-01", "w": 1e-300}\n'
    for i, how in enumerate(((0, 0), (0x02, 0), (0x06, 8), (0x0A, 1), (0x1A, 6), (0x28, 4), (0x7F, 0x7E), (0xFF, 0xFF), (0x91, 0x30), (0x60, 2))):
        put("fields", f"seed-{i:02}", bytes(how), rows[i % 2] + (odd if i % 3 else "") + (late if i % 4 == 1 else ""))


def shape():
    sys.path.insert(0, os.path.join(HERE, "../../cases"))
    import shapes
    for i, (name, text) in enumerate(shapes.FILES.items()):
        put("shape", "seed-" + name.rsplit(".", 1)[0], bytes([(0, 0, 1, 4, 2)[i % 5], HOW[i // 5 % 5], 0]), text)


def table():
    note = 'id;note;e0;cluster_id;e1;year\na;"x; ""q""\ny";0.9;7;0.1;2020\nb;;0.8;7;0.2;007\nc;z;0.1;7;0.9;1.50\n'
    for i, (name, options, more, t) in enumerate((
            ("annotated", 0x44, 0, note), ("objects", 0x84, 16, note), ("skip", 5, 48, note.replace("0.8", "x")),
            ("delimiter", 0x10, 4, note), ("r", 0x44, 0, '"V1","V2"\n"a",0.5,0.25\n"b",0.5,0.75\n'),
            ("pandas", 4, 0, ",0,1,2\n0,0.1,0.2,0.3\n1,0.4,0.5,0.6\n"), ("shuffled", 4, 0, "e1|t|e0\n1|a|2\n3|b|4\n"),
            ("numpy", 4, 0, 'id,emb\n1,"[0.5  -1.\n 2. ]"\n2,"[1. 2. 3.]"\n'), ("braces", 4, 0, 'id,v\n1,"{1,2}"\n2,"{3,4}"\n'),
            ("hex", 4, 0, "id,v\n1," + struct.pack("<4f", 1, 2, 3, 4).hex() + "\n2," + struct.pack("<4f", 1, 2, 3, 5).hex() + "\n"),
            ("copy", 0x42, 1, "a\tx\\ty\t[0.5,1]\n\\N\tz\t[1,2]\nb\t\\\\\t[1,3]\n"), ("tsv-csv", 0x42, 2, 'a\t"x\ty\nz"\t1\t2\nb\tc\t3\t4\n'),
            ("tsv", 0x42, 0, 'a\t"x\ty\nz"\t1\t2\nb\tc\t3\t4\n'), ("backslash", 2, 0, "a\\b\t1\t2\nc\t3\t4\n"),
            ("numbers", 6, 0, "# x\n0.5 1\n 1e-5\t2\n"), ("named", 4, 12, note), ("doubt", 4, 0, "id,w,n\na,1.5,2\nb,2.5,1\n"),
            ("index", 4, 0, "1,0.5,0.25\n2,0.5,0.75\n"))):
        put("table", "seed-" + name, bytes([options, HOW[i % 5], 0, more]), t)


def labels():
    texts = ("a\t0\nb\t-1\nc\\td\t0\n", "term,cluster_id\na,0\n\"b,\nc\",1\n", '{"id":"a","label":"x"}\n{"id":"b","label":2.0}\n',
             "x\ny\nx\n", "[0, 1, -1, 2]\n", "name;topic;p\na;3;0.5\nb;-1;0.25\n", '"","x"\n"1","a"\n"2","b"\n',
             "a,sport,9\nb,news,1\n", "a\tb\nc\n", "1.0\n2.000e+00\n-1.0\n", "label\nx\n\ny\n")
    for i, t in enumerate(texts):
        put("labels", f"seed-{i:02}", bytes([(8, 0, 8, 4, 24)[i % 5] if i > 4 else 8, i % 8 | 8 * (i % 4)]), t)
    npy = io.BytesIO()
    np.save(npy, np.array([3, -1, 0], "<i2"))
    put("labels", "seed-npy", bytes([8, 3]), npy.getvalue())
    metadata = ("id,lang,year\nr,en,2020\n\"b\n\",,007\n", "id\tlang\tyear\nr\t\\N\t1\nb\tx\\ty\t2\n", "lang\nen\nfr\n",
                '{"id":1,"lang":"en","year":[1]}\n{"id":2}\n',
                '{"metadata_store":{"v":{"metadata":{"lang":"en"}}},"id_map":{"v":0}}')
    for i, t in enumerate(metadata):
        put("labels", f"seed-metadata-{i}", bytes([128 + (i < 2), i]), t)


for target in (shape, table, labels, config, date, fields, words, columns, word2vec_bin, first_lines, number, json, jsonl, kvec, npy,
               raw, packed, options, model, maps, summary, faiss, fvecs, tensor, checkpoint, parquet):
    target()
