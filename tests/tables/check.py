"""Compare what kclust makes of tables with what their makers meant: check.py [TABLES]. The tables are random, and written
as pandas, DuckDB, Miller, R, PostgreSQL and spreadsheets write them; nothing is said on the command line. Each must be
read as it was meant, or refused with one line. Tables that were read are also written back by --annotate."""

import csv
import io
import json
import os
import random
import re
import subprocess
import sys

import numpy as np

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
KCLUST = os.path.abspath(os.environ.get("KCLUST") or os.path.join(ROOT, "kclust"))
SEED = int(os.environ.get("KCLUST_TEST_SEED") or random.randrange(1 << 30))
TABLES = int(sys.argv[1]) if len(sys.argv) > 1 else 300
WORDS = ["river", "bank", "Zürich", "a b", "x,y", "semi;colon", "p|q", 'say "hi"', "two\nlines", "tab\there", "it's", "7up",
         "-", "#1", "naïve", "C:\\new", "1984", "[draft]", "{x}", "😀", "end.", "NA", "null", " lead", "trail "]
passed = failed = 0
read_by, seen_by = {}, {}


def check(ok, what):
    global passed, failed
    passed += bool(ok)
    failed += not ok
    if not ok:
        print(f"FAIL {what}\n     again: KCLUST_TEST_SEED={SEED} tests/run-python tables {TABLES}")


class Table:
    """Columns of texts and numbers, and the vectors, (n, d) of float32. term: the column whose texts are the terms; None:
    the rows are numbered."""

    def __init__(self, r):
        n, d = r.choice((1, 2, 3, 5, 20, 40)), r.choice((2, 3, 4, 7, 12, 30))
        kind = r.randrange(4)
        x = [[r.gauss(0, 1) for _ in range(d)] for _ in range(n)]
        if kind == 0:
            x = [[v * 10.0 ** r.choice((-9, -4, 0, 3)) for v in row] for row in x]
        self.x = np.array(x, "<f4")
        if kind == 1:
            self.x = np.round(self.x, 2)
        self.n, self.d = n, d
        self.others = []  # (name, values)
        self.bare = False  # no names are written
        self.term = None
        if r.randrange(5):
            self.term = r.choice(("id", "text", "name", "Title", "word", "product"))
            pure = r.randrange(2)
            texts = [self.text(r, pure) + ("" if n > 1 and r.randrange(3) else " %d" % i) for i in range(n)]
            if self.term == "id" and r.randrange(2):
                texts = [str(1000 + i) for i in range(n)]
            self.others.append((self.term, texts))
        extra = [("tokens", lambda: r.randrange(1, 500)), ("year", lambda: r.randrange(1990, 2027)),
                 ("score", lambda: round(r.random(), 3)), ("cost", lambda: r.choice((None, 1, 2))),
                 ("remark", lambda: self.text(r, 0)), ("q1", lambda: r.randrange(9)), ("when", lambda: "2026-11-30")]
        r.shuffle(extra)
        for name, make in extra[:r.choice((0, 0, 1, 2, 4))]:
            self.others.append((name, [make() for _ in range(n)]))
        if self.term is None:  # they would be the terms
            self.others = []

    def nameless(self):
        """Without names, the term is the first text or the first column, and numbers beside the vector are told from it
        only where they are whole and there are enough of both: leave nothing that nobody could tell."""
        self.bare = True
        few = self.n < 2 or self.d < 4
        self.others = [o for o in self.others if o[0] == self.term or
                       (not few and o[0] not in ("remark", "when", "score", "cost"))]

    @staticmethod
    def text(r, pure):
        return " ".join(r.choice(WORDS[:2] if pure else WORDS) for _ in range(r.choice((1, 1, 2))))

    def terms(self):
        return dict(self.others)[self.term] if self.term is not None else None


def names_of(r, d, stems):
    stem, first = r.choice(stems)
    return [stem % (i + first) for i in range(d)]


def in_columns(r, t, stems, number):
    names = names_of(r, t.d, stems)
    return [(name, [number(v) for v in t.x[:, j]]) for j, name in enumerate(names)]


def as_list(r, t, number, form, names=("embedding", "vec", "emb_3", "Vector")):
    return [(r.choice(names), [form(list(map(number, row))) for row in t.x])]


def arrange(r, t, vector, shuffle=True):
    """Return the columns in an order: the term first, if its name is not usual."""
    others = list(t.others)
    columns = others + vector if t.bare or r.randrange(2) else vector + others
    if shuffle and r.randrange(3) == 0:
        r.shuffle(columns)
    if t.term == "product":
        columns.sort(key=lambda c: c[0] != "product")
    return columns


def rows_of(t, columns, none=""):
    return [[none if c[1][i] is None else c[1][i] for c in columns] for i in range(t.n)]


def pandas(r, t):
    number = r.choice((lambda v: str(v), lambda v: repr(float(v)), lambda v: "%.6f" % v, lambda v: "%.4e" % v))
    array = lambda v: "[" + ("\n ".join(" ".join(v[i:i + 5]) for i in range(0, len(v), 5))) + "]"
    vector = in_columns(r, t, (("%d", 0), ("e%d", 0), ("dim_%d", 0), ("feature_%d", 1), ("x%d", 0), ("my_%d", 0)), number) \
        if r.randrange(2) else as_list(r, t, number, r.choice((lambda v: "[" + ", ".join(v) + "]", array)))
    columns = arrange(r, t, vector)
    if r.randrange(2):
        columns.insert(0, (r.choice(("", "", "Unnamed: 0")), [str(i) for i in range(t.n)]))
        if t.term is None:
            t.others.insert(0, columns[0])
            t.term = columns[0][0]
    b = io.StringIO()
    w = csv.writer(b, delimiter=r.choice(",,;\t"), quoting=r.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)), lineterminator="\n")
    w.writerow([c[0] for c in columns])
    w.writerows(rows_of(t, columns))
    return b.getvalue()


def duckdb(r, t):
    sep = r.choice(",,|\t;")
    header = r.randrange(4) > 0
    if not header:
        t.nameless()
    vector = as_list(r, t, str, lambda v: "[" + ", ".join(v) + "]") if r.randrange(4) else \
        in_columns(r, t, (("v%d", 1), ("c%d", 0)), str)
    columns = arrange(r, t, vector, shuffle=header)

    def field(v):
        v = str(v)
        return '"' + v.replace('"', '""') + '"' if v == "" or re.search("[%s\"\n\r]" % re.escape(sep), v) else v

    lines = [[c[0] for c in columns]] * header + [[("" if v is None else field(v)) for v in row]
                                                                 for row in zip(*[c[1] for c in columns])]
    return "".join(sep.join(map(str, line)) + "\n" for line in lines)


def miller(r, t):
    vector = in_columns(r, t, (("embedding.%d", 1), ("vec:%d", 1), ("values.%d", 1)), str)
    columns = arrange(r, t, vector, shuffle=False)
    lines = [[c[0] for c in columns]] + rows_of(t, columns)
    if r.randrange(2):
        esc = lambda v: str(v).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
        return "".join("\t".join(map(esc, line)) + "\n" for line in lines)

    def field(v):
        v = str(v)
        return '"' + v.replace('"', '""') + '"' if v == "" or re.search('[,"\n\r]|^ | $', v) else v

    return "".join(",".join(map(field, line)) + "\n" for line in lines)


def r_language(r, t):
    vector = in_columns(r, t, (("V%d", 1), ("X%d", 1), ("dim.%d", 1)), lambda v: float("%.15g" % v))
    columns = arrange(r, t, vector, shuffle=False)
    table = r.randrange(2)  # write.table escapes quotes with a backslash, write.csv doubles them
    sep = r.choice((",", ";", "\t")) if table else ","
    q = lambda v: '"' + str(v).replace('"', '\\"' if table else '""') + '"'
    cell = lambda v: "NA" if v is None else q(v) if isinstance(v, str) else "%.15g" % v
    row_names = [q(str(i + 1)) for i in range(t.n)] if r.randrange(2) else None
    head = [q(c[0]) for c in columns]
    if row_names:
        head = head if table and r.randrange(2) else ['""'] + head
        if t.term is None:
            t.others.insert(0, ("", [str(i + 1) for i in range(t.n)]))
            t.term = ""
    body = [([row_names[i]] if row_names else []) + [cell(c[1][i]) for c in columns] for i in range(t.n)]
    return "".join(sep.join(line) + "\n" for line in [head] + body)


def postgres(r, t):
    vector = as_list(r, t, str, r.choice((lambda v: "[" + ",".join(v) + "]", lambda v: "{" + ",".join(v) + "}")))
    header = r.randrange(2)
    if not header:
        t.nameless()
    columns = arrange(r, t, vector, shuffle=False)
    if not header:
        esc = lambda v: "\\N" if v is None else str(v).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
        return "".join("\t".join(esc(c[1][i]) for c in columns) + "\n" for i in range(t.n))
    b = io.StringIO()
    w = csv.writer(b, lineterminator="\n")
    w.writerow([c[0] for c in columns])
    w.writerows(rows_of(t, columns))
    return b.getvalue()


def spreadsheet(r, t):
    comma = r.randrange(2)  # a decimal comma: such a table must be refused
    number = lambda v: ("%.6f" % v).replace(".", "," if comma else ".")
    header = r.randrange(5)
    if not header:
        t.nameless()
    columns = arrange(r, t, in_columns(r, t, (("e%d", 1), ("V %d", 1), ("[%d]", 0)), number), shuffle=False)
    b = io.StringIO()
    w = csv.writer(b, delimiter=";" if comma else ",", lineterminator="\r\n")
    if header:
        w.writerow([c[0] for c in columns])
    w.writerows(rows_of(t, columns))
    return r.choice(("", "\ufeff")) + b.getvalue()


def run(data, *arguments, pieces=None):
    with subprocess.Popen([KCLUST, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as p:
        try:
            while pieces and data:
                n = pieces.choice((1, 7, 100, 4096))
                os.write(p.stdin.fileno(), data[:n])
                data = data[n:]
        except BrokenPipeError:
            data = b""
        out, err = p.communicate(data)
    return p.returncode, out.decode(), err.decode()


def judge(r, i, maker, t, data):
    what = f"table {i}, {maker.__name__}, {t.n} x {t.d}"
    raw = data.encode()
    code, out, err = run(raw, "convert", "-f", "jsonl")
    piped = run(raw, "convert", "-f", "jsonl", pieces=r)
    check(piped == (code, out, err), f"{what}: in pieces another result: {err.strip()} / {piped[2].strip()}")
    seen_by[maker.__name__] = seen_by.get(maker.__name__, 0) + 1
    if code != 0:
        lines = [line for line in err.splitlines() if not line.startswith("kclust: warning: ")]
        check(code in (1, 2) and len(lines) == 1 and lines[0].startswith("kclust: "), f"{what}: status {code}: {err}")
        if os.environ.get("TABLES_SHOW"):
            print("refused:", what, err.strip())
        return
    read_by[maker.__name__] = read_by.get(maker.__name__, 0) + 1
    rows = [json.loads(line) for line in out.splitlines()]
    terms = [str(v) for v in t.terms()] if t.term is not None else [str(k) for k in range(t.n)]
    good = len(rows) == t.n and all(len(row["vec"]) == t.d for row in rows)
    if good:
        x = np.array([row["vec"] for row in rows], "<f4")
        good = x.tobytes() == t.x.tobytes() or (x == t.x).all()
    check(good, f"{what}: other vectors\n{data[:600]}")
    got = [row["term"] for row in rows]
    if got != terms:
        k = next((k for k in range(min(len(got), len(terms))) if got[k] != terms[k]), 0)
        check(False, f"{what}: term {k} is {got[k:k + 1]!r}, not {terms[k:k + 1]!r}\n{data[:400]}")
    else:
        check(True, what)
    annotate(r, what, t, data)


def annotate(r, what, t, data):
    """The other columns come back, parsed as JSON."""
    code, out, err = run(data.encode(), "fit", "-q", "-k", "1", "--annotate", "-f", "jsonl")
    if code != 0:
        zero = not t.x.any(axis=1).all()
        check(zero or "header" in err or "needs objects" in err or "backslash" in err, f"{what}: --annotate: {err.strip()}")
        return
    rows = [json.loads(line) for line in out.splitlines()]
    ok = len(rows) == t.n
    for name, values in t.others:
        for row, v in zip(rows, values):
            got = row.get(name, row.get("", "absent"))
            ok &= got == v or str(got) == str(v) or (v is None and got in (None, "NA")) or \
                (isinstance(v, (int, float, str)) and not isinstance(got, str) and got is not None and
                 re.fullmatch(r"-?[0-9.eE+-]+", str(v)) is not None and float(got) == float(v))
    check(ok, f"{what}: --annotate lost a column\n{data[:300]}\n{out[:300]}")


def quantise(maker, t, r):
    """Keep only what all ways of writing keep: six decimals of moderate numbers are not exact otherwise."""
    if maker in (pandas, spreadsheet):
        t.x = np.array([[float("%.3e" % v) for v in row] for row in np.round(t.x, 4)], "<f4")


def planted():
    """A number and a term that are wrong are seen."""
    global passed, failed
    before, sys.stdout = (passed, failed), io.StringIO()
    r = random.Random(1)
    for change in range(2):
        t = Table(r)
        while t.n < 2 or t.term != "text":
            t = Table(r)
        t.others, t.x = [("text", ["w%d" % i for i in range(t.n)])], np.ones((t.n, 3), "<f4")
        t.d = 3
        data = "text,e0,e1,e2\n" + "".join("w%d,1,1,1\n" % i for i in range(t.n))
        judge(r, 0, pandas, t, data.replace("w1,1", "w1,2") if change else data.replace("w1", "v1"))
    seen, sys.stdout = failed - before[1], sys.__stdout__
    passed, failed = before
    read_by.clear()
    seen_by.clear()
    check(seen >= 2, f"planted: {seen} faults were seen, expected 2 or more")


def main():
    r = random.Random(SEED)
    print(f"tables: KCLUST_TEST_SEED={SEED}")
    planted()
    makers = (pandas, duckdb, miller, r_language, postgres, spreadsheet)
    for i in range(TABLES):
        maker, t = makers[i % len(makers)], Table(r)
        quantise(maker, t, r)
        judge(r, i, maker, t, maker(r, t))
    for name, n in seen_by.items():
        k = read_by.get(name, 0)
        print(f"{name}: {k} of {n} read, the others refused")
        least = n / 6 if name == "spreadsheet" else n / 3
        check(n < 20 or k >= least, f"{name}: only {k} of {n} were read")
    print(f"tables: {passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
