"""The same rows as files of every format that other programs write, with the records that may accompany them. The
harnesses let kclust read each of them once."""
import gzip
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cases"))
import data  # noqa: E402
import parquet  # noqa: E402


def words(rows):
    return "".join("t%d_ %s\n" % (i, " ".join("%.9g" % x for x in v)) for i, v in enumerate(rows)).encode()


def columns(rows, sign):
    return [sign.join(["t%d" % i] + ["%.9g" % x for x in v]) for i, v in enumerate(rows)]


def others(rows):
    """Return [(what, file name, bytes, options to read it)] for rows of floats."""
    n, d = len(rows), len(rows[0])
    head = b"%d %d\n" % (n, d)
    named = [("t%d" % i, v) for i, v in enumerate(rows)]
    names = ",".join("x%d" % j for j in range(d))
    floats = [data.fvecs([v])[4:] for v in rows]
    other = {"other": ("I64", [3], bytes(24)), "rows": data.tensor(rows)}
    return [
        ("faiss", "a.faiss", data.faiss(rows), []),
        ("faiss with ids", "ids.faiss", data.faiss(rows, ids=[1000 + 7 * i for i in range(n)]), []),
        ("faiss with ids, compressed", "ids.faiss.gz", gzip.compress(data.faiss(rows, ids=[5 - i for i in range(n)]), mtime=0), []),
        ("fvecs", "a.fvecs", data.fvecs(rows), []),
        ("bvecs", "a.bvecs", data.bvecs([[min(255, int(16 * abs(x)) + 1) for x in v] for v in rows]), []),
        ("safetensors", "a.safetensors", data.safetensors(other), ["--tensor", "rows"]),
        ("word2vec", "a.vec", head + words(rows), []),
        ("word2vec-bin", "a.bin", head + b"".join(b"t%d %s\n" % (i, v) for i, v in enumerate(floats)), []),
        ("glove", "a.glove", words(rows), []),
        ("csv", "a.csv", ("term,%s\n" % names + "".join(x + "\n" for x in columns(rows, ","))).encode(), []),
        ("tsv", "a.tsv", "".join(x + "\n" for x in columns(rows, "\t")).encode(), ["--vec-field", "2-"]),
        ("pgvector", "pg.csv", "".join('"t, %d","[%s]"\n' % (i, ",".join("%.9g" % x for x in v))
                                       for i, v in enumerate(rows)).encode(), []),
        ("parquet", "a.parquet", parquet.parquet(named, group=25), []),
        ("parquet with packed pages", "z.parquet", parquet.parquet(named, codec=2, cut=[d, 3 * d + 1]), []),
        ("parquet, compressed", "b.parquet.gz", gzip.compress(parquet.parquet(named, codec=1, version=2), mtime=0), []),
    ]


def lines_of_fields(n):
    """Return metadata as JSONL, in another order than the rows: `key` is the number of the row."""
    return b"".join(b'{"key": %d, "name": "name %d", "kind": ["x", "%s"]}\n' % (i, i, b"ab"[i % 2:i % 2 + 1])
                    for i in reversed(range(n)))


def index_of_fields(n):
    """Return the JSON file beside an index, which has the position of each vector id."""
    ids = ["id%03d" % i for i in range(n)]
    store = {x: {"source_id": "doc %d" % (i // 2), "metadata": {"kind": "ab"[i % 2]}} for i, x in enumerate(ids)}
    return json.dumps({"metadata_store": store, "id_map": {x: i for i, x in enumerate(ids)}, "more": [1, {}]}).encode()


# Beside rows without terms of their own.
WITH_LINES = ["--metadata-key", "key", "--where", "kind in a, c", "--where", "name != \"name 2\""]
WITH_INDEX = ["--where", "kind = a", "--term-field", "source_id"]
