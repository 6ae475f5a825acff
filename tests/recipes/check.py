"""Run the recipes of the manual for services, exports, make, shards and timers as printed. `curl` reaches a server that this
test plays; systemd only looks at its files, whose commands are then run as systemd would."""

import csv
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
from recipes import KCLUST, ROOT, recipe, shell  # noqa: E402

passed = failed = skipped = 0
WORDS = {"shoes": (1, 0, 0), "garden": (0, 1, 0), "travel": (0, 0, 1)}
TITLES = ["%s %s" % (color, word) for word in WORDS for color in ("red", "green", "blue", "it's \"white\"", "50%")]


def check(ok, what):
    global passed, failed
    passed += bool(ok)
    failed += not ok
    if not ok:
        print("FAIL recipes: " + what)


def skip(why):
    global skipped
    skipped += 1
    print("skip: " + why)


def vector(title):
    """Return a vector near that of the title's word."""
    at = sorted(title.encode())[len(title) // 2] % 7 / 100
    return [x + at * (i + 1) for i, x in enumerate(WORDS[title.split()[-1]])]


def grouped(lines):
    """Whether the rows TITLE<TAB>ID are in the three groups of their words."""
    ids = {}
    for line in lines:
        title, number = line.rstrip("\n").split("\t")
        ids.setdefault(title.split()[-1].rstrip('"'), set()).add(number)
    return len(lines) == len(TITLES) and all(len(i) == 1 for i in ids.values()) and len(set.union(*ids.values())) == 3


class Service(http.server.BaseHTTPRequestHandler):
    """An embedding service, a language model, and Qdrant with pages of four points."""

    def log_message(self, *_):
        pass

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/v1/embeddings":
            texts = enumerate(asked["input"])
            answer = {"object": "list", "data": [{"index": i, "embedding": vector(t)} for i, t in reversed(list(texts))]}
        elif self.path == "/v1/chat/completions":
            said = asked["messages"][0]["content"]
            answer = {"choices": [{"message": {"content": "All about\n" + next(w for w in WORDS if w in said)}}]}
        else:
            first = asked["offset"] or 0
            points = [{"id": i, "vector": vector(t), "payload": {"title": t}} for i, t in enumerate(TITLES)][first:first + 4]
            answer = {"result": {"points": points, "next_page_offset": first + 4 if first + 4 < len(TITLES) else None}}
        body = json.dumps(answer).encode()
        self.send_response(200 if self.headers["Content-Type"] == "application/json" else 415)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def prepare(folder, port):
    """Put kclust on the path, and a curl that goes to our server whatever it is told; write the inputs."""
    os.mkdir(os.path.join(folder, "bin"))
    os.symlink(KCLUST, os.path.join(folder, "bin", "kclust"))
    curl = os.path.join(folder, "bin", "curl")
    with open(curl, "w", encoding="utf-8") as f:
        f.write("#!%s\nimport os, re, sys\n"
                "os.execv(%r, ['curl', '--noproxy', '*'] + [re.sub('^https?://[^/]+', 'http://127.0.0.1:%d', a) for a in "
                "sys.argv[1:]])\n" % (sys.executable, shutil.which("curl"), port))
    os.chmod(curl, 0o755)

    def write(name, lines):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.writelines(line + "\n" for line in lines)
    write("terms.txt", TITLES)
    write("titles.jsonl", [json.dumps({"term": t, "vec": vector(t)}) for t in TITLES])
    write("posts.jsonl", [json.dumps({"term": t, "date": "2026-%02d-05" % (i % 3 + 1), "vec": vector(t)})
                          for i, t in enumerate(TITLES)])
    write("chroma.json", [json.dumps({"ids": [str(i) for i in range(len(TITLES))], "documents": TITLES, "metadatas": None,
                                      "embeddings": [vector(t) for t in TITLES]})])


def lines_of(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8-sig", newline="") as f:
        return f.readlines()


def run(folder, name, **variables):
    result = shell(folder, recipe(name), **variables)
    check(result.returncode == 0, "%s: %s" % (name, result))
    return result.returncode == 0


def services(folder):
    if not shutil.which("curl") or not shutil.which("jq"):
        return skip("no curl, or no jq")
    for name in "service", "qdrant":
        if run(folder, name, OPENAI_API_KEY="none"):
            check(grouped(lines_of(folder, "clusters.tsv")), name + ": other clusters")
    if run(folder, "names", OPENAI_API_KEY="none"):
        told = shell(folder, "kclust info --json topics.model").stdout.decode()
        check(all("All about " + word in told for word in WORDS), "names: the model has others: " + told)
    return None


def exports(folder):
    if run(folder, "chroma"):
        check(grouped(lines_of(folder, "clusters.tsv")), "chroma: other clusters")
    if run(folder, "months"):
        rows = list(csv.reader(lines_of(folder, "months.csv")))
        check(sum(int(row[3]) for row in rows[1:]) == len(TITLES), "months: rows are missing: %s" % rows)
        with open(os.path.join(folder, "months.csv"), "rb") as f:
            check(f.read(3) == b"\xef\xbb\xbf", "months: no byte order mark")


def duckdb(folder):
    """Run the recipe with the shell of DuckDB, or with its library for node where `make parquet` has put it."""
    modules = os.path.join(ROOT, "build", "trust", "parquet", "node_modules")
    if not shutil.which("duckdb"):
        if not shutil.which("node") or not os.path.isdir(os.path.join(modules, "@duckdb", "node-api")):
            return skip("no duckdb, and make parquet has not fetched its library")
        with open(os.path.join(folder, "bin", "duckdb"), "w", encoding="utf-8") as f:
            f.write("#!/usr/bin/env node\nconst { DuckDBInstance } = require(%s)\n"
                    "const go = async () => {\n"
                    "    const db = await (await DuckDBInstance.create(':memory:')).connect()\n"
                    "    const rows = await (await db.run(process.argv[3])).getRows()\n"
                    "    for (const row of rows) console.log(row.join('\\t'))\n"
                    "}\ngo()\n" % json.dumps(os.path.join(modules, "@duckdb", "node-api")))
        os.chmod(os.path.join(folder, "bin", "duckdb"), 0o755)
    made = shell(folder, "duckdb -c \"COPY (SELECT term AS id, 'en' AS lang, vec FROM read_json('titles.jsonl')) TO 'x.parquet'\"")
    check(made.returncode == 0, "duckdb: %s" % made)
    if run(folder, "duckdb"):
        back = shell(folder, "duckdb -c \"COPY (SELECT id, cluster_id FROM 'labelled.parquet') TO 'labelled.tsv' "
                     "(HEADER false, DELIMITER '\t', QUOTE '')\"")
        check(back.returncode == 0 and grouped(lines_of(folder, "labelled.tsv")), "duckdb: other labels: %s" % back)
    return None


def write_topics(folder, drifted):
    """A model of the titles, and new rows that are like them or far away."""
    shell(folder, "rm -f labels.tsv all.tsv; kclust -q -k 3 -m topics.model -o fit.tsv titles.jsonl; cp titles.jsonl all.jsonl")
    far = [json.dumps({"term": "far %d" % i, "vec": [-1, -1 - i / 50, i / 20]}) for i in range(40)]
    with open(os.path.join(folder, "titles.jsonl"), encoding="utf-8") as f:
        rows = far if drifted else f.read().splitlines()
    for name in "new.jsonl", "today.jsonl":
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.writelines(row + "\n" for row in rows)


def generation(folder):
    return json.loads(shell(folder, "kclust info --json topics.model").stdout)["generation"]


def make(folder):
    with open(os.path.join(folder, "Makefile"), "w", encoding="utf-8") as f:
        f.write(recipe("make") + "\n")
    write_topics(folder, False)
    done = shell(folder, "make labels.tsv")
    check(done.returncode == 0 and generation(folder) == 1, "make refits without drift: %s" % done)
    write_topics(folder, True)
    done = shell(folder, "make labels.tsv")
    check(done.returncode == 0 and generation(folder) == 2, "make does not refit on drift: %s" % done)
    write_topics(folder, False)
    shell(folder, "echo nonsense > new.jsonl")
    done = shell(folder, "make labels.tsv")
    check(done.returncode == 2 and generation(folder) == 1, "make refits on bad input: %s" % done)
    check(not os.path.exists(os.path.join(folder, "labels.tsv")), "make leaves labels of bad input")


class Spark:
    """As much of Spark as the recipe needs: an RDD of lines in partitions, each of which goes through a command."""

    def __init__(self, folder):
        self.sparkContext = self
        self.folder = folder
        self.partitions = []

    def parallelize(self, lines, n):
        self.partitions = [lines[i * len(lines) // n:(i + 1) * len(lines) // n] for i in range(n)]
        return self

    def pipe(self, command, checkCode=False):
        done = [subprocess.run(command.split(), cwd=self.folder, input="".join(line + "\n" for line in lines), text=True,
                               stdout=subprocess.PIPE, check=checkCode) for lines in self.partitions]
        self.partitions = [result.stdout.splitlines() for result in done]
        return self

    def collect(self):
        return [line for lines in self.partitions for line in lines]


def shards(folder):
    """Steps over shards, by make, GNU parallel and Spark: each leads to the model that one shard of all rows leads to."""
    def write(name, text):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(text)

    def read(name):
        with open(os.path.join(folder, name), "rb") as f:
            return f.read()

    def good(done, what):
        check(done.returncode == 0, "%s: %s" % (what, done))
        return done.returncode == 0
    good(shell(folder, "mkdir shards; zcat %s >all.jsonl; head -n 200 all.jsonl | kclust -q -k 6 -m first.model -o first.tsv\n"
               "split -n l/4 all.jsonl rows.\nfor i in aa ab ac ad; do kclust convert -q -o shards/$i.npy rows.$i; done\n"
               "kclust assign -q -m first.model --tally all.part -o all.tsv all.jsonl; kclust merge -q -o want.model all.part"
               % os.path.join(ROOT, "testdata", "debian-packages.jsonl.gz")), "shards: the set-up")

    def step(how, run):
        shell(folder, "rm -rf parts; cp first.model topics.model")
        if good(run(), how):
            check(read("topics.model") == read("want.model"), how + ": another model")
            labels = b"".join(read("parts/%s.tsv" % i) for i in ("aa", "ab", "ac", "ad"))
            ids = [line.split(b"\t")[1] for line in labels.splitlines()]
            check(ids == [line.split(b"\t")[1] for line in read("all.tsv").splitlines()], how + ": other labels")
    write("Makefile", recipe("shards") + "\n")
    step("make", lambda: shell(folder, "make -s -j 2 next.model && mv next.model topics.model"))
    again = shell(folder, "touch -d '1 hour' topics.model; make -n next.model | grep -c tally")
    check(again.stdout.strip() == b"4", "make: a new model does not make new parts: %s" % again)
    if shutil.which("parallel"):
        step("parallel", lambda: shell(folder, recipe("parallel")))
    else:
        skip("no GNU parallel")
    write("tally.sh", recipe("tally"))
    write("step.py", "import sys\nsys.path.insert(0, %r)\nfrom check import Spark\nspark = Spark('.')\n"
          % os.path.dirname(os.path.abspath(__file__)) + recipe("spark"))
    step("Spark", lambda: shell(folder, "%s -B step.py" % sys.executable))
    shell(folder, "echo nonsense >shards/ba.npy")
    done = shell(folder, "%s -B step.py" % sys.executable)
    check(done.returncode != 0 and read("topics.model") == read("want.model"), "Spark: a bad shard is not seen: %s" % done)
    shell(folder, "rm -r shards/ba.npy parts; cp first.model topics.model")
    if not shutil.which("jq"):
        skip("no jq")
    elif good(shell(folder, recipe("steps")), "steps"):
        with open(os.path.join(folder, "step.json"), encoding="utf-8") as f:
            check(json.load(f)["shift"] < 0.0001, "steps: they do not end where nothing moves")
        told = json.loads(shell(folder, "kclust info --json topics.model").stdout)
        check(2 < told["updates"] < 30, "steps: %d of them" % told["updates"])


def timer(folder):
    units = {"topics.service": recipe("unit"), "topics.timer": recipe("timer")}
    for name, text in units.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(text.strip().replace("/usr/bin/kclust", KCLUST).replace("User=topics\n", "User=root\n") + "\n")
    if shutil.which("systemd-analyze"):
        for name in units:
            done = shell(folder, "systemd-analyze verify ./%s" % name)
            check(done.returncode == 0 and not done.stderr, "%s: %s" % (name, done))
        with open(os.path.join(folder, "planted.service"), "w", encoding="utf-8") as f:
            f.write(units["topics.service"].replace("ExecStart=/", "ExecStart="))
        done = shell(folder, "systemd-analyze verify ./planted.service")
        check(done.returncode or done.stderr, "systemd-analyze does not see a bad unit")
    else:
        skip("no systemd-analyze")
    joined = re.sub(r"\\\n\s*", "", units["topics.service"])
    start, stop = (re.search("^%s=(.*)$" % key, joined, re.M)[1].replace("/usr/bin/kclust", "kclust")
                   for key in ("ExecStart", "ExecStopPost"))
    for drifted, status, born in ((False, 0, 1), (True, 3, 2)):
        write_topics(folder, drifted)
        ended = shell(folder, start).returncode
        check(ended == status, "the unit ends with %d, not %d" % (ended, status))
        done = shell(folder, stop, EXIT_STATUS=str(ended))
        check(done.returncode == 0 and generation(folder) == born, "after exit %d the unit leaves generation %d: %s"
              % (ended, generation(folder), done))


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="kclust-recipes.") as folder:
        prepare(folder, server.server_address[1])
        check(not grouped(["%s\t0" % t for t in TITLES]), "one cluster for all is not seen")
        services(folder)
        exports(folder)
        duckdb(folder)
        make(folder)
        timer(folder)
        shards(folder)
    server.shutdown()
    print("recipes: %d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
