"""Sets of rows for the checks, and the formats that they are written in."""

import gzip
import json
import os
import struct

import numpy as np


class Set:
    """Terms and rows, as kclust is to read them. `file` is their JSONL file."""

    def __init__(self, name, terms, x, file):
        self.name = name
        self.terms = terms
        self.x = x  # (n, d) float32, as read, zero rows included
        self.file = file
        self.rows = np.flatnonzero(np.any(x != 0, axis=1))  # the good rows' numbers
        wide = x[self.rows].astype(np.float64)
        self.unit = wide / np.linalg.norm(wide, axis=1, keepdims=True)


def read_jsonl(path):
    """Terms and rows of a JSONL file, plain or gzip."""
    terms, rows = [], []
    with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8") as f:
        for line in f:
            record = json.loads(line)
            terms.append(record["term"])
            rows.append(record["vec"])
    return terms, np.array(rows, dtype=np.float64).astype(np.float32)


def jsonl(terms, x):
    """The lines of JSONL; the numbers read back as the same float32."""
    return [b'{"term": %s, "vec": [%s]}\n' % (json.dumps(t).encode("ascii"), ", ".join(map(repr, v)).encode("ascii"))
            for t, v in zip(terms, x.astype(np.float64).tolist())]


def write(path, lines, compress=False):
    """A file of these lines, plain or gzip."""
    data = b"".join(lines)
    with open(path, "wb") as f:
        f.write(gzip.compress(data, 1) if compress else data)


def kvec(terms, x):
    """The bytes of a kvec stream."""
    out = [b"KCV1", struct.pack("<I", x.shape[1])]
    for term, row in zip(terms, x):
        name = term.encode("utf-8")
        out += [struct.pack("<I", len(name)), name, row.astype("<f4").tobytes()]
    return b"".join(out)


def write_npy(path, terms, x):
    """npy, with the terms beside it."""
    np.save(path, x)
    with open(path + ".terms", "w", encoding="utf-8", newline="\n") as f:
        f.write("".join(t + "\n" for t in terms))


def blobs(rng, n, d, count, spread):
    """Rows around `count` random centres; noise of about length `spread`, centres of length 1."""
    c = rng.standard_normal((count, d))
    c /= np.linalg.norm(c, axis=1, keepdims=True)
    return c[rng.integers(count, size=n)] + rng.standard_normal((n, d)) * (spread / np.sqrt(d))


def random_sets(seed, folder):
    """Small sets of the shapes that differ inside kclust: around one tile of 256 rows, wider than long, two
    dimensions, rows of very different lengths, many duplicates, tight clusters, no clusters at all."""
    rng = np.random.default_rng(seed)
    twins = blobs(rng, 60, 12, 5, 1.0)
    scaled = blobs(rng, 512, 33, 6, 1.0)
    made = {
        "blobs": blobs(rng, 300, 24, 7, 1.0),
        "one-tile": blobs(rng, 256, 16, 4, 1.2),
        "tile-and-one": blobs(rng, 257, 5, 3, 0.8),
        "wide": blobs(rng, 120, 700, 5, 1.5),
        "plane": rng.standard_normal((64, 2)),
        "scaled": scaled * 10.0 ** rng.uniform(-3, 3, (512, 1)),
        "twins": twins[rng.integers(60, size=400)],
        "tight": blobs(rng, 513, 16, 6, 0.05),
        "noise": rng.standard_normal((1000, 8)),
    }
    out = []
    for name, x in made.items():
        x = np.ascontiguousarray(x, dtype=np.float32)
        terms = ["%s \u00e9\u4e2d\U0001f600 %d" % (name, i) for i in range(len(x))]
        path = os.path.join(folder, name + ".jsonl")
        write(path, jsonl(terms, x))
        out.append(Set(name, terms, x, path))
    return out


def load(name, path):
    """A set from a JSONL file."""
    return Set(name, *read_jsonl(path), path)
