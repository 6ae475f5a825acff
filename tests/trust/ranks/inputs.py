"""Make inputs at random for runs on ranks: several files of several formats, plain and compressed, with and without
terms, with records over several lines and with bad ones."""
import csv
import gzip
import io
import json
import os
import subprocess

import numpy as np

D = 5
FORMATS = ("npy", "jsonl", "array", "csv", "csv-lines", "tsv", "numbers", "glove", "word2vec", "fvecs", "kvec", "gzip", "npz",
           "parquet", "pretty", "named")


def numbers(row):
    return ["%.5g" % v for v in row]


def write_lines(path, lines):
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write("".join(line + "\n" for line in lines))


def records(x, name, bad):
    """Return lines of JSON, some of them bad, some blank."""
    lines = ['{"term": "%s%d", "n": %d, "vec": [%s]}' % (name, i, i % 7, ",".join(numbers(row))) for i, row in enumerate(x)]
    for i in bad:
        lines[i % len(lines)] = ["{", '{"term": "b", "vec": [1]}', '{"term": "x"}', "[]"][i % 4]
    return lines


def table(x, name, sep, random, broken):
    """Return a table with texts that go on over lines if `broken`."""
    out = io.StringIO()
    w = csv.writer(out, delimiter=sep, lineterminator="\n")
    w.writerow(["term"] + ["v%d" % i for i in range(D)])
    for i, row in enumerate(x):
        text = "%s%d" % (name, i)
        if broken and random.random() < 0.5:
            text += "\n" * random.randint(1, 60) + 'a "b", c' + sep + "1" + sep + "2\n"
        w.writerow([text] + numbers(row))
    return out.getvalue().splitlines()


def write(kclust, env, kind, name, x, random, bad):
    """Write rows in a format. Return the file's name."""
    path = name + "." + {"array": "json", "pretty": "json", "csv-lines": "csv", "gzip": "jsonl.gz", "named": "npy"}.get(kind, kind)
    if kind in ("npy", "named"):
        np.save(path, x)
        if kind == "named":
            write_lines(path + ".terms", ["%s%d" % (name, i) for i in range(len(x))])
    elif kind == "npz":
        (np.savez_compressed if random.random() < 0.5 else np.savez)(path, x=x)
    elif kind == "fvecs":
        np.concatenate([np.full((len(x), 1), D, "<i4").view("f4"), x], axis=1).tofile(path)
    elif kind in ("jsonl", "gzip"):
        lines = records(x, name, bad)
        if random.random() < 0.3:
            lines[random.randrange(len(lines))] += "\n\n"
        write_lines(name + ".jsonl", lines)
        if kind == "gzip":
            with open(name + ".jsonl", "rb") as f, gzip.open(path, "wb") as g:
                g.write(f.read())
    elif kind == "array":
        write_lines(path, ["["] + [r + "," for r in records(x[:-1], name, [])] + records(x[-1:], name, []) + ["]"])
    elif kind == "pretty":
        write_lines(path, [json.dumps(json.loads(r), indent=1) for r in records(x, name, [])])
    elif kind in ("csv", "csv-lines"):
        lines = table(x, name, random.choice(",;"), random, kind == "csv-lines")
        if random.random() < 0.1:  # a quote that is never closed
            lines[random.randrange(1, len(lines))] = '"' + name
        write_lines(path, lines)
    elif kind == "tsv":
        write_lines(path, table(x, name, "\t", random, False))
    elif kind == "numbers":
        write_lines(path, ["# made at random"] * random.randint(0, 3) + [" ".join(numbers(row)) for row in x])
    elif kind in ("glove", "word2vec"):
        first = ["%d %d" % x.shape] if kind == "word2vec" else []
        write_lines(path, first + ["%s%d " % (name, i) + " ".join(numbers(row)) for i, row in enumerate(x)])
    else: # kvec, parquet: by kclust itself
        write_lines(name + ".tmp", records(x, name, []))
        subprocess.run([kclust, "convert", "-q", "--output-format", kind, "-o", path, name + ".tmp"], check=True, env=env)
        os.unlink(name + ".tmp")
    return path


def make(kclust, env, random, folder):
    """Make some files. Return their names, and options to read them with."""
    os.makedirs(folder, exist_ok=True)
    r = np.random.RandomState(random.randrange(1 << 30))
    centres = r.standard_normal((4, D))
    files, options, rows = [], [], 0
    kinds = random.sample(FORMATS, random.choice([1, 1, 2, 3, 6]))
    annotate = random.random() < 0.25
    if annotate:
        kinds = [random.choice(["csv", "csv-lines", "jsonl", "gzip"])] * random.choice([1, 3])
    where = not annotate and random.random() < 0.2
    if where:
        kinds = [k for k in kinds if k in ("jsonl", "gzip", "array", "pretty", "parquet")] or ["jsonl"]
    skip = random.random() < 0.4
    for i, kind in enumerate(kinds):
        n = random.choice([2, 5, 40, 900, 6000])
        rows += n
        x = (centres[r.randint(4, size=n)] + 0.5 * r.standard_normal((n, D))).astype("f4")
        bad = [random.randrange(n) for _ in range(random.choice([0, 0, 1, 8]))] if skip or random.random() < 0.2 else []
        files.append(os.path.abspath(write(kclust, env, kind, os.path.join(folder, "f%d" % i), x, random, bad)))
        if random.random() < 0.1:
            open(os.path.join(folder, "empty"), "w").close()
            files.append(os.path.abspath(os.path.join(folder, "empty")))
    if annotate:
        options += ["--annotate"]
    if where:
        options += ["--where", "n<=%d" % random.randint(0, 5)]
    if not annotate and random.random() < 0.2:
        path = os.path.join(folder, "terms")
        write_lines(path, ["name %d" % i for i in range(rows + random.choice([0, 0, 0, 1, -1]))])
        options += ["--terms", os.path.abspath(path)]
    if skip:
        options += ["--on-bad", "skip", "--max-bad", "0.9"]
    return files, options
