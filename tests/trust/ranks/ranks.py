"""Cluster on the ranks of an MPI job: the same bytes as one process, whatever the number of ranks, the format and the
options; and one end for all when a rank fails: bad input, a full disk, too little memory, a kill at any moment."""
import concurrent.futures
import os
import re
import resource
import shutil
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import numpy as np  # noqa: E402
from failures import AT_ONCE, Failures  # noqa: E402
import inputs  # noqa: E402
from harness import KCLUST, ROOT, Harness, environment, one_message, temporary  # noqa: E402
from stops import Stops  # noqa: E402

MPIRUN = os.environ.get("MPIRUN", "mpirun")
ON_RANKS = os.path.join(ROOT, "build", "release", os.environ.get("MPICC", "mpicc"), "kclust-mpi")
NEVER_S = 300
OUTPUTS = ("labels", "summary", "clusters", "model")
# as root, more ranks than processors, and nothing but what kclust says
ALLOWED = dict(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1", OMPI_MCA_rmaps_base_oversubscribe="1",
               OMPI_MCA_mpi_yield_when_idle="1", OMPI_MCA_btl_vader_single_copy_mechanism="none")
REFUSED = {
    "--algorithm": ["--algorithm", "ward", "-k", "3"],
    "--space": ["--space", "pca:4"],
    "--k-by": ["--k-by", "auto"],
    "--group-by": ["--group-by", "g"],
    "--like": ["--like", "labels"],
    "--min-purity": ["--min-purity", "0.5"],
    "--levels": ["--levels", "2"],
    "--resamples": ["--resamples", "5"],
    "--test-structure": ["--test-structure"],
    "--max-memory": ["--max-memory", "1G"],
    "--report": ["--report", "r.html"],
}


def by_rank(n):
    return [MPIRUN] + (["--quiet"] if "mpich" not in MPIRUN else []) + ["-n", str(n), ON_RANKS]


class Ranks(Harness):
    def __init__(self):
        super().__init__("ranks")
        self.counts = [2] if self.slice else [1, 2, 3, 4, 7]
        self.lock = threading.Lock()
        self.pool = concurrent.futures.ThreadPoolExecutor(AT_ONCE)
        self.waiting = []
        os.chdir(self.tmp)

    def ok(self, label, complaint):
        with self.lock:
            return super().ok(label, complaint)

    def later(self, work, *args):
        """Do a test side by side with others: after a failure, mpirun mostly waits."""
        self.waiting.append(self.pool.submit(work, *args))

    def settle(self):
        """Wait for what is done side by side."""
        for x in self.waiting:
            x.result()
        self.waiting = []

    @staticmethod
    def place(folder):
        """Return the name of a folder that only this thread has."""
        return "%s.%d" % (folder, threading.get_ident())

    def run(self, argv, folder, **more):
        """Run a command in a new folder of this thread; return its exit status and what it wrote to standard error."""
        folder = self.place(folder)
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        got = subprocess.run(argv, cwd=folder, env=environment(**ALLOWED), stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=NEVER_S, check=False, **more)
        return got.returncode, got.stderr

    @staticmethod
    def read(folder, name):
        """Return the bytes of an output; of the summary what does not tell of the run itself."""
        try:
            with open(os.path.join(folder, name), "rb") as f:
                data = f.read()
        except FileNotFoundError:
            return None
        return data.split(b'  "storage"')[0] if name == "summary" else data

    def bytes_of(self, folder, name):
        """Read an output from a folder of this thread."""
        return self.read(self.place(folder), name)

    def compare(self, label, options, files, model=True, expect=0):
        """Compare the outputs of fit."""
        argv = ["-q"] + options + ["-o", "labels", "-s", "summary", "--clusters", "clusters"]
        argv += ["-m", "model"] if model else []
        self.compare_run(label, argv, files, expect)

    def compare_run(self, label, argv, files, expect=0):
        """Compare the outputs of one process, which ends with the expected exit status (None: any), and of ranks."""
        if self.wanted(label):
            self.later(self.compare_now, label, argv, files, expect, self.counts)

    def compare_now(self, label, argv, files, expect, counts):
        argv = argv + [os.path.abspath(f) for f in files]
        status, message = self.run([KCLUST] + argv, "one")
        if expect is not None:
            self.ok("%s, one process" % label, "" if status == expect else
                    "exit %d, expected %d: %r" % (status, expect, message))
        for n in counts:
            got, said = self.run(by_rank(n) + argv, "many")
            wrong = ["exit %d, not %d: %s" % (got, status, said[:300])] if got != status else []
            wrong += [x for x in OUTPUTS if self.bytes_of("one", x) != self.bytes_of("many", x)]
            wrong += ["message %r, not %r" % (said, message)] if said != message else []
            self.ok("%s, %d ranks" % (label, n), ", ".join(wrong))

    def write_sets(self):
        """Write 60,000 rows in every format, so many that passes are shared; and the first 3,000."""
        r = np.random.RandomState(self.seed)
        centres = r.standard_normal((9, 12))
        x = (centres[r.randint(9, size=60000)] + 0.7 * r.standard_normal((60000, 12))).astype("f4")
        x[100:130] = x[100]  # equal rows
        np.save("x.npy", x)
        with open("x.npy.terms", "w", encoding="ascii") as f:
            f.writelines("t%d\n" % i for i in range(len(x)))
        np.save("few.npy", x[:3000])
        np.save("equal.npy", x[:3000][r.randint(3000, size=60000)])
        np.save("a.npy", x[:20001])
        np.save("b.npy", x[20001:59999])
        np.save("c.npy", x[59999:])
        os.rename("x.npy.terms", "terms")
        for name, how in (("x.jsonl", ["--output-format", "jsonl"]), ("x.kvec", ["--output-format", "kvec"])):
            subprocess.run([KCLUST, "convert", "-q", "--terms", "terms", *how, "-o", name, "x.npy"],
                           check=True, env=environment())
        with open("x.csv", "w", encoding="ascii") as f:
            f.write("term,%s\n" % ",".join("v%d" % i for i in range(12)))
            f.writelines("t%d,%s\n" % (i, ",".join("%.5g" % v for v in row)) for i, row in enumerate(x[:55000]))
        x.tofile("x.f32")
        np.concatenate([np.full((len(x), 1), 12, "<i4").view("f4"), x], axis=1).tofile("x.fvecs")
        with open("parts.jsonl", "w", encoding="ascii") as f:
            f.writelines('{"term": "t%d", "part": %d, "vec": [%s]}\n' % (i, i % 20 > 0, ",".join("%.5g" % v for v in row))
                         for i, row in enumerate(x))
        subprocess.run(["gzip", "-1k", "x.jsonl"], check=True)
        weights = np.round(r.gamma(1.5, 2, len(x)) + 0.01, 4)
        for name, rows in (("fields.jsonl", 60000), ("few.jsonl", 3000)):
            with open(name, "w", encoding="ascii") as f:
                f.writelines('{"term": "t%d", "text": "word%d common", "w": %g, "t": "2024-01-%02dT%02d:00:00Z", "vec": [%s]}\n' %
                             (i, i % 7, weights[i], 1 + i % 28, i % 24, ",".join("%.5g" % v for v in x[i]))
                             for i in range(rows))

    def formats(self):
        self.compare("npy", ["-k", "2:9", "--n-init", "4"], ["x.npy"])
        self.compare("few rows", ["-k", "2:9"], ["few.npy"])
        self.compare("jsonl", ["-k", "2:9", "--n-init", "2", "--columns", "term,cluster,margin,silhouette"], ["x.jsonl"])
        self.compare("three files", ["-k", "6", "--top", "2"], ["a.npy", "b.npy", "c.npy"])
        if self.slice:
            return
        self.compare("csv", ["-k", "2:6", "--n-init", "2"], ["x.csv"])
        self.compare("kvec", ["-k", "2:6", "--n-init", "2"], ["x.kvec"])
        self.compare("fvecs", ["-k", "2:6", "--n-init", "2"], ["x.fvecs"])
        self.compare("raw", ["-k", "7", "--input-format", "raw", "--dim", "12"], ["x.f32"])
        self.compare("gzip", ["-k", "2:6", "--n-init", "2"], ["x.jsonl.gz"])
        self.compare("debian", ["-k", "2:12", "--keywords", "4"], [ROOT + "/testdata/debian-packages.jsonl.gz"])

    def random_verb(self, options):
        """Return a verb to read inputs with, and its outputs."""
        annotate = "--annotate" in options
        what = self.random.choice(["fit", "fit", "assign"] + ([] if annotate else ["convert"]))
        if what == "fit":
            return ["-k", "2", "-o", "labels", "-s", "summary", "--clusters", "clusters", "-m", "model"]
        if what == "assign":
            return ["assign", "-m", os.path.abspath("small.model"), "-o", "labels"] + \
                ([] if annotate else ["--columns", "term,row,cluster,margin"])
        return ["convert", "-o", "labels", "--output-format", self.random.choice(["jsonl", "npy", "parquet"])]

    def parts(self, times):
        """Compare on inputs made at random, of which each rank reads a part."""
        np.save("small.npy", np.random.RandomState(2).standard_normal((50, inputs.D)).astype("f4"))
        subprocess.run([KCLUST, "-q", "-k", "3", "-o", os.devnull, "-m", "small.model", "small.npy"], check=True, env=environment())
        for i in range(times):
            files, options = inputs.make(KCLUST, environment(), self.random, "in%d" % i)
            count, verb = self.random.choice([2, 3, 5, 7]), self.random_verb(options)
            if self.only in (None, "parts", "parts %d" % i):
                self.compare_now("parts %d" % i, verb + ["-q", "-j", "1"] + options, files, None, [count])
            if not os.environ.get("KEEP"):
                shutil.rmtree("in%d" % i)

    def own_files(self):
        """Give each rank files of its own, and let each write a file: together they are those of one process."""
        for n in self.counts:
            if n == 1 or n > 3:
                continue
            parts = [["x.jsonl", "few.npy"], ["a.npy", "b.npy"], ["c.npy"]][:n]
            with open("own", "w", encoding="ascii") as f:
                f.write("#!/bin/sh\ncase ${OMPI_COMM_WORLD_RANK:-$PMI_RANK} in\n")
                f.writelines("%d) exec %s \"$@\" %s ;;\n" % (i, ON_RANKS, " ".join(os.path.abspath(x) for x in p))
                             for i, p in enumerate(parts))
                f.write("esac\n")
            os.chmod("own", 0o755)
            argv = ["-q", "-k", "4", "-s", "summary", "-m", "model", "--keywords", "2", "--columns", "term,row,label,margin"]
            status, said = self.run([KCLUST] + argv + ["-o", "labels"] + [os.path.abspath(x) for p in parts for x in p], "one")
            for label, more in (("own files", ["-o", "labels"]), ("shards", ["-o", "labels.tsv", "--shards"])):
                got = self.run(by_rank(n)[:-1] + [os.path.abspath("own")] + argv + more + ["--local"], "many")
                names = sorted(x for x in os.listdir(self.place("many")) if x.startswith("labels"))
                many = b"".join(self.bytes_of("many", x) for x in names)
                want = ["labels"] if label == "own files" else ["labels.%d.tsv" % i for i in range(n)]
                wrong = [] if got == (status, said) and status == 0 else ["%r, not %r" % (got, (status, said))]
                wrong += ["files %s" % names] if names != want else []
                wrong += ["labels"] if many != self.bytes_of("one", "labels") else []
                wrong += [x for x in ("summary", "model") if self.bytes_of("one", x) != self.bytes_of("many", x)]
                self.ok("%s, %d ranks" % (label, n), ", ".join(wrong))
        self.compare_run("shards of a file", ["-q", "-k", "3", "-f", "npy", "-s", "summary", "-m", "model", "-o", "l", "--shards"],
                         ["x.npy"])
        folder = os.path.abspath("taken")
        os.makedirs(os.path.join(folder, "labels.1"), exist_ok=True)
        status, said = self.run(by_rank(2) + ["-q", "-k", "3", "-o", folder + "/labels", "--shards", os.path.abspath("x.npy")],
                                "many")
        self.ok("shards that one rank cannot write", "" if status == 4 and one_message(said) and
                os.listdir(folder) == ["labels.1"] else "exit %d, %s: %r" % (status, os.listdir(folder), said))

    def verbs(self):
        """Compare the other verbs that run on ranks."""
        subprocess.run([KCLUST, "-q", "-k", "6", "--min-size", "9000", "-o", "fitted", "-m", "moved.model", "x.npy"], check=True,
                       env=environment())
        model = os.path.abspath("moved.model")
        self.compare_run("assign", ["assign", "-q", "-m", model, "-o", "labels", "--tally", "model", "--columns",
                                    "term,row,cluster,margin"], ["x.jsonl"])
        self.compare_run("convert", ["convert", "-q", "-o", "labels", "--output-format", "npy"], ["x.jsonl", "a.npy"])
        if self.slice:
            return
        self.compare_run("update", ["update", "-q", "-m", model, "--save", "model", "-o", "labels"], ["x.jsonl", "c.npy"])
        self.compare_run("update, bad record", ["update", "-q", "-m", model, "--save", "model", "-o", "labels"], ["bad.jsonl"],
                         expect=1)
        self.compare_run("score", ["score", "--json", "-o", "labels", os.path.abspath("fitted")], ["x.npy"])
        self.compare_run("assign, full disk", ["assign", "-q", "-m", model, "-o", "/dev/full"], ["x.npy"], expect=4)
        self.compare_run("assign, bad record", ["assign", "-q", "-m", model, "-o", "labels"], ["bad.jsonl"], expect=1)
        self.compare_run("assign, other rows", ["assign", "-q", "-m", model, "-o", "labels", "--threshold", "0.9", "--top", "2"],
                         ["a.npy", "x.jsonl.gz", "x.csv"])
        self.compare_run("assign, --terms", ["assign", "-q", "-m", model, "-o", "labels", "--terms", os.path.abspath("terms")],
                         ["x.npy"])

    def options(self):
        self.compare("many clusters", ["-k", "70"], ["x.npy"])
        self.compare("modularity", ["-k", "2:12", "--n-init", "2", "--k-by", "modularity"], ["x.npy"])
        self.compare("size limits", ["-k", "12", "--n-init", "2", "--min-size", "4500"], ["equal.npy"])
        self.compare("time is up", ["-k", "2:9", "--timeout", "0"], ["x.npy"], expect=3)
        self.compare("weights", ["-k", "2:6", "--n-init", "2", "--weight-field", "w"], ["fields.jsonl"])
        self.compare("broken limit", ["-k", "80000", "--n-init", "1", "--max-iter", "2"], ["few.npy"], expect=3)
        if self.slice:
            return
        self.compare("restarts", ["-k", "2:20"], ["x.npy"])
        self.compare("size limits with starts", ["-k", "6", "--n-init", "2", "--min-size", "9000"], ["x.npy"])
        self.compare("size limits with lists", ["-k", "100", "--n-init", "1", "--balanced"], ["x.npy"])
        self.compare("size limits of few rows", ["-k", "7", "--max-size", "500"], ["few.npy"])
        self.compare("greatest size", ["-k", "2:12", "--n-init", "2", "--max-size", "4000"], ["equal.npy"])
        self.compare("both sizes", ["-k", "5:12", "--n-init", "2", "--max-size", "9000", "--min-size", "5000"], ["x.npy"])
        self.compare("threshold", ["-k", "2:6", "--n-init", "2", "--threshold", "p20"], ["x.npy"])
        self.compare("outliers", ["-k", "2:6", "--n-init", "2", "--threshold", "outlier", "--min-margin", "0.05", "--top", "2"],
                     ["x.npy"])
        self.compare("fields", ["-k", "5", "--text-field", "text", "--keywords", "3", "--time-field", "t", "--facet", "text",
                                "--document-field", "text"], ["fields.jsonl"])
        self.compare("recency", ["-k", "2:9", "--n-init", "4", "--time-field", "t", "--recency", "6h", "--weight-field", "w",
                                 "--columns", "term,cluster,margin,silhouette"], ["fields.jsonl"])
        self.compare("weights of few rows", ["-k", "2:6", "--weight-field", "w", "--max-size", "900"], ["few.jsonl"])
        self.compare("weights with column blocks", ["-k", "70", "--weight-field", "w"], ["fields.jsonl"])
        self.compare("weights in a sample", ["-k", "2:6", "--sample", "30000", "--weight-field", "w"], ["fields.jsonl"])
        self.compare("weights and size limits", ["-k", "12", "--n-init", "2", "--min-size", "4500", "--weight-field", "w"],
                     ["fields.jsonl"])
        self.compare("weights and starts", ["-k", "6", "--n-init", "2", "--min-size", "9000", "--weight-field", "w"],
                     ["fields.jsonl"])
        self.compare("weights and splits", ["-k", "2:8", "--n-init", "1", "--max-size", "4000", "--weight-field", "w"],
                     ["fields.jsonl"])
        self.compare("weights of empty clusters", ["--centroids", self.odd_centroids(), "--weight-field", "w"],
                     ["fields.jsonl"])
        self.compare("least size", ["-k", "15:20", "--n-init", "2", "--min-size", "4000"], ["equal.npy"])
        self.compare("sample", ["-k", "2:9", "--sample", "30000"], ["x.npy"])
        for k in ("4", "300"):
            self.compare_run("labels alone, k = " + k, ["-q", "-k", k, "--n-init", "1", "-o", "labels", "-s", "summary"], ["x.npy"])
        self.compare("shared sample", ["-k", "2:9", "--n-init", "2", "--sample", "52000"], ["x.jsonl"])
        self.compare("shared sample, one k", ["-k", "7", "--sample", "55000", "--columns", "term,cluster,margin"], ["x.npy"])
        self.compare("condition", ["-k", "5", "--where", "part=1"], ["parts.jsonl"])
        self.compare("empty clusters", ["--centroids", self.odd_centroids()], ["x.npy"])
        self.compare("terms", ["-k", "2:5", "--n-init", "2", "--terms", os.path.abspath("terms"), "--keywords", "3"],
                     ["x.npy"])

    @staticmethod
    def odd_centroids():
        """Write centroids some of which no row is nearest to, so that clusters are empty and are seeded again."""
        c = np.zeros((5, 12), "f4")
        c[:, 0] = 1
        c[1:, 1] = 1e-6 * np.arange(1, 5)
        np.save("odd.npy", c)
        return os.path.abspath("odd.npy")

    def refusals(self):
        chosen = sorted(REFUSED.items())
        jobs = [(option, argv + [os.path.abspath("few.npy")])
                for option, argv in (self.random.sample(chosen, 4) if self.slice else chosen)]
        jobs += [("info", ["info", "few.npy"]), ("standard input", []), ("a dash", ["-"])]

        def refuse(label, argv):
            status, said = self.run(by_rank(2) + argv, "many")
            named = not label.startswith("--") or label.encode() in said
            self.ok("refuse " + label, "" if status == 2 and one_message(said) and named else "exit %d: %r" % (status, said))
        for job in jobs:
            self.later(refuse, *job)

    def errors(self):
        """Compare the messages of failures that all ranks see, and of those that one has."""
        with open("bad.jsonl", "wb") as f, open("x.jsonl", "rb") as g:
            lines = g.readlines()
            f.writelines(lines[:41000] + [b'{"term": "bad", "vec": [1, 2]}\n'] + lines[41000:] + [b"{\n"])
        x = np.load("x.npy")
        x[50000, 3] = np.nan
        np.save("nan.npy", x)
        self.compare("bad record", ["-k", "5"], ["bad.jsonl"], expect=1)
        self.compare("bad record skipped", ["-k", "5", "--on-bad", "skip"], ["bad.jsonl"])
        self.compare("not a number", ["-k", "5"], ["nan.npy"], expect=1)
        self.compare("no file", ["-k", "5"], ["x.npy", "none.npy"], expect=4)
        self.compare("bad option", ["-k", "5", "--no-such-option"], ["x.npy"], expect=2)

        def fail(label, argv):
            argv = ["-q", "-k", "5"] + argv + [os.path.abspath("x.npy")]
            one, many = self.run([KCLUST] + argv, "one"), self.run(by_rank(3) + argv, "many")
            self.ok(label, "" if one == many and one[0] == 4 else "%r, not %r" % (many, one))
        self.later(fail, "full disk", ["-o", "/dev/full"])
        self.later(fail, "no folder", ["-o", "none/labels"])

    def bytes_sent(self):
        """Compare what -v tells of the bytes of a pass with what has to be sent: the sums and counts of all clusters, how
        many rows moved, and three exchanges of states; whatever the number of rows and of ranks."""
        jobs = [(k, d, rows, n) for k, d in ((5, 12), (60, 40)) for rows in (60000, 90000) for n in (2, 3)]
        for k, d, rows, n in jobs[::7] if self.slice else jobs:
            np.save("sent.npy", np.random.RandomState(self.seed).standard_normal((rows, d)).astype("f4"))
            status, said = self.run(by_rank(n) + ["-v", "-k", str(k), "--n-init", "1", "--max-iter", "5", "-o", "labels",
                                                  os.path.abspath("sent.npy")], "many")
            told = re.search(rb"ranks: %d; each has sent (\d+) bytes: (\d+) in (\d+) passes over the rows \((\d+) a pass\), (\d+) of "
                             rb"rows that all work on, (\d+) for sums and figures, and the first one \d+ while reading; it has got (\d+) of labels" % n, said)
            wrong = "" if status == 0 and told else "exit %d: %r" % (status, said)
            if told:
                sent, in_passes, passes, each, copies, figures, labels = map(int, told.groups())
                model = 8 * k * (d + 1) + 8 + 3 * 24
                # levels of 2,048 and 16,384 rows; for each row that another rank has, a label of a byte
                models = ((each, model), (in_passes, passes * model), (copies, 4 * d * (2048 + 16384)),
                          (labels, rows * (n - 1) / n), (sent, in_passes + copies + figures))
                wrong = ", ".join("%d bytes, not %d" % x for x in models if abs(x[0] / x[1] - 1) > 0.1)
            self.ok("bytes of k = %d, d = %d, %d rows, %d ranks" % (k, d, rows, n), wrong)

    def short_rank(self):
        """Let one rank run out of memory: one message, exit status 4, nothing written."""
        script = os.path.abspath("short")
        with open(script, "w", encoding="ascii") as f:
            f.write("#!/bin/sh\nif [ \"${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-}}\" = 1 ]; then ulimit -v $LIMIT; fi\n"
                    "exec %s \"$@\"\n" % ON_RANKS)
        os.chmod(script, 0o755)
        seen = 0
        np.save("wide.npy", np.random.RandomState(1).standard_normal((60000, 400)).astype("f4"))
        # MPI itself needs some 230 MB of addresses, a third of the rows 32 MB
        for limit in [256000] if self.slice else range(250000, 340000, 6000):
            argv = by_rank(3)[:-1] + [script, "-q", "-k", "2:9", "--n-init", "1", "-j", "1", "-o", "labels",
                                      os.path.abspath("wide.npy")]
            status, said = self.run(["env", "LIMIT=%d" % limit] + argv, "many")
            left = os.listdir(self.place("many"))
            if status == 0:
                self.ok("%d kB for a rank" % limit, "" if left == ["labels"] and not said else "%r %r" % (left, said))
            elif status == 4:
                seen += 1
                self.ok("%d kB for a rank" % limit, "" if not left and one_message(said) else "%r %r" % (left, said))
            else:
                self.skip("%d kB for a rank" % limit, "MPI itself did not start: exit %d" % status)
        self.ok("a rank was short of memory", "" if seen or self.slice else "no limit was so")


def main():
    h = Ranks()
    h.write_sets()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    h.formats()
    if h.only is None or h.only.startswith("parts"):
        h.parts(3 if h.slice else int(os.environ.get("PARTS") or 60))
    h.options()
    if h.only is None:
        h.refusals()
    h.errors()
    if h.only is None or h.wanted("timed") or h.only.startswith("stop"):
        Stops(h, by_rank, ALLOWED).run()
    if h.only is None or h.only in ("own files", "shards", "shards of a file"):
        h.own_files()
    h.verbs()
    if h.wanted("bytes"):
        h.bytes_sent()
    if h.wanted("short"):
        h.short_rank()
    h.settle()
    if h.wanted("failures"):
        Failures(h, by_rank, ALLOWED).go(h.slice)
    return h.end()


if __name__ == "__main__":
    sys.exit(main())
