"""Fit how instructions and memory of kclust grow with each kind of input (see run)."""
import gzip
import json
import math
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
from harness import KCLUST, Harness, environment, jsonl, read_file, write_file  # noqa: E402
from formats import others  # noqa: E402

MOST = 1.3        # the exponent that passes: n log n shows as 1.05 to 1.15
MEMORY = 8 << 20  # bytes by which memory may differ between two runs for other reasons
STEPS = 3
FLOOD = 3         # times the instructions of other terms

h = Harness("growth")
r = h.random


def rows(n, d=4):
    return [[r.choice((0, 8)) + r.random() for _ in range(d)] for _ in range(n)]


def words(n, some=2000):
    return " ".join("w%d" % r.randrange(some) for _ in range(n))


def put(folder, name, data):
    write_file(os.path.join(folder, name), data if isinstance(data, bytes) else data.encode())
    return name


def lines(items):
    return "".join("%s\n" % x for x in items)


def records(n, more):
    """Return n records with the members that more(i) gives."""
    return lines(json.dumps({"term": "t%d" % i, **more(i), "vec": v}) for i, v in enumerate(rows(n)))


def few(folder):
    """Put a small input beside a file that grows."""
    return put(folder, "few.jsonl", jsonl(rows(40)))


def format_of(name):
    def make(folder, n):
        file, data, more = next((f, b, m) for what, f, b, m in others(rows(n)) if what == name)
        return ["info", *more, put(folder, file, data)]
    return make


def text(more):
    """A scenario: the records of more(i) as input of info."""
    return lambda folder, n: ["info", put(folder, "a.jsonl", records(n, more))]


def one(make):
    """A scenario: one line that make(n) returns as the only input of info. It may be refused."""
    return lambda folder, n: ["info", put(folder, "a.jsonl", make(n))]


def stop_words(folder, n):
    put(folder, "stop", lines("all the way %s" % words(2, 10 ** 6) for _ in range(n)))
    put(folder, "a.jsonl", records(40, lambda i: {"text": "all the way " * (n // 40)}))
    return ["-q", "-k", "2", "--keywords", "3", "--text-field", "text", "--stop-words", "stop", "a.jsonl"]


def where_in(folder, n):
    put(folder, "a.jsonl", records(n, lambda i: {"g": i}))
    return ["-q", "-k", "2", "--n-init", "1", "--where", "g in " + ",".join(str(i) for i in range(n)), "a.jsonl"]


def groups(more):
    def make(folder, n):
        put(folder, "a.jsonl", records(n, lambda i: {"g": "g%d" % i}))
        return ["-q", "-k", "2:3", "--group-by", "g", *more, "a.jsonl"]
    return make


def windows(folder, n):
    put(folder, "a.jsonl", records(n, lambda i: {"t": i}))
    return ["-q", "-k", "1", "--time-field", "t", "--time-window", "1s", "--max-gap", "500w", "a.jsonl"]


def labels(suffix, make):
    def run(folder, n):
        for name in ("a", "b"):
            put(folder, name + suffix, make([("t%d" % i, r.randrange(30)) for i in range(n)]))
        return ["diff", "a" + suffix, "b" + suffix]
    return run


def many_ids(folder, n):
    """Two labellings of n clusters each."""
    for name in ("a", "b"):
        put(folder, name, lines("t%d\t%d" % (i, i) for i in range(n)))
    return ["diff", "a", "b"]


def beside(name, make, options):
    """A scenario: a file beside a small input, which is refused if it has too many rows."""
    def run(folder, n):
        put(folder, name, make(n))
        return ["-q", "-k", "2", *options, few(folder)]
    return run


def index(n):
    ids = ["id%d" % i for i in range(n)]
    r.shuffle(ids)
    return json.dumps({"metadata_store": {x: {"metadata": {"g": "x"}} for x in ids},
                       "id_map": {x: i for i, x in enumerate(ids)}})


def metadata(form):
    def run(folder, n):
        order = list(range(n))
        r.shuffle(order)
        options = {"rows": ["--metadata", "m"], "key": ["--metadata", "m", "--metadata-key", "id"], "csv": ["--metadata", "m"]}
        if form == "csv":
            put(folder, "m", "g,id\n" + lines("%d,t%d" % (i % 7, i) for i in range(n)))
        else:
            put(folder, "m", lines(json.dumps({"g": i % 7, "id": "t%d" % i}) for i in (order if form == "key" else range(n))))
        return ["-q", "-k", "2", "--n-init", "1", *options[form], "--group-by", "g", put(folder, "a.jsonl", jsonl(rows(n)))]
    return run


def model(verb):
    def run(folder, n):
        put(folder, "a.jsonl", records(n, lambda i: {"g": "g%d" % (i // 2)}))
        made = subprocess.run([KCLUST, "-q", "-k", str(n // 8), "--n-init", "1", "--max-iter", "1", "-m", "model", "-o", "l", "a.jsonl"],
                              cwd=folder, env=environment(), capture_output=True)
        if made.returncode:
            raise RuntimeError("no model: %r" % made.stderr)
        return {"info": ["info", "model"], "diff": ["diff", "l", "l"]}[verb]
    return run


def config(folder, n):
    put(folder, "c", lines("seed = %d" % i for i in range(n)))
    return ["-q", "-k", "2", "--config", "c", few(folder)]


def facets(folder, n):
    put(folder, "a.jsonl", records(n, lambda i: {"tags": ["x%d" % i, "y%d" % (i % 9)]}))
    return ["-q", "-k", "2", "--n-init", "1", "--facet", "tags", "--clusters", "c.json", "a.jsonl"]


def keywords(folder, n):
    put(folder, "a.jsonl", records(n, lambda i: {"text": words(12, n)}))
    return ["-q", "-k", "2", "--n-init", "1", "--keywords", "5", "--text-field", "text", "a.jsonl"]


def score(folder, n):
    put(folder, "l", lines("t%d\t%d" % (i, i % 9) for i in range(n)))
    put(folder, "g", "term,gold\n" + lines("t%d,%d" % (i, i % 7) for i in r.sample(range(n), n)))
    return ["score", "l", "--gold", "g"]


def terms(folder, n):
    v = rows(n)
    put(folder, "t", lines("term %d" % i for i in range(n)))
    put(folder, "a.csv", "x0,x1,x2,x3\n" + lines(",".join("%.5f" % x for x in row) for row in v))
    return ["info", "--terms", "t", "a.csv"]


def by_index(folder, n):
    order = r.sample(range(n), n)
    put(folder, "t", lines("term %d" % i for i in range(n)))
    put(folder, "a.json", json.dumps({"data": [{"index": i, "embedding": [1, i % 7, 2]} for i in order]}))
    return ["convert", "-q", "-f", "jsonl", "-o", "out.jsonl", "--terms", "t", "a.json"]


def bad_lines(folder, n):
    put(folder, "a.jsonl", lines('{"term": "t%d", "vec": %s}' % (i, "[1, 2, 3]" if i % 2 else "[1, x]") for i in range(n)))
    return ["-k", "2", "--n-init", "1", "--on-bad", "skip", "--max-bad", "0.9", "a.jsonl"]


def update(folder, n):
    put(folder, "a.jsonl", jsonl(rows(60)))
    subprocess.run([KCLUST, "-q", "-k", "3", "-m", "m", "a.jsonl"], cwd=folder, env=environment(), capture_output=True, check=True)
    put(folder, "b.jsonl", records(n, lambda i: {"vec": [1, 0, 0, 0]}))
    return ["update", "-q", "-m", "m", "b.jsonl"]


def pairs(folder, n):
    """A fit of few rows with n pairs that must be apart, in a ring."""
    put(folder, "p", lines("t%d\tt%d\tcannot" % (i, (i + 1) % n) for i in range(n)))
    return ["-q", "-k", "4", "--n-init", "1", "--pairs", "p", put(folder, "a.jsonl", jsonl(rows(n)))]


def edit(form):
    """Edit a model of n / 8 clusters, or a file of n labels, by as many corrections as there are clusters."""
    def run(folder, n):
        k = n // 8
        edits = [x for c in range(k // 2) for x in ("--merge", "%d,%d" % (2 * c, 2 * c + 1))][:2 * 4000]
        if form == "model":
            return ["edit", *edits, "-m", model("info")(folder, n)[1]]
        put(folder, "l", lines(form % (i, i % k) for i in range(n)))
        return ["edit", *edits, "-o", "out", "l"]
    return run


def summary(folder, n):
    clusters = [{"id": i, "size": 2, "label": "c%d" % i, "keywords": [{"word": "w%d" % i, "weight": 1}]} for i in range(n)]
    put(folder, "s", json.dumps({"k": n, "n": 2 * n, "clusters": clusters, "levels": [{"k": 2, "parents": [i % 2 for i in range(n)]}]}))
    return ["report", "--from", "s", "-o", "page"]


def picture(folder, n):
    put(folder, "l", lines("t%d\t%d" % (i, i // 2) for i in range(2 * n)))
    return ["plot", "sizes", "-o", "page.svg", "l"]


SCENARIOS = {
    "jsonl": (2000, text(lambda i: {})),
    "jsonl with many members": (60, text(lambda i: {"m%d" % j: j for j in range(100)})),
    "members of one record": (4000, one(lambda n: json.dumps({"term": "a", **{"m%d" % j: j for j in range(n)}, "vec": [1, 2]}))),
    "escapes": (4000, one(lambda n: '{"term": "%s", "vec": [1, 2]}' % ("\\u0041" * n))),
    "nesting": (2000, one(lambda n: '{"term": "a", "x": %s1%s, "vec": [1, 2]}' % ('[' * n, ']' * n))),
    "objects in objects": (2000, one(lambda n: '{"x":' * n + '1' + '}' * n)),
    "long numbers": (20000, one(lambda n: '{"term": "a", "vec": [1, %s]}' % ("1" * n))),
    "wide vector": (8000, one(lambda n: '{"term": "a", "vec": [%s]}' % ",".join("0.25" for _ in range(n)))),
    "blank lines": (40000, one(lambda n: "\n" * n + '{"term": "a", "vec": [1, 2]}\n')),
    "array of records": (2000, one(lambda n: "[" + records(n, lambda i: {}).strip().replace("\n", ",") + "]")),
    "response": (2000, one(lambda n: '{"data": [' + records(n, lambda i: {}).strip().replace("\n", ",") + "]}")),
    "ids beside vectors": (2000, one(lambda n: json.dumps({"ids": ["i%d" % i for i in range(n)], "embeddings": rows(n)}))),
    "map": (2000, one(lambda n: json.dumps({"w%d" % i: v for i, v in enumerate(rows(n))}))),
    "bare arrays": (2000, one(lambda n: lines(json.dumps(v) for v in rows(n)))),
    "base64": (8000, one(lambda n: json.dumps({"term": "a", "vec": "AACAPwAAAEA=" * 1, "x": "A" * n}))),
    "columns": (2000, lambda f, n: ["info", put(f, "a.csv", "term," + ",".join("x%d" % i for i in range(n)) + "\n" +
                                                "".join("t%d," % j + ",".join("1" for _ in range(n)) + "\n" for j in range(3)))]),
    "columns without vectors": (1000, lambda f, n: ["info", put(f, "a.csv", ",".join("c%d_%s" % (i, "x" * (i % 5)) for i in range(n)) +
                                                                "\n" + ",".join("1" for _ in range(n)) + "\n")]),
    "quotes": (20000, lambda f, n: ["info", put(f, "a.csv", 'term,x0,x1\n"' + '""' * n + '",1,2\n')]),
    "unclosed quote": (40000, lambda f, n: ["info", put(f, "a.csv", 'term,x0,x1\n"' + "a\n" * n)]),
    "copy": (2000, lambda f, n: ["info", put(f, "a.tsv", "".join("t\\\\%d\t1\t%d\n" % (i, i) for i in range(n)))]),
    "gzip members": (400, lambda f, n: ["info", put(f, "a.gz", b"".join(gzip.compress(b'{"term": "a%d", "vec": [1, 2]}\n' % i) for i in range(n)))]),
    **{"format " + name: (500, format_of(name)) for name in
       ("faiss", "faiss with ids", "fvecs", "safetensors", "word2vec", "word2vec-bin", "glove", "csv", "tsv", "pgvector", "parquet",
        "parquet with packed pages", "parquet, compressed")},
    "bad lines": (1000, bad_lines),
    "terms": (2000, terms),
    "terms by index": (1000, by_index),
    "terms, too many": (20000, beside("t", lambda n: lines(range(n)), ["--terms", "t"])),
    "metadata by rows": (500, metadata("rows")),
    "metadata by key": (500, metadata("key")),
    "metadata as csv": (500, metadata("csv")),
    "metadata of an index": (1000, beside("m", index, ["--metadata", "m", "--group-by", "g"])),
    "metadata, too much": (4000, beside("m", lambda n: "{}\n" * n, ["--metadata", "m", "--group-by", "g"])),
    "stop words": (2000, stop_words),
    "stop words that repeat": (10000, beside("s", lambda n: "x\n" * n, ["--keywords", "2", "--stop-words", "s"])),
    "where in": (400, where_in),
    "facets": (400, facets),
    "keywords": (200, keywords),
    "groups": (400, groups([])),
    "windows and gaps": (8192, windows),
    "labels tsv": (4000, labels(".tsv", lambda x: lines("%s\t%d" % y for y in x))),
    "labels csv": (4000, labels(".csv", lambda x: "term,cluster\n" + lines('"%s",%d' % y for y in x))),
    "labels jsonl": (4000, labels(".jsonl", lambda x: lines('{"term": "%s", "label": %d}' % y for y in x))),
    "labels plain": (8000, labels(".txt", lambda x: lines(y[1] for y in x))),
    "as many clusters as rows": (1000, many_ids),
    "score": (4000, score),
    "config": (1000, config),
    "model": (400, model("info")),
    "update": (1000, update),
    "pairs": (500, pairs),
    "report of a summary": (2000, summary),
    "picture of many clusters": (2000, picture),
    "edit of a model": (400, edit("model")),
    "edit of labels, tsv": (4000, edit("t%d\t%d")),
    "edit of labels, jsonl": (4000, edit('{"term": "t%d", "cluster_id": %d}')),
    # The square, as the manual says: all pairs of clusters are compared.
    "groups that are merged": (300, groups(["--merge-groups", "0.5"])),
}
SQUARE = {"groups that are merged": 2.2}
FIXED = ["jsonl", "groups that are merged"]  # in every slice
SLOW = ["windows and gaps"]  # minutes: in no slice


def count_instructions(folder, args):
    """Return the instructions of a run of kclust by one thread."""
    p = subprocess.run(["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", KCLUST, *args],
                       cwd=folder, env=environment(OMP_NUM_THREADS="1"), capture_output=True, stdin=subprocess.DEVNULL)
    seen = re.search(rb"I\s+refs:\s+([0-9,]+)", p.stderr)
    if not seen or p.returncode not in (0, 1, 2, 3):
        raise RuntimeError("exit %d: %r" % (p.returncode, p.stderr[-300:]))
    return int(seen[1].replace(b",", b"")), p.returncode


def peak_memory(folder, args):
    """Return the bytes of the largest resident size of a run."""
    code = ("import os,subprocess,sys\np=subprocess.Popen(sys.argv[1:],stdin=subprocess.DEVNULL,stdout=subprocess.DEVNULL,"
            "stderr=subprocess.DEVNULL)\nprint(os.wait4(p.pid,0)[2].ru_maxrss)")
    p = subprocess.run([sys.executable, "-c", code, KCLUST, *args], cwd=folder, env=environment(), capture_output=True)
    return int(p.stdout) * 1024


def fit(counts):
    """Return the exponent by the last three counts, each of twice the input."""
    a, b, c = counts[-3:]
    return math.log2(max(c - b, 1) / max(b - a, 1))


def measure(label):
    n, make = SCENARIOS[label]
    counts, memory = [], []
    try:
        for step in range(STEPS + 1):
            folder = h.folder()
            args = make(folder, n << step)
            if args[0] not in ("info", "convert", "diff", "score", "update", "edit", "report", "plot"):
                args = ["fit", *args]
            count, code = count_instructions(folder, [args[0], *(["-j", "1"] if args[0] in ("fit", "update") else []), *args[1:]])
            counts.append(count)
            memory.append(peak_memory(folder, args))
    except RuntimeError as e:
        return label, str(e), None
    return label, None, (counts, memory, code)


def flood():
    """Compare terms that all collide with others."""
    n = 20000 if h.slice else 200000
    made = subprocess.run([h.compile(os.path.join(HERE, "collide.c")), str(n)], capture_output=True, check=True).stdout.decode().split()
    other = ["%016x" % r.getrandbits(64) for _ in range(n)]
    counts = []
    for some in (other, made):
        folder = h.folder()
        put(folder, "a", lines("%s\t%d" % (t, i % 9) for i, t in enumerate(some)))
        put(folder, "b", lines("%s\t%d" % (t, i % 9) for i, t in reversed(list(enumerate(some)))))
        counts.append(count_instructions(folder, ["diff", "a", "b"])[0])
    h.ok("terms that collide", "" if counts[1] <= FLOOD * counts[0] else "%d instructions, %d for others" % (counts[1], counts[0]))
    print("terms that collide: %d terms, %.2f times the instructions of others" % (n, counts[1] / counts[0]))


chosen = [s for s in SCENARIOS if h.wanted(s)]
if h.slice:
    rest = [s for s in chosen if s not in FIXED + SLOW]
    chosen = [s for s in chosen if s in FIXED] + r.sample(rest, min(4, len(rest)))
worst = 0
for label, broken, seen in h.map(measure, chosen):
    if broken:
        h.ok(label, broken)
        continue
    counts, memory, code = seen
    grows, most = fit(counts), SQUARE.get(label, MOST)
    leap = (memory[-1] - memory[-2]) - 2.6 * max(memory[-2] - memory[-3], 0)
    complaint = "" if grows <= most else "instructions grow with exponent %.2f, at most %.2f: %s" % (grows, most, counts)
    complaint = complaint or ("" if leap <= MEMORY else "memory grows faster than the input: %s" % memory)
    h.ok(label, complaint)
    print("%-42s exponent %.2f, %d M instructions, %.1f MB, exit %d" %
          (label, grows, counts[-1] // 10 ** 6, memory[-1] / 1e6, code), flush=True)
    if label in SQUARE:
        h.planted("%s: a square" % label, "exponent %.2f" % grows if grows > MOST else "")
    else:
        worst = max(worst, grows)
if h.wanted("terms that collide"):
    flood()
h.end("%d scenarios, the largest exponent %.2f" % (len(chosen), worst))
