#!/usr/bin/env python3
"""Synthetic embeddings with known centres, the same for the same arguments.

    gen.py --n 1500 --d 1536 --centres 12 --spread 1.5 --seed 1 --npy OUT.npy --jsonl OUT.jsonl --labels OUT.txt

A centre is a random unit vector that leans towards one common direction, as the centres of real embeddings do
(two of them have a cosine of about 0.2). A row is its centre plus Gaussian noise of length SPREAD, normalised:
two rows of one cluster have a cosine of about 1 / (1 + SPREAD^2). The largest cluster has some four times the rows
of the smallest. JSONL numbers are the shortest that read back as the same float32: 8 or 9 digits, as APIs print.
"""

import argparse
import json
import os

import numpy as np

BLOCK = 4096  # rows made at a time: bounds the memory


def centres(d, count, rng):
    """The centres (count, d), unit vectors."""
    common = rng.standard_normal(d) / np.sqrt(d)
    own = rng.standard_normal((count, d)) / np.sqrt(d)
    c = own + 0.5 * common
    return c / np.linalg.norm(c, axis=1, keepdims=True)


def blocks(n, d, count, spread, seed):
    """The rows in blocks: pairs of x (m, d) float32 and gold labels (m)."""
    rng = np.random.default_rng([seed, n, d, count])
    c = centres(d, count, rng)
    weights = np.linspace(1.0, 4.0, count)
    weights /= weights.sum()
    for start in range(0, n, BLOCK):
        m = min(BLOCK, n - start)
        gold = rng.choice(count, m, p=weights)
        x = c[gold] + rng.standard_normal((m, d)) * (spread / np.sqrt(d))
        x /= np.linalg.norm(x, axis=1, keepdims=True)
        yield x.astype(np.float32), gold


def number(x):
    """A float32 as JSON: the shortest decimal that reads back as the same float32."""
    text = str(x)
    return text if text[-1] != "." else text + "0"


def write(n, d, count, spread, seed, npy=None, jsonl=None, labels=None):
    """Write the set to the paths given. A path appears when its file is complete."""
    paths = [p for p in (npy, jsonl, labels) if p]
    out = {p: open(p + ".part", "wb") for p in paths}
    if npy:
        np.lib.format.write_array_header_1_0(
            out[npy], {"descr": "<f4", "fortran_order": False, "shape": (n, d)})
    row = 0
    for x, gold in blocks(n, d, count, spread, seed):
        if npy:
            out[npy].write(x.astype("<f4").tobytes())
        for i in range(len(x)):
            if jsonl:
                vec = ",".join(map(number, x[i]))
                out[jsonl].write(('{"term": %s, "vec": [%s]}\n' % (json.dumps("row %d" % row), vec)).encode())
            if labels:
                out[labels].write(b"%d\n" % gold[i])
            row += 1
    for p in paths:
        out[p].close()
        os.replace(p + ".part", p)


def main():
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("--n", type=int, required=True, help="rows")
    a.add_argument("--d", type=int, required=True, help="dimensions")
    a.add_argument("--centres", type=int, default=12)
    a.add_argument("--spread", type=float, default=1.5, help="length of the noise; a centre has length 1")
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--npy", help="write the rows here")
    a.add_argument("--jsonl", help="write terms and rows here")
    a.add_argument("--labels", help="write each row's centre here, a line a row")
    o = a.parse_args()
    if not (o.npy or o.jsonl or o.labels):
        a.error("nothing to write: give --npy, --jsonl or --labels")
    write(o.n, o.d, o.centres, o.spread, o.seed, o.npy, o.jsonl, o.labels)


if __name__ == "__main__":
    main()
