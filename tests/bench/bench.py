#!/usr/bin/env python3
"""kclust beside the scikit-learn script that does the same, measured in one run on one machine. See README.md."""

import os
import sys

# `python3` may be one without scikit-learn, in front of the system's, which has it.
try:
    __import__("sklearn")
except ImportError:
    SYSTEM = "/usr/bin/python3"
    if os.path.exists(SYSTEM) and not os.path.samefile(sys.executable, SYSTEM):
        os.execv(SYSTEM, [SYSTEM] + sys.argv)
    sys.exit("bench: needs scikit-learn (Debian: python3-sklearn)")

sys.dont_write_bytecode = True

import argparse
import json
import shutil
import statistics
import tempfile

import common
import figures
import gen
import quality

JOBS = ("S", "M", "real", "quality")
MIB = 2 ** 20


class Bench:
    """One run of the benchmarks: the options, the work folder, the text so far."""

    def __init__(self, options, work):
        self.kclust = options.kclust
        self.runs = options.runs
        self.work = work
        self.cached = options.cached
        self.cache = common.Cache(options.cached)
        self.versions = common.peer_versions()
        self.cores = len(os.sched_getaffinity(0))
        self.data = options.data
        self.sections = []  # (title, lines)

    def say(self, title, lines):
        """Print a section, and keep it for RESULTS.md."""
        self.sections.append((title, lines))
        print("\n== %s\n" % title)
        print("\n".join(lines), flush=True)

    def synthetic(self, name, n, d, jsonl, **how):
        """A generated set; with the cache on it is kept and found again."""
        stem = "%s-%dx%d-%s" % (name, n, d, "-".join("%s%s" % (a, b) for a, b in sorted(how.items())))
        stem = os.path.join(common.CACHE if self.cached else self.work, stem)
        wanted = {"npy": stem + ".npy"}
        if jsonl:
            wanted["jsonl"] = stem + ".jsonl"
        if not all(map(os.path.exists, wanted.values())):
            gen.write(n, d, **how, **wanted)
        return common.Dataset(name, wanted.get("jsonl", wanted["npy"]), wanted["npy"])

    def run_kclust(self, s, k, n_init, threads):
        """The median run of kclust, by wall clock."""
        side, out = os.path.join(self.work, "side.json"), os.path.join(self.work, "out.tsv")
        command = [self.kclust, "-q", "--on-bad", "skip", "-k", k, "--n-init", str(n_init), "-j", str(threads),
                   "-s", side, "-o", out, s.path]
        used = [common.measure(command, self.work) for _ in range(self.runs)]
        middle = dict(sorted(used, key=lambda u: u["wall"])[len(used) // 2])
        middle["wall"] = statistics.median(u["wall"] for u in used)
        return self.judged(middle, s, out)

    def run_peer(self, s, k, n_init, threads):
        """One run of the scikit-learn script."""
        name = "peer-%s-j%d" % (s.name, threads)
        key = {"data": s.sha(), "k": k, "n_init": n_init, "versions": self.versions}
        found = self.cache.get(name, key)
        if found is None:
            out = os.path.join(self.work, "peer.tsv")
            found = common.measure(common.peer("peer_sklearn.py", s.path, k, n_init), self.work,
                                   common.peer_env(threads), out)
            found["parts"] = json.loads(found.pop("errors").splitlines()[-1])
            found = self.judged(found, s, out)
            self.cache.put(name, key, found)
        return found

    @staticmethod
    def judged(used, s, labels_path):
        """What was used, and how good the labels are."""
        labels = common.read_labels(labels_path)
        return dict(used, k=int(labels.max()) + 1, objective=figures.objective(s.unit(), labels),
                    silhouette=figures.silhouette(s.unit(), labels))

    def side_by_side(self, s, k, n_init):
        """kclust and scikit-learn on one set, each with one thread and with all: pairs of a name and what it used."""
        threads = sorted({1, self.cores})
        ours = [("kclust -j %d" % t, self.run_kclust(s, k, n_init, t)) for t in threads]
        peers = [("scikit-learn, %d thread%s" % (t, "s" * (t > 1)), self.run_peer(s, k, n_init, t)) for t in threads]
        best = min(p["wall"] for _, p in peers)
        return ours, peers, best

    @staticmethod
    def lines(runs, best):
        """The rows of a table of runs; `best` is the wall clock of the best peer."""
        rows = []
        for name, u in runs:
            rows.append([name, "%.2f" % u["wall"], "%.2f" % (u["user"] + u["sys"]), "%.0f" % (u["peak_rss"] / MIB),
                         u["k"], "%.4f" % u["silhouette"], "%.2f" % u["objective"], "%.1f" % (best / u["wall"])])
        head = ["program", "wall s", "CPU s", "peak MiB", "k", "silhouette", "objective", "x faster"]
        return common.table(head, rows)

    def timed(self, s, title, k, n_init, limit=None):
        """A job with a goal of 60 times the speed; limit: bytes that kclust may take, or None."""
        ours, peers, best = self.side_by_side(s, k, n_init)
        lines = self.lines(ours + peers, best) + [""]
        for name, u in peers:
            if "parts" in u:
                lines.append("%s: %s" % (name, ", ".join("%s %.2f s" % p for p in u["parts"].items())))
        factor = best / min(u["wall"] for _, u in ours)
        lines.append("goal: 60 times as fast as the best peer: %.0f, %s" % (
            factor, "met" if factor >= 60 else "MISSED"))
        if limit:
            most = max(u["peak_rss"] for _, u in ours)
            lines.append("goal: at most %.0f MiB: %.0f, %s" % (
                limit / MIB, most / MIB, "met" if most <= limit else "MISSED"))
        self.say(title, lines)
        s.forget()

    def job_S(self):
        s = self.synthetic("S", 1500, 1536, True, count=12, spread=1.5, seed=1)
        self.timed(s, "S: 1,500 x 1,536 JSONL (%.1f MB), k = 2..20, 10 restarts" % (os.path.getsize(s.path) / 1e6),
                   "2:20", 10)

    def job_M(self):
        s = self.synthetic("M", 20000, 768, False, count=16, spread=1.5, seed=1)
        self.timed(s, "M: 20,000 x 768 npy, k = 2..20, 1 restart", "2:20", 1, 1.3 * 20000 * 768 * 4 + 64 * MIB)

    def job_real(self):
        for s in common.real_sets(self.data):
            ours, peers, best = self.side_by_side(s, "2:20", 10)
            n, d = s.rows().shape
            self.say("%s: %s x %s %s, k = 2..20, 10 restarts" % (
                s.name, format(n, ","), format(d, ","), "JSONL" + ".gz" * s.path.endswith(".gz")),
                self.lines(ours + peers, best))
            s.forget()

    def job_quality(self):
        found = {}
        for s in common.real_sets(self.data):
            found[s.name] = quality.compare(self.kclust, s, self.work, self.cache, self.cores, self.versions)
        if found:
            self.say("quality: k = 2..20, 10 restarts", quality.report(found))

    def write(self):
        """Keep the sections as RESULTS.md."""
        text = ["# Results", "", "Written by `bench.py --write`; `README.md` says what each figure means.", ""]
        for title, lines in self.sections:
            text += ["## " + title, "", "```", *lines, "```", ""]
        path = os.path.join(common.HERE, "RESULTS.md")
        with open(path + ".part", "w", encoding="utf-8") as f:
            f.write("\n".join(text[:-1]) + "\n")
        os.replace(path + ".part", path)


def options():
    """The command line."""
    shared = os.path.join(common.ROOT, "..", "shared", "data")
    data = os.environ.get("KCLUST_TEST_DATA") or (shared if os.path.isdir(shared) else None)
    a = argparse.ArgumentParser(description="kclust beside scikit-learn: time, memory, quality.")
    a.add_argument("--jobs", default=",".join(JOBS), help="which of %s (default: all)" % ",".join(JOBS))
    a.add_argument("--quick", action="store_true", help="leave out M, whose peer takes minutes")
    a.add_argument("--quality", action="store_true", help="only the quality table: --jobs quality")
    a.add_argument("--cached", action="store_true", help="keep the peers' results and reuse them; for development")
    a.add_argument("--write", action="store_true", help="store the tables in RESULTS.md")
    a.add_argument("--kclust", default=os.environ.get("KCLUST") or os.path.join(common.ROOT, "kclust"),
                   help="the program (default: $KCLUST, else ./kclust)")
    a.add_argument("--data", default=data, help="the folder of the real sets (default: $KCLUST_TEST_DATA)")
    a.add_argument("--runs", type=int, default=3, help="runs of kclust, of which the median counts (default: 3)")
    o = a.parse_args()
    o.jobs = ["quality"] if o.quality else [j for j in o.jobs.split(",") if not (o.quick and j == "M")]
    unknown = [j for j in o.jobs if j not in JOBS]
    if unknown:
        a.error("unknown job: %s" % unknown[0])
    if not os.access(o.kclust, os.X_OK):
        a.error("%s: not there; run make first, or name it with --kclust" % o.kclust)
    if o.data and not os.path.isdir(o.data):
        a.error("%s: no folder" % o.data)
    if o.runs < 1:
        a.error("--runs: at least 1")
    o.kclust = os.path.abspath(o.kclust)
    return o


def main():
    o = options()
    work = tempfile.mkdtemp(prefix="kclust-bench-")
    try:
        bench = Bench(o, work)
        bench.say("machine", ["%-14s%s" % pair for pair in common.machine(o.kclust)])
        if not o.data:
            print("\nKCLUST_TEST_DATA is not set: the only real set is the bundled sample.")
        for job in o.jobs:
            getattr(bench, "job_" + job)()
        if o.write:
            bench.write()
    except common.Failed as e:
        sys.exit("bench: %s" % e)
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
