"""Numbers: decimals become the float32 that numpy makes of what json.loads reads, and floats survive as text."""

import json
import os
import struct
from decimal import Decimal, localcontext

import numpy as np

from tool import run

FLT_MAX = float(np.finfo(np.float32).max)
WIDTH = 8  # numbers in a row


def floats(bits):
    """float32 from bit patterns, only the finite ones."""
    x = np.asarray(bits, dtype=np.uint32).view(np.float32)
    return x[np.isfinite(x)]


def decimals(rng):
    """Decimal texts on which parsers of numbers go wrong, all within float32's range."""
    texts = ["0", "0.0", "-0.0", "-0", "0e5", "-0e0", "0E-99999", "1", "-1", "10", "1e0", "1E+2", "1e-2", "123456789",
             "16777217", "16777219", "1152921573326323713",
             "9007199254740993", "123456789012345678901234567890", "0.1", "0.3", "1e22", "1e23",
             "1e-7", "1e38", "3.4028234663852886e38", "3.4028235e38", "-3.40282350000000000001e38",
             "3.4028235677973365e38", "1.17549435e-38", "1.1754943508222875e-38", "1.1754942e-38", "1e-45",
             "1.401298464324817e-45", "7.006492321624085e-46", "7.006492321624086e-46", "7.0064923216240853546e-46",
             "7.0064923216240853547e-46", "1e-46", "1e-320", "4.9e-324", "1e-400", "-1e-99999",
             "2.2250738585072011e-308", "0." + "0" * 400 + "1", "1" + "0" * 30 + "." + "0" * 30 + "1",
             "0." + "0" * 40 + "1e40", "1" + "0" * 60 + "e-60", "1." + "9" * 800, "0." + "3" * 1000,
             "1.00000005960464477539062500000000000001", "1.000000059604644775390625", "1.00000017881393432617187500",
             "1.0000000596046448", "1.00000005960464478", "8388608.5", "8388609.5", "0.5e-1", "5e-1", "-5E-01", "5e+01"]
    texts += ["1e%d" % e for e in range(-50, 39)] + ["9.999999999999999e%d" % e for e in range(-50, 38)]
    texts += [repr(float(v)) for v in floats(rng.integers(0, 2 ** 32, 6000, dtype=np.uint64).astype(np.uint32))]
    texts += [str(v) for v in floats(rng.integers(0, 2 ** 32, 6000, dtype=np.uint64).astype(np.uint32))]
    texts += [str(v) for v in rng.standard_normal(4000).astype(np.float32) / 30]
    texts += [repr(v) for v in (rng.standard_normal(4000) / 30).tolist()]
    texts += ["%.*f" % (int(p), v) for p, v in zip(rng.integers(1, 25, 3000), rng.standard_normal(3000))]
    texts += ["%.*e" % (int(p), v * 10.0 ** e) for p, v, e in zip(
        rng.integers(0, 30, 3000), rng.standard_normal(3000), rng.integers(-44, 37, 3000))]
    # Halfway between two floats, and a hair to either side: the double may be a tie when the decimal is none.
    with localcontext() as c:
        c.prec = 200
        for v in floats(rng.integers(0, 0x7f7fffff, 1500, dtype=np.uint64).astype(np.uint32)):
            after = np.nextafter(v, np.float32(np.inf))
            if not np.isfinite(after):
                continue
            middle = (Decimal(float(v)) + Decimal(float(after))) / 2
            hair = middle * Decimal(10) ** -int(rng.integers(10, 40))
            texts += [str(t) for t in (middle, middle + hair, -(middle - hair))]
    texts = [t for t in texts if abs(float(t)) <= FLT_MAX]
    return texts + ["0"] * (-len(texts) % WIDTH)


def parsing(tally, folder, rng):
    """JSONL to npy, number by number."""
    texts = decimals(rng)
    rows = [texts[i:i + WIDTH] for i in range(0, len(texts), WIDTH)]
    lines = ['{"term": "%d", "vec": [%s]}' % (i, ",".join(row)) for i, row in enumerate(rows)]
    path, out = os.path.join(folder, "decimals.jsonl"), os.path.join(folder, "decimals.npy")
    with open(path, "w", encoding="ascii") as f:
        f.write("\n".join(lines) + "\n")
    want = np.array([[np.float32(v) for v in json.loads(line)["vec"]] for line in lines], dtype=np.float32)
    run(["convert", "-o", out, path])
    got = np.load(out)
    same = got.dtype == np.float32 and got.shape == want.shape
    bad = np.flatnonzero(got.view(np.uint32) != want.view(np.uint32)) if same else []
    detail = "%s %s" % (got.dtype, got.shape) if not same else ""
    if len(bad):
        i = bad[0]
        detail = "%s became %r, expected %r (%d of %d are off)" % (
            texts[i], got.flat[i], want.flat[i], len(bad), len(texts))
    tally.check("numbers: %d decimals as numpy.float32(json.loads())" % len(texts), same and not len(bad), detail)


def out_of_range(tally):
    """What is finite in decimal and infinite as float32 is a bad record; the largest float32 is not."""
    for text in "3.4028235677973366e38", "-1e39", "1e999", "1" + "0" * 50:
        run(["convert"], 1, b'{"term": "a", "vec": [1, %s]}\n' % text.encode())
        tally.check("numbers: %.24s is refused" % text, True)


def survive(tally, folder, rng):
    """npy to jsonl to npy, and through kvec: every bit."""
    bits = np.concatenate([
        rng.integers(0, 2 ** 32, 20000, dtype=np.uint64).astype(np.uint32),
        [0, 0x80000000, 1, 0x80000001, 0x007fffff, 0x00800000, 0x7f7fffff, 0xff7fffff, 0x3f800000, 0x3f800001],
        struct.unpack("<64I", np.float32(2.0 ** np.arange(-32, 32)).tobytes()),
        np.nextafter(np.float32(10.0) ** np.arange(-37, 38, dtype=np.float32), np.float32(0)).view(np.uint32)])
    x = floats(bits)
    x = x[:len(x) - len(x) % WIDTH].reshape(-1, WIDTH)
    first, second = os.path.join(folder, "bits.npy"), os.path.join(folder, "bits2.npy")
    np.save(first, x)
    for way in "jsonl", "kvec":
        text = run(["convert", "-f", way, first])
        run(["convert", "-o", second], data=text)
        got = np.load(second)
        bad = np.flatnonzero(got.view(np.uint32) != x.view(np.uint32)) if got.shape == x.shape else [0]
        tally.check("numbers: npy to %s to npy, %d floats" % (way, x.size), not len(bad),
                    "%r became %r" % (x.flat[bad[0]], got.flat[bad[0]]) if len(bad) else "")
    terms = open(second + ".terms", encoding="utf-8").read().split("\n")
    tally.check("numbers: rows without terms are numbered", terms == [str(i) for i in range(len(x))] + [""])
    # The text is the shortest: numpy's own printing of the float32 has no fewer digits.
    rows = [json.loads(line)["vec"] for line in run(["convert", first]).splitlines()]
    longer = [v for row, own in zip(rows, x) for v, o in zip(row, own)
              if len(repr(v).replace("e+", "e")) > len(repr(float(str(o))).replace("e+", "e"))]
    tally.check("numbers: jsonl has the shortest decimals", not longer, repr(longer[:1]))


def widths(tally, folder, rng):
    """npy of float64 and float16, versions 1 to 3: as numpy converts them."""
    x = rng.standard_normal((50, 6)) * 10.0 ** rng.uniform(-4, 4, (50, 6))
    path, out = os.path.join(folder, "wide.npy"), os.path.join(folder, "wide32.npy")
    for dtype in "<f8", "<f4", "<f2":
        for version in (1, 0), (2, 0), (3, 0):
            stored = x.astype(dtype)
            with open(path, "wb") as f:
                np.lib.format.write_array(f, stored, version=version)
            run(["convert", "-o", out, path])
            got = np.load(out)
            tally.check("numbers: npy %s, version %d" % (dtype, version[0]),
                        got.dtype == np.float32 and np.array_equal(got, stored.astype(np.float32)))


def run_all(tally, folder, seed):
    """All of them."""
    rng = np.random.default_rng(seed)
    parsing(tally, folder, rng)
    out_of_range(tally)
    survive(tally, folder, rng)
    widths(tally, folder, rng)
