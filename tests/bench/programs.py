"""Running kclust and its peers on one set: what each used, and how good its labels are.

A run is a dict: name, wall, user, sys, peak_rss (bytes), own (seconds without start-up and imports; kclust has none
to leave out), parts (name to seconds), k, objective and silhouette of the labels written, each_k (k to objective,
where the run had several) and for kclust side (the sidecar) and threads.
"""

import hashlib
import json
import os
import statistics

import numpy as np

import common
import figures

MIB = 2 ** 20
LONG = 60.0  # seconds; a run that takes longer is not repeated
SAME = 1e-6  # objectives that differ by no more, relatively, are equal: rounding errors of float rows
FAISS_ITERATIONS = 25


class Runner:
    """Runs programs in the folder `work`; `runs` of kclust, of which the median counts."""

    def __init__(self, kclust, runs, work, cache, versions):
        self.program = kclust
        self.runs = runs
        self.work = work
        self.cache = cache
        self.versions = versions
        self.cores = len(os.sched_getaffinity(0))

    def path(self, name):
        return os.path.join(self.work, name)

    def threads(self):
        """The thread counts to measure: one, and all."""
        return sorted({1, self.cores})

    def kclust_raw(self, path, k, n_init, threads, more=(), runs=None):
        """The median run of kclust by wall clock, its labels in out.tsv, not judged."""
        side, out = self.path("side.json"), self.path("out.tsv")
        command = [self.program, "-q", "--on-bad", "skip", "-k", str(k), "--n-init", str(n_init), "-j", str(threads),
                   *more, "-s", side, "-o", out, path]
        used = []
        while len(used) < (runs or self.runs) and not (used and used[0]["wall"] > LONG):
            used.append(common.measure(command, self.work))
            with open(side, encoding="utf-8") as f:
                used[-1]["side"] = json.load(f)
        run = dict(sorted(used, key=lambda u: u["wall"])[len(used) // 2])
        run["wall"] = run["own"] = statistics.median(u["wall"] for u in used)
        run.update(name="kclust -j %d" % threads, threads=threads, parts=run["side"]["seconds"],
                   each_k={e["k"]: e["objective"] for e in run["side"]["sweep"] if e["rows"] == run["side"]["n"]})
        return run

    def kclust(self, s, k, n_init, threads, more=()):
        """One run of kclust for each number of threads, judged once: the labels must be the same."""
        found, first = [], None
        for t in threads:
            run = self.kclust_raw(s.path, k, n_init, t, more)
            with open(self.path("out.tsv"), "rb") as f:
                run["sha"] = hashlib.sha256(f.read()).hexdigest()
            if first is None or run["sha"] != first["sha"]:
                self.judge(run, s, self.path("out.tsv"))
                first = first or run
            else:
                run.update({x: first[x] for x in ("k", "objective", "silhouette")})
            found.append(run)
        return found

    @staticmethod
    def judge(run, s, labels_path):
        """Add how good the labels are."""
        labels = common.read_labels(labels_path)
        run["objective"], run["silhouette"] = figures.both(s.unit(), labels)
        run["k"] = int(labels.max()) + 1

    def peer(self, s, label, script, env, args, versions, keep=None):
        """One run of a peer's script, or what the cache has of it. keep: where the script leaves the labels of every
        k, or None."""
        args = list(map(str, args))
        name = "peer-" + "-".join("".join(c if c.isalnum() else "_" for c in word) for word in (s.name, label, *args))

        def key():
            return {"data": s.sha(), "args": args, "versions": versions}

        run = self.cache.get(name, key)
        if run is None:
            out = self.path("peer.tsv")
            command = common.peer(script, s.path, *args, *(["--keep", keep] if keep else []))
            run = common.measure(command, self.work, env, out)
            said = json.loads(run.pop("errors").splitlines()[-1])
            run.update(name=label, parts=said["seconds"], trained=said["trained"], own=sum(said["seconds"].values()))
            self.judge(run, s, out)
            if keep:
                run["each_k"] = {k: figures.objective(s.unit(), labels)
                                 for k, labels in zip(said["trained"], np.load(keep))}
            self.cache.put(name, key, run)
        for by_k in "each_k", "trained":  # JSON's keys are strings
            run[by_k] = {int(k): v for k, v in run.get(by_k, {}).items()}
        return run

    def sklearn(self, s, ks, n_init, silhouette="own", threads=None, minibatch=False):
        """scikit-learn, a run for each number of threads; none without it."""
        if not self.versions["scikit-learn"]:
            return []
        versions = {v: self.versions[v] for v in ("python", "numpy", "scikit-learn", "blas")}
        what = "MiniBatchKMeans" if minibatch else "scikit-learn"
        several = ":" in str(ks) or "," in str(ks)
        return [self.peer(s, "%s, %d thread%s" % (what, t, "s" * (t > 1)), "peer_sklearn.py", common.peer_env(t, t),
                          [ks, n_init, "--silhouette", silhouette] + ["--minibatch"] * minibatch, versions,
                          self.path("peer-labels.npy") if several else None) for t in threads or self.threads()]

    def faiss(self, s, k):
        """Faiss with its best threads: the BLAS's; with OpenMP's too it is slower. None without it."""
        if not self.versions["faiss"]:
            return []
        versions = {v: self.versions[v] for v in ("python", "numpy", "faiss", "blas")}
        return [self.peer(s, "Faiss, %d iterations" % FAISS_ITERATIONS, "peer_faiss.py",
                          common.peer_env(1, self.cores), [k, FAISS_ITERATIONS], versions)]


def runs_table(ours, peers, rivals):
    """A table of runs. The last two columns: the time of the fastest of the rivals, which are some of the peers, over
    this run's; whole process, and own time."""
    walls, owns = [min((p[x] for p in rivals), default=None) for x in ("wall", "own")]
    rows = []
    for u in ours + peers:
        rows.append([u["name"], "%.2f" % u["wall"], "%.2f" % u["own"], "%.2f" % (u["user"] + u["sys"]),
                     "%.0f" % (u["peak_rss"] / MIB), u["k"], "%.4f" % u["silhouette"], "%.2f" % u["objective"]])
        if rivals:
            rows[-1] += ["%.1f" % (walls / u["wall"]), "%.1f" % (owns / u["own"])]
    head = ["program", "wall s", "own s", "CPU s", "peak MiB", "k", "silhouette", "objective"]
    return common.table(head + ["x whole", "x own"] * bool(rivals), rows)


def parts_lines(peers):
    """What the peers' own seconds went into."""
    return ["%s: %s" % (p["name"], ", ".join("%s %.2f s" % part for part in p["parts"].items())) for p in peers]


def phases_table(ours, path, peaks):
    """The seconds of kclust's phases, and where the work is counted, its rate a core and the share of the ceiling."""
    rows = []
    for u in ours:
        seconds, work, t = u["side"]["seconds"], u["side"].get("work", {}), u["threads"]
        peak = peaks.get(t, {})
        read = os.path.getsize(path) * 1e-6
        for phase, done, useful, unit, ceiling in (
                ("read", read, None, "MB/s", peak.get("read", 0) * 1e3),
                ("sweep", work.get("sweep_gflop"), work.get("sweep_dense_gflop"), "GFLOP/s", peak.get("fma32")),
                ("index", work.get("index_gflop"), None, "GFLOP/s", peak.get("fma64")),
                ("final", None, None, "", None), ("sizes", None, None, "", None), ("write", None, None, "", None)):
            if phase not in seconds:
                continue
            core_seconds = seconds[phase] * t

            def rate(amount):
                return "-" if amount is None or not core_seconds else "%.1f" % (amount / core_seconds)

            share = "-"
            if done is not None and ceiling and core_seconds:
                share = "%.0f%%" % (100 * done / core_seconds / ceiling)
            rows.append([u["name"], phase, "%.3f" % seconds[phase], rate(done), rate(useful), unit,
                         "%.0f" % ceiling if ceiling else "-", share])
    return common.table(["phases", "", "s", "a core", "useful", "", "ceiling", "share"], rows)
