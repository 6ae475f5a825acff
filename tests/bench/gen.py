#!/usr/bin/env python3
"""Synthetic embeddings with known centres, the same for the same arguments.

    gen.py --n 1500 --d 1536 --centres 12 --spread 1.5 --seed 1 --npy OUT.npy --jsonl OUT.jsonl --labels OUT.txt
    gen.py --n 1000000 --d 384 --centres 200 --decay 0.8 --topics 20 --kvec OUT.kvec

A centre is a random unit vector that leans towards one common direction, as the centres of real embeddings do
(two of them have a cosine of about 0.2). A row is its centre plus Gaussian noise of length SPREAD, normalised:
two rows of one cluster have a cosine of about 1 / (1 + SPREAD^2). The largest cluster has some four times the rows
of the smallest. JSONL numbers are the shortest that read back as the same float32: 8 or 9 digits, as APIs print.

Without --decay all directions are alike; in many of them the noise hardly reaches from one centre to the next, and
the clusters are far apart. With --decay P the variance of the j-th principal direction falls as (j + 1)^-P, of the
centres as of the noise, as in real embeddings: few directions count, and the clusters overlap. The directions are
then turned out of the axes (signs, a permutation and a Walsh-Hadamard transform over blocks of the largest power of
two in d), so that no single coordinate says more than another. With --topics T the centres then lie around T others,
as passages lie around subjects and these around fields: the best k is near T, and more clusters still find structure.

The rows are made in blocks and written at once: memory does not grow with --n.
"""

import argparse
import json
import os
import struct

import numpy as np

BLOCK = 4096  # rows made at a time: bounds the memory
NEAR = 1.0    # how far the centres are from their topic, in lengths of a topic


def lean(own, common, lengths=1.0):
    """Centres (count, d) of unit length: their own directions, leaning towards the common one."""
    c = (own + 0.5 * common) * lengths
    return c / np.linalg.norm(c, axis=1, keepdims=True)


def centres(d, count, rng):
    """The centres (count, d), unit vectors, all directions alike."""
    common = rng.standard_normal(d) / np.sqrt(d)
    own = rng.standard_normal((count, d)) / np.sqrt(d)
    return lean(own, common)


class Turn:
    """A fixed turn of the axes of R^d."""

    def __init__(self, d, rng):
        self.signs = rng.choice(np.array([-1.0, 1.0], dtype=np.float32), d)
        self.order = rng.permutation(d)
        self.block = d & -d

    def __call__(self, x):
        """Turn the rows of x (m, d) float32."""
        m, d = x.shape
        x = (x * self.signs)[:, self.order]
        half = 1
        while half < self.block:
            x = x.reshape(m, d // (2 * half), 2, half)
            x = np.stack((x[:, :, 0] + x[:, :, 1], x[:, :, 0] - x[:, :, 1]), axis=2)
            half *= 2
        return x.reshape(m, d) * np.float32(1 / np.sqrt(self.block))


def blocks(n, d, count, spread, seed, decay=0, topics=0):
    """The rows in blocks: pairs of x (m, d) float32 and gold labels (m)."""
    rng = np.random.default_rng([seed, n, d, count])
    if decay:
        lengths = (np.arange(d) + 1.0) ** (-decay / 2)
        lengths /= np.linalg.norm(lengths)
        own = rng.standard_normal((count, d))
        if topics:
            own = NEAR * own + rng.standard_normal((topics, d))[np.arange(count) % topics]
        c = lean(own, rng.standard_normal(d), lengths).astype(np.float32)
        lengths = (lengths * spread).astype(np.float32)
        turn = Turn(d, rng)
    else:
        c = centres(d, count, rng)
    weights = np.linspace(1.0, 4.0, count)
    weights /= weights.sum()
    for start in range(0, n, BLOCK):
        m = min(BLOCK, n - start)
        gold = rng.choice(count, m, p=weights)
        if decay:
            x = turn(c[gold] + rng.standard_normal((m, d), dtype=np.float32) * lengths)
        else:
            x = c[gold] + rng.standard_normal((m, d)) * (spread / np.sqrt(d))
        x /= np.linalg.norm(x, axis=1, keepdims=True)
        yield x.astype(np.float32), gold


def number(x):
    """A float32 as JSON: the shortest decimal that reads back as the same float32."""
    text = str(x)
    return text if text[-1] != "." else text + "0"


def jsonl_lines(x, row):
    """The rows of x as JSONL; `row` is the number of the first."""
    return "".join('{"term": %s, "vec": [%s]}\n' % (json.dumps("row %d" % (row + i)), ",".join(map(number, x[i])))
                   for i in range(len(x))).encode()


def kvec_records(x, row):
    """The rows of x as records of kvec; the terms are all of one length, so that a block is one array."""
    terms = np.char.zfill(np.arange(row, row + len(x)).astype("S10"), 10)
    record = np.dtype([("length", "<u4"), ("term", "S10"), ("vec", "<f4", (x.shape[1],))])
    out = np.empty(len(x), dtype=record)
    out["length"], out["term"], out["vec"] = 10, terms, x
    return out.tobytes()


def write(n, d, count, spread, seed, decay=0, topics=0, npy=None, jsonl=None, kvec=None, labels=None):
    """Write the set to the paths given. A path appears when its file is complete."""
    paths = [p for p in (npy, jsonl, kvec, labels) if p]
    out = {p: open(p + ".part", "wb") for p in paths}
    if npy:
        np.lib.format.write_array_header_1_0(
            out[npy], {"descr": "<f4", "fortran_order": False, "shape": (n, d)})
    if kvec:
        out[kvec].write(b"KCV1" + struct.pack("<I", d))
    row = 0
    for x, gold in blocks(n, d, count, spread, seed, decay, topics):
        if npy:
            out[npy].write(x.astype("<f4").tobytes())
        if jsonl:
            out[jsonl].write(jsonl_lines(x, row))
        if kvec:
            out[kvec].write(kvec_records(x, row))
        if labels:
            out[labels].write(b"".join(b"%d\n" % g for g in gold))
        row += len(x)
    for p in paths:
        out[p].close()
        os.replace(p + ".part", p)


def main():
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("--n", type=int, required=True, help="rows")
    a.add_argument("--d", type=int, required=True, help="dimensions")
    a.add_argument("--centres", type=int, default=12)
    a.add_argument("--spread", type=float, default=1.5, help="length of the noise; a centre has length 1")
    a.add_argument("--decay", type=float, default=0, help="the variance of direction j falls as (j + 1)^-DECAY")
    a.add_argument("--topics", type=int, default=0, help="with --decay: the centres lie around so many others")
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--npy", help="write the rows here")
    a.add_argument("--jsonl", help="write terms and rows here")
    a.add_argument("--kvec", help="write terms and rows here")
    a.add_argument("--labels", help="write each row's centre here, a line a row")
    o = a.parse_args()
    if not (o.npy or o.jsonl or o.kvec or o.labels):
        a.error("nothing to write: give --npy, --jsonl, --kvec or --labels")
    write(o.n, o.d, o.centres, o.spread, o.seed, o.decay, o.topics, o.npy, o.jsonl, o.kvec, o.labels)


if __name__ == "__main__":
    main()
