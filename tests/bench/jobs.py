"""The jobs that run kclust and its peers on one set: what they run, and the goals."""

import os
from dataclasses import dataclass, field

import common
import gen
import goals
import programs
from programs import MIB

# How the large sets are made: 200 centres around 20 topics, which overlap like real embeddings. On 10,000 rows of them
# silhouettes run from 0.06 to a peak of 0.18 at k = 20, and k-means takes some 40 iterations for each k; on the real
# sets that the README names it is 0.10 to 0.28, and 20 to 70 iterations.
OVERLAPPING = {"count": 200, "topics": 20, "spread": 1.0, "decay": 0.8, "seed": 1}

# Rows, dimensions, and how gen.py makes them. S and M lie far apart, as in the tables of earlier versions.
SETS = {
    "S": (1500, 1536, {"count": 12, "spread": 1.5, "seed": 1}),
    "M": (20000, 768, {"count": 16, "spread": 1.5, "seed": 1}),
    "L": (200000, 384, OVERLAPPING),
    "XL": (1000000, 384, OVERLAPPING),
    "XXL": (10000000, 128, OVERLAPPING),
}


class Sets:
    """The generated sets, in the folder `work`, or in `kept` and found again there; scale: of their rows."""

    def __init__(self, work, kept, scale):
        self.folder = kept or work
        self.scale = scale

    def rows(self, n, k):
        """So many rows of n at this scale, enough for k clusters."""
        return n if self.scale == 1 else max(int(n * self.scale), 300, 4 * k)

    def make(self, name, n, d, how, suffix="npy"):
        """The set as the file that programs read (by suffix: npy, jsonl, kvec), and as npy for the figures."""
        stem = "%s-%dx%d-%s" % (name, n, d, "-".join("%s%s" % (a, b) for a, b in sorted(how.items())))
        wanted = {x: os.path.join(self.folder, stem + "." + x) for x in {"npy", suffix}}
        if not all(map(os.path.exists, wanted.values())):
            gen.write(n, d, **how, **wanted)
        s = common.Dataset(name, wanted[suffix], wanted["npy"])
        s.warm()
        return s


@dataclass
class Job:
    """kclust on one set with these options; `peers`: group to a function of a Runner, the set and kclust's runs;
    `goals`: pairs of the group (or None) and a goal. `one` is for jobs too long for a run with one thread."""
    set: str
    k: str
    n_init: int = 1
    suffix: str = "npy"
    more: tuple = ()
    one: bool = True
    peers: dict = field(default_factory=dict)
    goals: tuple = ()

    def size(self, sets):
        n, d, how = SETS[self.set]
        return sets.rows(n, int(self.k.rpartition(":")[2])), d, how

    def title(self, sets):
        n, d, _ = self.size(sets)
        return "%s x %s %s, k = %s, %d restart%s%s" % (
            format(n, ","), format(d, ","), self.suffix.upper() if self.suffix == "jsonl" else self.suffix,
            self.k.replace(":", ".."), self.n_init, "s" * (self.n_init > 1), "".join(" " + m for m in self.more))

    def run(self, runner, sets, peaks):
        """The lines of the section."""
        n, d, how = self.size(sets)
        s = sets.make(self.set, n, d, how, self.suffix)
        ours = runner.kclust(s, self.k, self.n_init, runner.threads() if self.one else [runner.cores], self.more)
        groups = {group: run(runner, s, ours) for group, run in self.peers.items()}
        lines = report(ours, groups, s.path, peaks)
        for group, judge in self.goals:
            lines.append(judge(ours, groups.get(group, [])))
        s.forget()
        return lines


def report(ours, groups, path, peaks):
    """The tables of a set. The first group of peers that is there is the one that "x" compares with."""
    peers = [p for group in groups.values() for p in group]
    first = next((group for group in groups.values() if group), [])
    lines = programs.runs_table(ours, peers, first) + [""]
    lines += programs.parts_lines(peers) + [""] * bool(peers)
    return lines + programs.phases_table(ours, path, peaks) + [""] + goals.same_labels(ours)


def script(ks, n_init, silhouette="own"):
    """scikit-learn's script as a group of peers."""
    return lambda runner, s, ours: runner.sklearn(s, ks, n_init, silhouette)


def faiss(runner, s, ours):
    """Faiss at the k that kclust chose."""
    return runner.faiss(s, ours[0]["k"])


def minibatch(runner, s, ours):
    return runner.sklearn(s, ours[0]["k"], 3, "none", minibatch=True)


def lloyd(runner, s, ours):
    """KMeans to the end, with all threads."""
    return runner.sklearn(s, ours[0]["k"], 1, "none", [runner.cores])


def beside_faiss(name, k, *more_goals, **more_peers):
    """kclust and Faiss at one k, all rows."""
    return Job(name, str(k), peers={"faiss": faiss, **more_peers}, goals=(
        ("faiss", goals.objective("Faiss")), *more_goals))


def matrix(name):
    """The bytes of a set's rows."""
    n, d, _ = SETS[name]
    return n * d * 4


def large(suffix):
    return Job("XL", "2:50", suffix=suffix, one=False, peers={"faiss": faiss} if suffix == "npy" else {}, goals=(
        (None, goals.seconds(20)), (None, goals.memory(1.2 * matrix("XL"), "memory of 1.2 times the matrix"))))


SCRIPT = "the scikit-learn script"
THRICE = ("faiss", goals.faster(3, "own", "Faiss"))
JOBS = {
    "S": Job("S", "2:20", 10, "jsonl", peers={"script": script("2:20", 10)}, goals=(
        ("script", goals.faster(120, "wall", SCRIPT)), ("script", goals.objective_each_k(SCRIPT)))),
    "M40": Job("M", "2:40", peers={"script": script("2:40", 1)}, goals=(
        ("script", goals.faster(200, "wall", SCRIPT)), ("script", goals.objective_each_k(SCRIPT)),
        ("script", goals.faster(10, "train", "scikit-learn's Lloyd alone")),
        (None, goals.memory(1.3 * matrix("M") + 64 * MIB, "memory of 1.3 times the matrix and 64 MiB")))),
    "M10": Job("M", "2:20", 10, peers={"script": script("2:20", 10, "linear")}, goals=(
        ("script", goals.faster(20, "own", "scikit-learn with a linear silhouette")),
        ("script", goals.objective_each_k("scikit-learn")))),
    "L50": beside_faiss("L", 50, THRICE, ("minibatch", goals.faster(1, "own", "MiniBatchKMeans")),
                        ("minibatch", goals.objective("MiniBatchKMeans")), minibatch=minibatch),
    "L256": beside_faiss("L", 256, THRICE),
    "L1000": beside_faiss("L", 1000, THRICE),
    "M256": beside_faiss("M", 256),
    "M1000": beside_faiss("M", 1000),
    "XL": large("npy"),
    "XL-kvec": large("kvec"),
    "XXL": Job("XXL", "2:20", more=("--max-memory", "2G"), one=False, goals=(
        (None, goals.memory(2 ** 31, "finishes within the limit")),)),
}


def slow_peers():
    """Peers for information, on request."""
    for name in "L50", "L256":
        JOBS[name].peers["lloyd"] = lloyd


def real(runner, s, peaks):
    """The lines of a real set."""
    s.warm()
    ours = runner.kclust(s, "2:20", 10, runner.threads())
    groups = {"script": runner.sklearn(s, "2:20", 10)}
    lines = report(ours, groups, s.path, peaks) + [goals.objective_each_k(SCRIPT)(ours, groups["script"])]
    s.forget()
    return lines
