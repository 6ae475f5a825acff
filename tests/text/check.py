"""Compare how kclust, and csv and numpy, read random files of the text formats, as Python's csv module and print()
write them: check.py [FILES]. Each file is read whole, and through a pipe in small writes."""

import csv
import io
import json
import os
import random
import subprocess
import sys

import numpy as np

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
KCLUST = os.path.abspath(os.environ.get("KCLUST") or os.path.join(ROOT, "kclust"))
SEED = int(os.environ.get("KCLUST_TEST_SEED") or random.randrange(1 << 30))
FILES = int(sys.argv[1]) if len(sys.argv) > 1 else 150
LETTERS = ["a", "b", "Z", "\u00e9", "\u0416", "\u20ac", "\U0001f600", "0", "-", "_", ".", "'", ";", "#", "[", "{", "$"]
passed = failed = 0


def check(ok, what):
    global passed, failed
    passed += bool(ok)
    failed += not ok
    if not ok:
        print(f"FAIL {what}\n     again: KCLUST_TEST_SEED={SEED} tests/run-python text {FILES}")


def read(data, *arguments, pieces=None):
    """Return (terms, floats) as kclust reads them from the bytes, or its message."""
    command = [KCLUST, "convert", "-f", "jsonl", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as p:
        if pieces:
            at = 0
            while at < len(data):
                n = pieces.choice((1, 7, 100, 4096, 65536))
                os.write(p.stdin.fileno(), data[at:at + n])
                at += n
            data = b""
        out, err = p.communicate(data)
    if p.returncode != 0:
        return err.decode()
    rows = [json.loads(line) for line in out.splitlines()]
    return [r["term"] for r in rows], np.array([r["vec"] for r in rows]).astype("<f4")


def term(r, more):
    letters = LETTERS + more
    while True:
        t = "".join(r.choice(letters) for _ in range(r.randrange(1, 9)))
        if t.strip(" \r"):
            return t


def number(r):
    x = r.gauss(0, 1) * 10.0 ** r.choice((0, 0, 0, -3, -30, 3))
    f = float(np.float32(x))
    return r.choice((repr(f), repr(x), "%.6f" % x, "%.8e" % x, "%d" % round(x), "+%.3f" % abs(x), "%.17g" % x))


def as_float(text):
    """Integers have no negative zero."""
    with np.errstate(over="ignore", under="ignore"):
        value = np.float32(float(text))
    return np.float32(0) if value == 0 and not set(text) & set(".eE") else value


def same(got, terms, x, what):
    if isinstance(got, str):
        check(False, f"{what}: {got.strip()}")
    else:
        check(got[0] == terms and got[1].tobytes() == x.tobytes(), f"{what}: other terms or numbers")


def both(r, data, arguments, terms, x, what):
    same(read(data, *arguments), terms, x, what)
    same(read(data, *arguments, pieces=r), terms, x, what + ", in pieces")


def delimited(r, i):
    """The reader of csv decides what its writer has written."""
    sep = r.choice(",\t")
    n, d, others = r.randrange(2, 40), r.randrange(2, 30), r.randrange(0, 3)
    place, header = r.randrange(0, 2 + others), r.randrange(2)
    # in tsv a backslash is an escape, and a line's end ends the record
    more = [" ", '"', '""', ","] + ([] if sep == "\t" else ["\n", "\r\n", "\\", "\t"])
    b = io.StringIO()
    w = csv.writer(b, delimiter=sep, quoting=r.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC)),
                   lineterminator=r.choice(("\n", "\r\n")))
    brackets = r.randrange(2)
    numbers = [[number(r) for _ in range(d)] for _ in range(n)]
    cells = [["[" + ",".join(v) + "]"] if brackets else v for v in numbers]
    if header:
        names = ["emb"] if brackets else [f"d{j}" for j in range(d)]
        row = [f"other{j}" for j in range(1 + others)] + names
        row[place if place <= others else 0] = "key"
        w.writerow(row)
    at = place if place <= others else 0
    texts = [[term(r, more) for _ in range(1 + others)] for _ in range(n)]
    for t, c in zip(texts, cells):
        w.writerow(t + c)
    data = b.getvalue()
    back = list(csv.reader(io.StringIO(data, newline=""), delimiter=sep))[header:]
    terms = [row[at] for row in back]
    values = [row[1 + others].strip("[]").split(",") if brackets else row[1 + others:] for row in back]
    x = np.array([[as_float(v) for v in row] for row in values], "<f4")
    arguments = ["-i", "csv" if sep == "," else "tsv", "--header", "yes" if header else "no", "--term-field",
                 "key" if header else str(at + 1), "--vec-field",
                 "emb" if header and brackets else f"{2 + others}-" if not brackets else str(2 + others)]
    both(r, data.encode(), arguments, terms, x, f"file {i}, {arguments}")


def words(r, i):
    n, d, head = r.randrange(1, 40), r.randrange(1, 30), r.randrange(2)
    numbers = [[number(r) for _ in range(d)] for _ in range(n)]
    terms = [term(r, []) + r.choice(("", "", " x", "  y z")) for _ in range(n)]
    terms[0] = terms[0].split(" ")[0]  # the first line says how many numbers there are
    terms = [t if not t.replace("-", "").replace(".", "").replace("_", "").isdecimal() else t + "w" for t in terms]
    end, gap = r.choice(("\n", " \n", "\r\n")), r.choice((" ", "  "))
    data = (f"{n} {d}\n" if head else "") + "".join(t + gap + gap.join(v) + end for t, v in zip(terms, numbers))
    x = np.array([[as_float(v) for v in row] for row in numbers], "<f4")
    both(r, data.encode(), ["-i", "word2vec" if head else "glove"], terms, x, f"file {i}, words, header {head}")


def binary(r, i):
    n, d = r.randrange(1, 40), r.randrange(1, 30)
    x = np.array([[as_float(number(r)) for _ in range(d)] for _ in range(n)], "<f4")
    terms = [term(r, []) for _ in range(n)]
    end = r.choice((b"", b"\n"))
    data = f"{n} {d}\n".encode() + b"".join(t.encode() + b" " + row.tobytes() + end for t, row in zip(terms, x))
    both(r, data, ["-i", "word2vec-bin"], terms, x, f"file {i}, word2vec-bin")


def planted(r):
    """Check that a changed number, a changed term and an invalid file are seen."""
    global passed, failed
    before, sys.stdout = (passed, failed), io.StringIO()
    x = np.array([[1, 2], [3, 4]], "<f4")
    same(read(b"a 1 2\nb 3 5\n", "-i", "glove"), ["a", "b"], x, "")
    same(read(b"a 1 2\nc 3 4\n", "-i", "glove"), ["a", "b"], x, "")
    same(read(b"a 1 2\nb 3\n", "-i", "glove"), ["a", "b"], x, "")
    seen, sys.stdout = failed - before[1], sys.__stdout__
    passed, failed = before
    check(seen == 3, f"planted: {seen} of 3 wrong files were seen")


def main():
    r = random.Random(SEED)
    print(f"text: KCLUST_TEST_SEED={SEED}")
    planted(r)
    for i in range(FILES):
        (delimited, delimited, words, binary)[i % 4](r, i)
    print(f"text: {passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
