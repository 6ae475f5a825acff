"""The same rows in every form that kclust reads: formats, compressions, and ways into the process."""

import gzip
import json
import os
import shutil
import struct
import subprocess
import sys
import time

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../cases"))
import parquet as pq  # noqa: E402


def jsonl(terms, x):
    return b"".join(b'{"term": %s, "vec": %s}\n' % (json.dumps(t).encode(), json.dumps(v).encode())
                    for t, v in zip(terms, x.astype(np.float64).tolist()))


def array(terms, x):
    return json.dumps([{"id": t, "embedding": v} for t, v in zip(terms, x.astype(np.float64).tolist())],
                      indent=1).encode()


def kvec(terms, x):
    out = [b"KCV1", struct.pack("<I", x.shape[1])]
    for i, (term, row) in enumerate(zip(terms, x)):
        if i == len(terms) // 2:  # a header in the middle, as where two files were joined
            out += out[:2]
        name = term.encode()
        out += [struct.pack("<I", len(name)), name, row.astype("<f4").tobytes()]
    return b"".join(out)


def npy(dtype):
    def write(_, x):
        kind = np.dtype(dtype)
        head = ("{'descr': '%s', 'fortran_order': False, 'shape': (%d, %d), }" % (kind.str, *x.shape)).encode()
        head += b" " * (-(10 + len(head) + 1) % 64) + b"\n"
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + x.astype(kind).tobytes()
    return write


def raw(_, x):
    return x.astype("<f4").tobytes()


def faiss(_, x):
    return (b"IxFI" + struct.pack("<iqqqBi", x.shape[1], len(x), 1 << 20, 1 << 20, 1, 0) +
            struct.pack("<Q", x.size) + x.astype("<f4").tobytes())


def faiss_ids(terms, x):
    """An index in an id map; --terms replaces its ids."""
    head = b"IxM2" + struct.pack("<iqqqBi", x.shape[1], len(x), 1 << 20, 1 << 20, 1, 0)
    return head + faiss(terms, x) + struct.pack("<Q", len(x)) + np.arange(7, 7 + len(x), dtype="<i8").tobytes()


def fvecs(_, x):
    lead = np.full((len(x), 1), x.shape[1], "<i4").view("<f4")
    return np.hstack([lead, x.astype("<f4")]).tobytes()


def safetensors(_, x):
    """As float16, which is exact here, between other tensors."""
    parts = {"ids": ("I64", np.arange(3)), "emb": ("F16", x.astype("<f2")), "end": ("U8", np.zeros(5, "u1"))}
    header, data = {}, b""
    for name, (kind, a) in parts.items():
        header[name] = {"dtype": kind, "shape": list(a.shape), "data_offsets": [len(data), len(data) + a.nbytes]}
        data += a.tobytes()
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def texts(x):
    """Return a row's numbers as text, shortest and exact."""
    return [[repr(v) for v in row] for row in x.astype(np.float64).tolist()]


def words(head):
    """A file with terms, which --terms replaces: its terms must not end in a number."""
    def write(_, x):
        lines = (f"w{i}_ " + " ".join(row) + "\n" for i, row in enumerate(texts(x)))
        return ((f"{len(x)} {x.shape[1]}\n" if head else "") + "".join(lines)).encode()
    return write


def word2vec_bin(_, x):
    rows = (f"w{i} ".encode() + row.astype("<f4").tobytes() + b"\n" * (i % 2) for i, row in enumerate(x))
    return f"{len(x)} {x.shape[1]}\n".encode() + b"".join(rows)


def quoted(term):
    return '"' + term.replace('"', '""') + '"'


def escaped(term):
    return term.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def csv(terms, x):
    head = "term," + ",".join(f"x{j}" for j in range(x.shape[1])) + "\r\n"
    return (head + "".join(quoted(t) + "," + ",".join(r) + "\r\n" for t, r in zip(terms, texts(x)))).encode()


def tsv(terms, x):
    return "".join(escaped(t) + "\t" + "\t".join(r) + "\n" for t, r in zip(terms, texts(x))).encode()


def pgvector(terms, x):
    return ("id,note,embedding\n" + "".join(quoted(t) + ',"a\nb","[' + ",".join(r) + ']"\n'
                                            for t, r in zip(terms, texts(x)))).encode()


def parquet(**how):
    def write(terms, x):
        return pq.parquet(list(zip(terms, x.tolist())), **how)
    return write


FORMATS = {"jsonl": jsonl, "array": array, "kvec": kvec, "npy-f2": npy("<f2"), "npy-f4": npy("<f4"),
           "npy-f8": npy("<f8"), "npy-big-endian": npy(">f4"), "raw": raw, "faiss": faiss,
           "faiss-ids": faiss_ids, "fvecs": fvecs, "safetensors": safetensors,
           "word2vec": words(True), "word2vec-bin": word2vec_bin, "glove": words(False), "csv": csv, "tsv": tsv,
           "pgvector": pgvector, "parquet": parquet(), "parquet-groups": parquet(codec=2, version=2, group=700),
           "parquet-pages": parquet(codec=1, cut=[1000, 1501, 1502])}
FORMS_WITH_TERMS = ("jsonl", "array", "kvec", "csv", "tsv", "pgvector", "parquet", "parquet-groups", "parquet-pages")
PACKERS = {"plain": None, "gzip": lambda b: gzip.compress(b, 1, mtime=0)}
if shutil.which("zstd"):
    PACKERS["zstd"] = lambda b: subprocess.run(["zstd", "-q", "-1", "-c"], input=b, stdout=subprocess.PIPE,
                                               check=True).stdout


class Set:
    """Rows whose numbers are exact in half precision, as files in every form below `folder`."""

    def __init__(self, name, terms, x, folder):
        self.name, self.terms = name, terms
        self.x = x.astype(np.float16).astype(np.float32)
        keep = np.any(self.x != 0, axis=1)
        self.x, self.terms = self.x[keep], [t for t, k in zip(terms, keep) if k]
        self.folder = os.path.join(folder, name)
        os.mkdir(self.folder)
        self.term_file = os.path.join(self.folder, "terms")
        with open(self.term_file, "w", encoding="utf-8", newline="\n") as f:
            f.write("".join(t + "\n" for t in self.terms))

    def file(self, form, pack):
        """Return the path of one form, which is written at the first call."""
        path = os.path.join(self.folder, form + "." + pack)
        if not os.path.exists(path):
            data = FORMATS[form](self.terms, self.x)
            with open(path, "wb") as f:
                f.write(PACKERS[pack](data) if PACKERS[pack] else data)
        return path

    def options(self, form):
        """Return the options that this form needs beside its file."""
        named = ["--terms", self.term_file] if form not in FORMS_WITH_TERMS else []
        asked = {"raw": ["-i", "raw", "--dim", str(self.x.shape[1])], "fvecs": ["-i", "fvecs"],
                 "tsv": ["-i", "tsv", "--header", "no", "--vec-field", "2-"]}
        return named + asked.get(form, [])


def trickle(process, path, rng):
    """Write the file to the process's standard input, in writes of random sizes; the first ones are tiny and slow, so
    that the reader sees them one by one."""
    with open(path, "rb") as f:
        data = f.read()
    at, n = 0, 0
    try:
        while at < len(data):
            size = int(rng.integers(1, 9)) if n < 12 else int(2 ** rng.uniform(0, 17))
            os.write(process.stdin.fileno(), data[at:at + size])
            at, n = at + size, n + 1
            if n <= 12:
                time.sleep(0.001)
    except BrokenPipeError:
        pass
    process.stdin.close()
