#!/usr/bin/env python3
"""How good a clustering is, by what was planted.

    judge.py LABELS TRUTH [--json] [--need purity=0.90,coverage=0.95,precision=0.85,recall=0.80]

Both are files of `term<TAB>id` lines, TRUTH in any order. A row whose id is -1 is in no cluster. purity: the share of
the clustered rows that are of their cluster's most frequent truth. coverage: the share of all rows that are in a
cluster. precision, recall: of the pairs of rows in one cluster, how many belong together; of the pairs of all rows that
belong together, how many are in one cluster. Exit status 1 when a figure is below what is needed.
"""

import argparse
import json
import sys

import numpy as np


def read(path):
    with open(path, encoding="utf-8", newline="\n") as f:
        return [line.rstrip("\n").split("\t") for line in f]


def pairs(counts):
    counts = counts.astype(float)
    return float((counts * (counts - 1) / 2).sum())


def judge(labels, truth):
    """Figures of labels (n) by truth (n), both whole numbers; -1 in labels: in no cluster."""
    inside = labels >= 0
    t = np.unique(truth, return_inverse=True)[1].astype(np.int64)
    c, mine = np.unique(labels[inside], return_inverse=True)
    cells, counts = np.unique(mine.astype(np.int64) * (int(t.max()) + 1) + t[inside], return_counts=True)
    best = np.zeros(len(c), dtype=np.int64)
    np.maximum.at(best, cells // (int(t.max()) + 1), counts)
    together, in_one = pairs(counts), pairs(np.bincount(mine))
    planted = pairs(np.bincount(t))
    n = int(inside.sum())
    return {"rows": len(labels), "clusters": len(c), "planted": int(t.max()) + 1,
            "purity": int(best.sum()) / n if n else 0.0, "coverage": n / len(labels),
            "precision": together / in_one if in_one else 1.0, "recall": together / planted if planted else 1.0}


def judge_files(labels_path, truth_path):
    truth = {}
    numbers = {}
    for row in read(truth_path):
        if row[0] in truth:
            sys.exit("%s: '%s' is given twice" % (truth_path, row[0]))
        truth[row[0]] = numbers.setdefault(row[1], len(numbers))
    rows = read(labels_path)
    missing = [r[0] for r in rows if r[0] not in truth]
    if missing or len(rows) != len(truth):
        sys.exit("%s: %d rows, %d in the truth; not there: %s" % (labels_path, len(rows), len(truth), missing[:3]))
    clusters = {"-1": -1}
    labels = [clusters.setdefault(r[1], len(clusters)) for r in rows]
    return judge(np.array(labels), np.array([truth[r[0]] for r in rows]))


def shortfalls(figures, needed):
    return ["%s %.4f < %.2f" % (k, figures[k], least) for k, least in needed.items() if figures[k] < least]


def main():
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("labels")
    a.add_argument("truth")
    a.add_argument("--json", action="store_true")
    a.add_argument("--need", default="", help="least figures, as in purity=0.90,recall=0.80")
    o = a.parse_args()
    figures = judge_files(o.labels, o.truth)
    if o.json:
        print(json.dumps(figures))
    else:
        print("%(rows)d rows, %(clusters)d clusters of %(planted)d planted: purity %(purity).3f, coverage "
              "%(coverage).3f, precision %(precision).3f, recall %(recall).3f" % figures)
    needed = {k: float(v) for k, v in (part.split("=") for part in o.need.split(",") if part)}
    short = shortfalls(figures, needed)
    for s in short:
        print("below what is needed: " + s, file=sys.stderr)
    sys.exit(1 if short else 0)


if __name__ == "__main__":
    main()
