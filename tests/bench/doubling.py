"""What a run costs against rows, dimensions, clusters and cores: tables of doubling sizes."""

import math
import os

import common
from jobs import OVERLAPPING
from programs import MIB

ABOUT_LINEAR = 1.1  # the exponent between the ends of the table; one step alone says little, iterations vary


def exponent(first, last):
    """The p of cost ~ size^p between two pairs of a size and a cost."""
    return math.log(last[1] / first[1]) / math.log(last[0] / first[0])


def table(name, runs, more=()):
    """Lines of a table, from pairs of a size and a run; `more`: pairs of a heading and a function of the run."""
    rows, before = [], None
    for size, u in runs:
        cpu = u["user"] + u["sys"]
        row = [format(size, ","), "%.2f" % u["wall"], "%.2f" % cpu, "%.0f" % (u["peak_rss"] / MIB)]
        row += ["%.2f" % (x / y) for x, y in zip((u["wall"], cpu, u["peak_rss"]), before)] if before else ["-"] * 3
        rows.append(row + [f(u) for _, f in more])
        before = u["wall"], cpu, u["peak_rss"]
    head = [name, "wall s", "CPU s", "peak MiB", "x wall", "x CPU", "x peak"]
    return common.table(head + [h for h, _ in more], rows)


def iterations(run):
    """Of all k together."""
    return sum(e["iterations"] for e in run["side"]["sweep"])


def step_cost(run):
    """CPU nanoseconds for a row and an iteration; the number of iterations is the data's doing."""
    return "%.0f" % ((run["user"] + run["sys"]) * 1e9 / max(1, iterations(run)) / run["side"]["n"])


STEPS = (("iterations", iterations), ("ns/row/it", step_cost))


def run_each(runner, sets, sizes, k_of):
    """Pairs of a size and a run, for triples of a size, rows and dimensions; a set is removed after its run."""
    found = []
    for size, n, d in sizes:
        s = sets.make("double", n, d, OVERLAPPING)
        found.append((size, runner.kclust_raw(s.path, k_of(size), 1, runner.cores)))
        os.remove(s.path)
    return found


def by_n(runner, sets):
    sizes = [(n, n, 256) for n in (sets.rows(5000 << i, 20) for i in range(7))]
    runs = run_each(runner, sets, sizes, lambda _: "2:20")
    lines = table("rows", runs, STEPS)
    for what, of in ("CPU time", lambda u: u["user"] + u["sys"]), ("peak memory", lambda u: u["peak_rss"]):
        # The smallest sizes are judged too: what is constant in a run only makes the exponent smaller.
        p = exponent(*((n, of(u)) for n, u in (runs[0], runs[-1])))
        lines.append("goal: %s grows no faster than linearly in n: as n^%.2f from %s to %s rows, %s" % (
            what, p, format(runs[0][0], ","), format(runs[-1][0], ","), "met" if p <= ABOUT_LINEAR else "MISSED"))
    return lines


def by_d(runner, sets):
    n = sets.rows(10000, 20)
    return table("dimensions", run_each(runner, sets, [(d, n, d) for d in (64 << i for i in range(7))],
                                        lambda _: "2:20"), STEPS)


def by_k(runner, sets):
    ks = [8 << i for i in range(9)]
    n = sets.rows(100000, ks[-1])
    s = sets.make("double", n, 128, OVERLAPPING)
    runs = [(k, runner.kclust_raw(s.path, k, 1, runner.cores)) for k in ks]
    os.remove(s.path)
    return table("k", runs,
                 [*STEPS, ("objective", lambda u: "%.2f" % u["side"]["objective"])])


def by_cores(runner, sets):
    threads = sorted({min(1 << i, runner.cores) for i in range(runner.cores.bit_length() + 1)})
    s = sets.make("double", sets.rows(80000, 20), 256, OVERLAPPING)
    runs = [(t, runner.kclust_raw(s.path, "2:20", 1, t)) for t in threads]
    os.remove(s.path)
    return table("threads", runs)


TABLES = {
    "by-n": ("cost against rows: n x 256 npy, k = 2..20, 1 restart", by_n),
    "by-d": ("cost against dimensions: 10,000 x d npy, k = 2..20, 1 restart", by_d),
    "by-k": ("cost against clusters: 100,000 x 128 npy, one k, 1 restart", by_k),
    "by-cores": ("cost against cores: 80,000 x 256 npy, k = 2..20, 1 restart", by_cores),
}
