"""Fits on ranks that are stopped at their steps and resumed on other numbers of ranks, to the bytes of a run that nobody
stopped. The program is linked with the hook of ../resume, which sends SIGTERM at a step, here to one rank only."""
import glob
import os
import subprocess

import numpy as np
from harness import KCLUST, ROOT, environment, one_message

LIBRARY = os.path.abspath(os.environ.get("LIB") or os.path.join(ROOT, "build/release/libkclust.a"))
SHAPES = (
    ("stop", ["-k", "2:9", "--n-init", "4"], "sorted.npy"),
    ("stop with column blocks", ["-k", "70", "--n-init", "2"], "x.npy"),
    ("stop loose", ["-k", "2:6", "--n-init", "1", "--columns", "term,cluster,margin,silhouette"], "x.npy"),
    ("stop with few rows", ["-k", "2:8", "--n-init", "3"], "few.npy"),
    ("stop with sample", ["-k", "2:8", "--n-init", "2", "--sample", "30000"], "x.npy"),
    ("stop with sizes", ["-k", "6:9", "--n-init", "2", "--max-size", "6500"], "x.npy"),
    ("stop with weights", ["-k", "2:6", "--n-init", "2", "--weight-field", "w"], "fields.jsonl"),
    ("stop with merges", ["-k", "2:12", "--n-init", "2", "--min-size", "5000"], "x.npy"),
)


def link(h):
    """Link kclust-mpi with the hook; return its path."""
    with open(os.path.join(ROOT, "Makefile"), encoding="ascii") as f:
        libraries = next(x for x in f if x.startswith("KC_LIBS =")).split("=", 1)[1].split()
    mpicc = os.environ.get("MPICC", "mpicc")
    program = os.path.join(h.build, "kclust-mpi")
    subprocess.run([mpicc, "-std=c11", "-O1", "-g", "-D_GNU_SOURCE", "-I" + os.path.join(ROOT, "src"), "-pthread", "-pie",
                    "-fPIE", "-Wl,--wrap=kc_steps_at,--wrap=kc_steps_late", "-o", program] +
                   sorted(glob.glob(os.path.join(os.path.dirname(LIBRARY), "src/cli/*.o"))) +
                   [os.path.join(ROOT, "tests/trust/resume/hook.c"),
                    os.path.join(ROOT, "build/release", mpicc, "team.o"), LIBRARY] + libraries, check=True)
    return program


class Stops:
    """h: the harness; by_rank(n): how its program is started on n ranks; allowed: its environment."""

    def __init__(self, h, by_rank, allowed):
        self.h, self.by_rank, self.allowed = h, by_rank, allowed
        self.hooked = link(h)

    def start(self, ranks, hooked=False):
        """Return the command for so many ranks; 0: kclust."""
        command = self.by_rank(ranks) if ranks else [KCLUST]
        return command[:-1] + [self.hooked] if hooked else command

    def fit(self, ranks, argv, hooked=False, **env):
        """Run a fit in the folder; return its exit status, what it said, and its outputs."""
        for name in ("labels", "summary", "clusters", "model"):
            if os.path.exists("stopped/" + name):
                os.unlink("stopped/" + name)
        got = subprocess.run(self.start(ranks, hooked) + argv, cwd="stopped", env=environment(**self.allowed, **env),
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False,
                             timeout=300)
        return got.returncode, got.stderr, [self.h.read("stopped", x) for x in ("labels", "summary", "clusters", "model")]

    def resume(self, label, ranks, argv, want):
        """Resume the checkpoint that is there, and compare."""
        threads = str(self.h.random.choice((1, 2)))
        got = self.fit(ranks, argv + ["-j", threads, "--checkpoint", "c", "--resume"])
        bad = "exit %d, not %d: %r" % (got[0], want[0], got[1][:300]) if got[0] != want[0] else ""
        bad = bad or ("the outputs differ" if got[2] != want[2] else "")
        bad = bad or ("the checkpoint is still there" if os.path.exists("stopped/c") else "")
        self.h.ok("%s, resumed on %s" % (label, ranks or "kclust"), bad)

    def shape(self, label, options, file, writers):
        argv = ["-q"] + options + ["-o", "labels", "-s", "summary", "--clusters", "clusters", "-m", "model",
                                     os.path.abspath(file)]
        want = self.fit(0, argv)
        for ranks in writers:
            got = self.fit(ranks, argv + ["--checkpoint", "c"], True, HOOK_COUNT="steps")
            with open("stopped/steps", encoding="ascii") as f:
                steps = int(f.read())
            self.h.ok("%s, %d ranks that save" % (label, ranks), "" if got[2] == want[2] else "the outputs differ: %r" % got[1])
            # the passes over rows that are shared out are the last ones
            for stop in sorted({1, self.h.random.randrange(1, steps), self.h.random.randrange(steps * 19 // 20, steps), steps}):
                got = self.fit(ranks, argv + ["--checkpoint", "c"], True, HOOK_TERM=str(stop),
                               HOOK_RANK=str(self.h.random.randrange(ranks)))
                said = "%s at step %d of %d, %d ranks" % (label, stop, steps, ranks)
                there = os.path.exists("stopped/c")
                self.h.ok(said, "" if got[0] not in (0, 1, 2, 3, 4) and there and not got[2][0] else
                          "exit %d, %s checkpoint, %r" % (got[0], "a" if there else "no", got[1]))
                if not there:
                    continue
                with open("stopped/c", "rb") as f:
                    checkpoint = f.read()
                for other in self.h.random.sample([0, 1, 2, 3, 4, 7], 2):
                    with open("stopped/c", "wb") as f:
                        f.write(checkpoint)
                    self.resume(said, other, argv, want)

    def timed(self, label, ranks):
        """Let time be up at once: the ranks end at the same step, and what they saved is resumed."""
        argv = ["-q", "-k", "2:9", "--n-init", "2", "-o", "labels", "-s", "summary", os.path.abspath("x.npy")]
        want = self.fit(0, argv)
        got = self.fit(ranks, argv + ["--timeout", "0", "--checkpoint", "c"])
        self.h.ok(label, "" if got[0] == 3 and b"time was up" in got[1] and got[2][0] else "exit %d: %r" % got[:2])
        self.resume(label, self.h.random.choice((0, 1, ranks + 1)), argv, want)
        got = self.fit(ranks, argv + ["--timeout", "0", "--checkpoint", "c"])
        got = self.fit(ranks + 1, argv + ["--seed", "7", "--checkpoint", "c", "--resume"])
        self.h.ok(label + ", another run", "" if got[0] == 2 and one_message(got[1]) and b"--seed 42, not 7" in got[1] else
                  "exit %d: %r" % got[:2])
        os.unlink("stopped/c")

    @staticmethod
    def write_sorted():
        """Write the rows cluster by cluster, so that no rank has rows of all clusters."""
        subprocess.run([KCLUST, "-q", "-k", "9", "-o", "nine", "x.npy"], check=True, env=environment())
        with open("nine", encoding="ascii") as f:
            labels = [int(line.split("\t")[1]) for line in f if line[0].isdigit()]
        np.save("sorted.npy", np.load("x.npy")[np.argsort(labels, kind="stable")])

    def run(self):
        os.makedirs("stopped", exist_ok=True)
        self.write_sorted()
        for label, options, file in SHAPES[:1] if self.h.slice else SHAPES:
            if self.h.wanted(label):
                self.shape(label, options, file, [3] if self.h.slice else [1, 2, 3, 4, 7])
        if self.h.wanted("timed"):
            self.timed("timed", 2)
