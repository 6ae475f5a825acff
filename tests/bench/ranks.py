#!/usr/bin/env python3
"""What ranks cost: ranks.py [--write] [--quick]. kclust-mpi runs on this machine, on ranks of one thread, under tests/trust/ranks/shim.c.

1. With the exchanges slowed down as networks would, the time of a run is compared with a model of it.
2. The model and measured processor seconds then say how efficient many machines are (README.md has the assumptions).
3. The memory of a rank is compared with its share of the rows and what one machine takes beside its rows.

--quick measures once instead of three times."""

import json
import os
import re
import subprocess
import sys
import tempfile

import numpy as np

import bench
import graph

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
KCLUST = os.path.join(ROOT, "kclust")
ON_RANKS = os.path.join(ROOT, "kclust-mpi")
RUNS = 1 if "--quick" in sys.argv else 3
GBIT = 1e9 / 8
CORES = 16
ROWS = (400000, 1200000, 50000)
NETWORKS = [(1e-3, 1 * GBIT), (1e-3, 10 * GBIT), (1e-4, 1 * GBIT), (1e-4, 10 * GBIT)]
LATENCY = {10: 50e-6, 100: 5e-6}  # seconds, of TCP and of RDMA
ENV = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1", OMPI_MCA_rmaps_base_oversubscribe="1",
           OMPI_MCA_mpi_yield_when_idle="1", OMPI_MCA_btl_vader_single_copy_mechanism="none", LC_ALL="C")
EMPTY = "#include <mpi.h>\nint main(int c, char **v)\n{\n    MPI_Init(&c, &v);\n    MPI_Finalize();\n    return 0;\n}\n"


class Tools:
    """The folder of temporary files, and what is compiled into it."""

    def __init__(self, tmp):
        self.tmp, self.shim, self.empty = tmp, os.path.join(tmp, "shim.so"), os.path.join(tmp, "empty")
        self.sets = []  # the files of efficiencies()
        cc = [os.environ.get("MPICC", "mpicc"), "-O1", "-D_GNU_SOURCE"]
        subprocess.run(cc + ["-shared", "-fPIC", "-o", self.shim, os.path.join(ROOT, "tests/trust/ranks/shim.c")], check=True)
        subprocess.run(cc + ["-x", "c", "-o", self.empty, "-"], input=EMPTY.encode(), check=True)

    def run(self, ranks, program, network=None):
        """Run a program on ranks. Return what measure.py says of each, what the shim tells of the first, and standard error."""
        told, report = os.path.join(self.tmp, "told"), os.path.join(self.tmp, "report")
        wrap = 'exec /usr/bin/python3 -I -S "$0" "%s.$OMPI_COMM_WORLD_RANK" env LD_PRELOAD="$1" "${@:2}"' % report
        env = dict(ENV, RANKS_TELL=told, RANKS_DELAY="%g %g" % (network or (0, 1e15)))
        done = subprocess.run(["mpirun", "--quiet", "-n", str(ranks), "bash", "-c", wrap, os.path.join(HERE, "measure.py"),
                               self.shim] + program, env=env, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, check=True)
        used = []
        for r in range(ranks):
            with open("%s.%d" % (report, r), encoding="ascii") as f:
                used.append(json.load(f))
        with open(told + ".0", encoding="ascii") as f:
            return used, f.read().split(), done.stderr.decode()

    def one(self, options):
        """Run one process of kclust. Return what measure.py says."""
        report = os.path.join(self.tmp, "one")
        subprocess.run(["/usr/bin/python3", "-I", "-S", os.path.join(HERE, "measure.py"), report, KCLUST, "-q"] + options, check=True)
        with open(report, encoding="ascii") as f:
            return json.load(f)

    def fit(self, path, k):
        return [ON_RANKS, "-v", "-j", "1", "-k", str(k), "--n-init", "1", "-o", os.path.join(self.tmp, "labels.npy"), path]


def sent(said):
    """Return what -v tells: passes, bytes in them, of copies, for figures."""
    found = re.search(r"bytes: (\d+) in (\d+) passes .*?, (\d+) of rows that all work on, (\d+) for sums", said)
    in_passes, passes, copies, figures = map(int, found.groups())
    return passes, in_passes, copies, figures


def delays(tools, lines):
    """Compare the time of runs on slow networks with the model."""
    path = os.path.join(tools.tmp, "delays.npy")
    graph.plant(path, 100000, 128, 100, 1.2)
    fit = tools.fit(path, "2:60")

    def fastest(network):
        return min((tools.run(2, fit, network) for _ in range(2 * RUNS - 1)), key=lambda x: x[0][0]["wall"])
    base = fastest(None)
    passes, _, _, _ = sent(base[2])
    lines += ["100,000 x 128, k = 2..60, 2 ranks of one thread: %.2f s, %d passes, %s exchanges" %
              (base[0][0]["wall"], passes, base[1][3]), "%-10s %9s %9s %9s %9s" % ("latency", "rate", "s", "model", "ratio")]
    for network in NETWORKS:
        used, told, _ = fastest(network)
        wall = used[0]["wall"]
        # an exchange: its latency for each round, and all of its bytes
        model = base[0][0]["wall"] + int(base[1][4]) * network[0] + float(base[1][5]) / network[1]
        lines.append("%7.1f ms %4.0f Gb/s %9.2f %9.2f %9.2f" % (network[0] * 1e3, network[1] / GBIT, wall, model, wall / model))
        print(lines[-1], flush=True)


def costs(tools, k, lines):
    """Measure what fits of few and of many rows take on 2 ranks, and of 50,000 rows on one, which is more than every rank does
    alike. Return processor seconds: of what is alike, of what is shared of the sample that the sweep looks at, and for each
    row; exchanges, and bytes by what they are for. The first two sets have more rows than the sample."""
    runs = RUNS if k < 1000 else 1
    got = [[tools.run(2, tools.fit(path, k)) for _ in range(runs)] for path in tools.sets[:2]]
    alike = min(x["user"] + x["sys"] for x in (tools.one(tools.fit(tools.sets[2], k)[2:]) for _ in range(runs)))
    least = [min(float(x[1][8]) for x in got[i]) for i in (0, 1)]
    each_row = 2 * (least[1] - least[0]) / (ROWS[1] - ROWS[0])
    sample = max(0, 2 * (least[0] - alike) - each_row * ROWS[0])
    told = got[1][0]
    passes, in_passes, copies, figures = sent(told[2])
    lines.append("k = %-5d %8.2f s on every rank alike, %.2f s shared for the sample, %.3g s a row (%.3g for each cluster and "
                 "dimension); %d passes, %s exchanges, MB: %.1f of rows, %.1f in passes, %.1f for figures" %
                 (k, alike, sample, each_row, each_row / k / 768, passes, told[1][3], copies / 1e6, in_passes / 1e6,
                  figures / 1e6))
    print(lines[-1], flush=True)
    return {"alike": alike, "sample": sample, "row": each_row, "exchanges": int(told[1][3]), "copies": copies,
            "sums": in_passes + figures, "label": 1 if k < 255 else 2}


def efficiency(cost, rows, ranks, gbit):
    """Return the parallel efficiency by the model, and what share of the time each part takes: rows that all ranks work on, the
    network for these rows, for sums, and for labels."""
    shared = cost["sample"] + cost["row"] * rows
    one = (cost["alike"] + shared) / CORES
    rounds = int(np.ceil(np.log2(ranks)))
    twice = 2 * (ranks - 1) / ranks / (gbit * GBIT)
    parts = [cost["alike"] / CORES, cost["copies"] * twice, cost["sums"] * twice + cost["exchanges"] * rounds * LATENCY[gbit],
             cost["label"] * rows * (ranks - 1) / ranks / (gbit * GBIT)]
    many = shared / ranks / CORES + sum(parts)
    return one / ranks / many, many, [x / many for x in parts]


def efficiencies(tools, lines):
    """Tell how efficient many machines are by the model."""
    tools.sets = [os.path.join(tools.tmp, "%d.npy" % n) for n in ROWS]
    for path, n in zip(tools.sets, ROWS):
        graph.plant(path, n, 768, 200, 1.2)
    lines += ["", "processor seconds, from %s rows x 768 on 2 ranks of one thread:" %
              " and ".join(format(n, ",") for n in ROWS[:2])]
    at = {k: costs(tools, k, lines) for k in (50, 1000)}
    lines += ["", "ranks of %d cores: efficiency and seconds; share of every rank alike / its rows / sums / labels on the network" % CORES]
    for n, k in ((10000000, 50), (100000000, 50), (100000000, 1000)):
        for gbit in (10, 100):
            for ranks in (2, 4, 16, 64):
                e, s, parts = efficiency(at[k], n, ranks, gbit)
                lines.append("%11s x 768, k = %-4d %3d Gb/s %3d ranks %5.2f %8.2f s   %s" %
                             (format(n, ","), k, gbit, ranks, e, s, " / ".join("%2.0f %%" % (100 * x) for x in parts)))


def memory(tools, lines):
    """Compare the peak of memory of a rank with its share."""
    path = os.path.join(tools.tmp, "memory.npy")
    graph.plant(path, 200000, 384, 100, 1.2)
    fit = tools.fit(path, 50)
    one = tools.one(fit[2:])["peak_rss"] / 1e6
    data = 200000 * 384 * 4 / 1e6
    lines += ["", "200,000 x 384 npy, k = 50, one process: %.1f MB, %.1f of them rows" % (one, data),
              "%5s %10s %10s %10s %10s %10s" % ("ranks", "peak MB", "empty MB", "of kclust", "model", "and copies")]
    for ranks in (1, 2, 3):
        empty = max(x["peak_rss"] for x in tools.run(ranks, [tools.empty])[0]) / 1e6
        used, _, said = tools.run(ranks, fit)
        peak, model = max(x["peak_rss"] for x in used) / 1e6, data / ranks + one - data
        lines.append("%5d %10.1f %10.1f %10.1f %10.1f %10.1f" %
                     (ranks, peak, empty, peak - empty, model, model + (sent(said)[2] / 1e6 if ranks > 1 else 0)))
        print(lines[-1], flush=True)


def main():
    """Print the tables, and keep them with --write."""
    told = []
    with tempfile.TemporaryDirectory(prefix="kclust-bench.") as tmp:
        tools = Tools(tmp)
        for job in (efficiencies, memory, delays):
            if len(sys.argv) < 2 or sys.argv[1].startswith("--") or job.__name__ == sys.argv[1]:
                told.insert(0, [])
                job(tools, told[0])
    lines = sum(told, [])
    print("\n".join(lines))
    if "--write" in sys.argv:
        bench.store([("ranks: delays, efficiency, memory", lines)])


if __name__ == "__main__":
    main()
