"""Runs of kclust under resource limits: see run beside this file."""
import argparse
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..", "..")
sys.path.insert(0, os.path.join(HERE, ".."))
sys.path.insert(0, os.path.join(HERE, "..", "..", "cases"))
import data  # noqa: E402
import formats  # noqa: E402
import judge  # noqa: E402
from harness import vectors  # noqa: E402

MB = 1 << 20
OLD = b"what was here before\n"
NOBODY = 64990  # a user whose processes are only ours; a worker's own number is added
SECONDS = 120
TELLS = re.compile(rb"^kclust: out of memory: .*needed", re.M)
# Each of them must be seen: the program takes what the limit does not grant.
FAULTS = ("crash", "hang", "silent", "ignored", "mute", "vague", "twice", "wrong-status", "half-made", "temporary")

# name, arguments without threads, files that are there before, threads
SCENARIOS = {
    "sample": (["fit", "-q", "-k", "2:6", "--n-init", "2", "-o", "out", "-s", "side", "IN/sample.jsonl.gz"],
               ["out", "side"], (1, 2, 16)),
    "npy": (["fit", "-q", "-k", "3:5", "--n-init", "1", "-o", "out", "IN/large.npy"], ["out"], (2,)),
    "jsonl": (["fit", "-q", "-k", "3", "--n-init", "1", "IN/large.jsonl"], [], (1, 8)),
    "convert": (["convert", "-o", "new.npy", "IN/large.jsonl"], [], (2,)),
    "csv": (["convert", "-o", "new.faiss", "IN/large.csv"], [], (2,)),
    "index": (["fit", "-q", "-k", "3", "--n-init", "1", "--metadata", "IN/fields.json"] + formats.WITH_INDEX +
              ["-o", "out", "IN/ids.faiss.gz"], ["out"], (2,)),
    "tree": (["fit", "-q", "--algorithm", "average", "-k", "3", "--tree", "tree.nwk", "-o", "out", "IN/large.npy"],
             ["out", "tree.nwk"], (2,)),
    "neighbours": (["neighbours", "-q", "--recall", "0.9", "-o", "out", "IN/large.npy"], ["out"], (2,)),
    "map": (["map", "-q", "--save-map", "map", "-o", "out", "IN/some.npy"], ["out", "map"], (2,)),
    "density": (["fit", "-q", "--algorithm", "hdbscan", "--select", "layers", "-o", "out", "IN/large.npy"], ["out"], (2,)),
    "model": (["fit", "-q", "--algorithm", "ward", "-k", "3", "-m", "model", "-o", "out", "IN/some.npy"], ["out", "model"], (2,)),
    "votes": (["assign", "-q", "-m", "IN/model", "--top", "2", "-o", "out", "IN/some.npy"], ["out"], (2,)),
    "suggest": (["suggest", "-q", "-k", "2:4", "--resamples", "2", "-o", "out", "IN/some.npy"], ["out"], (2,)),
    "report": (["report", "-q", "--from", "IN/summary", "--gold", "IN/labels", "-o", "out", "IN/labels", "IN/some.npy"], ["out"], (2,)),
    "of model": (["report", "-q", "-m", "IN/updated", "-o", "out"], ["out"], (0,)),
    "plot": (["plot", "map", "-q", "-o", "out.svg", "IN/labels", "IN/some.npy"], ["out.svg"], (2,)),
    "page": (["fit", "-q", "-k", "2:4", "--n-init", "1", "--report", "page", "-o", "out", "IN/some.npy"], ["out", "page"], (2,)),
    "in text": (["fit", "-k", "3", "--n-init", "1", "--plot", "-o", "out", "IN/some.npy"], ["out"], (2,)),
    "of update": (["update", "-q", "-m", "IN/updated", "--save", "new", "--report", "page", "-o", "out", "IN/some.npy"],
                  ["new", "out", "page"], (2,)),
    "flow": (["diff", "-q", "--report", "page", "-o", "out", "IN/labels", "IN/labels"], ["out", "page"], (0,)),
    "why": (["why", "-q", "-m", "IN/model", "--row", "#3", "-o", "out", "IN/some.npy"], ["out"], (2,)),
    "edit": (["edit", "-q", "-m", "IN/model", "--split", "0", "-o", "model"], ["model"], (2,)),
    "info": (["info", "IN/large.jsonl"], [], (2,)),
    "help": (["help", "fit"], [], (0,)),
}


def put(path, content):
    data.save(path, content)
    os.chmod(path, 0o644)


def make(folder, kclust):
    """The inputs."""
    with open(os.path.join(ROOT, "testdata", "debian-packages.jsonl.gz"), "rb") as f:
        put(os.path.join(folder, "sample.jsonl.gz"), f.read())
    put(os.path.join(folder, "large.npy"), data.large(20000, 96))
    subprocess.run([kclust, "convert", "-o", os.path.join(folder, "large.jsonl"), os.path.join(folder, "large.npy")],
                   check=True)
    put(os.path.join(folder, "some.npy"), data.large(4000, 96))
    subprocess.run([kclust, "-q", "--algorithm", "ward", "-k", "3", "-m", os.path.join(folder, "model"), "-o", os.devnull,
                    os.path.join(folder, "some.npy")], check=True)
    subprocess.run([kclust, "-q", "-k", "2:4", "--n-init", "1", "-m", os.path.join(folder, "fitted"), "-s", os.path.join(folder, "summary"),
                    "-o", os.path.join(folder, "labels"), os.path.join(folder, "some.npy")], check=True)
    subprocess.run([kclust, "update", "-q", "-m", os.path.join(folder, "fitted"), "--save", os.path.join(folder, "updated"), "-o",
                    os.devnull, os.path.join(folder, "some.npy")], check=True)
    for name in ("model", "summary", "labels", "updated"):
        os.chmod(os.path.join(folder, name), 0o644)
    some = vectors(9000, 24)
    for what, name, content, _ in formats.others(some):
        if what in ("csv", "faiss with ids, compressed"):
            put(os.path.join(folder, name.replace("a.csv", "large.csv")), content)
    put(os.path.join(folder, "fields.json"), formats.index_of_fields(len(some)))


class Limits:
    def __init__(self, top, inputs, kclust, seconds=SECONDS):
        self.top, self.inputs, self.kclust, self.seconds = top, inputs, kclust, seconds
        self.box = None

    def run(self, argv, before, limits=(), nobody=False, ignore=None):
        """Run argv under limits (options of prlimit), as another user, or with a signal ignored."""
        if self.box is None:
            worker = multiprocessing.current_process()._identity
            self.uid = NOBODY + (worker[0] if worker else 0) % 8
            self.box = judge.Box(self.top, self.uid)
        as_other = ["setpriv", "--reuid=%d" % self.uid, "--regid=%d" % self.uid, "--clear-groups"] if nobody else []
        under = ["prlimit"] + list(limits) if limits else []
        ignoring = ["env", "--ignore-signal=" + ignore] if ignore else []
        argv = [a.replace("IN/", self.inputs + "/") for a in argv]
        return judge.run(self.box, ignoring + as_other + under + argv, {}, before, seconds=self.seconds)

    def scenario(self, name, threads, limits=(), **how):
        args, old, _ = SCENARIOS[name]
        before = {n: OLD for n in old}
        argv = [self.kclust] + args + (["-j", str(threads)] if threads else [])
        return argv, before, self.run(argv, before, limits, **how)

    def loads(self, limits, **how):
        return self.run([self.kclust, "--version"], {}, limits, **how).code == 0


def verdict(base, got, before, memory, killed=False):
    """As judge.fault. memory: memory is limited, so the message must say what is needed; killed: SIGXFSZ may have
    killed it."""
    if killed and got.code == -signal.SIGXFSZ and not got.hung:
        return None if got.files == before and not got.err else "SIGXFSZ left something behind, or a message"
    what = judge.fault(base, got, before)
    if not what and memory and got.code == 4 and not TELLS.search(got.err):
        return "exit 4 without a word of how much is needed"
    return what


limits = bases = None


def one(task):
    """Run one task. Return the task, the verdict ("right", "refused", "killed", "not loaded", "wrong") and a text."""
    kind, name, threads, options, how = task
    if not limits.loads(options, **{k: v for k, v in how.items() if k == "nobody"}):
        return task, "not loaded", None
    argv, before, got = limits.scenario(name, threads, options, **how)
    what = verdict(bases[name, threads], got, before, kind in ("as", "data"), kind == "fsize" and "ignore" not in how)
    if what:
        return task, "wrong", "%s, %d threads, prlimit %s%s: %s\n    %s\n    stderr: %r" % (
            name, threads, " ".join(options), "".join(", %s %s" % x for x in how.items()), what, " ".join(argv),
            got.err[-300:])
    return task, "killed" if got.code < 0 else "refused" if got.code == 4 else "right", None


def planted(top, program):
    """Return the planted faults that the harness does not see."""
    missed = []
    for name in ("none",) + FAULTS:
        t = Limits(top, top, program, 3 if name == "hang" else SECONDS)
        before = {"OUT": OLD} if name == "half-made" else {}
        argv = [program, name, str(64 * MB)]
        base = t.run(argv, before)
        what = verdict(base, t.run(argv, before, ["--as=%d" % (100 * MB)]), before, True)
        if base.code != 0 or (what is None) != (name == "none"):
            missed.append("%s: %s" % (name, what))
    return missed


def plan(a_slice):
    """Return the runs: (kind of limit, scenario, threads, options of prlimit, how)."""
    every = [(name, j) for name, (_, _, threads) in SCENARIOS.items() for j in threads]
    tasks = []
    for at, size in enumerate(range(20, 1025, 4)):
        for i, (name, j) in enumerate(every):
            if not a_slice or (at % 12 == i and size < 120) or (at - i) % 126 == 80:
                tasks.append(("as", name, j, ["--as=%d" % (size * MB)], {}))
    for size in (1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256):
        for i, (name, j) in enumerate(every):
            if not a_slice or (size + i) % 5 == 0:
                tasks.append(("data", name, j, ["--data=%d" % (size * MB)], {}))
    for size in (32, 40, 48, 56, 64, 96, 128, 192, 256, 512, 1024, 8192):
        for i, (name, j) in enumerate(every):
            if not a_slice or (size in (32, 128) and i % 3 == 0):  # the kernel begins it anywhere in its first 8K
                tasks += [("stack", name, j, ["--stack=%d" % (size * 1024)], {})] * (4 if size == 32 else 1)
    for size in (1, 512, 4096, 20000, 100000, 1 * MB, 4 * MB, 64 * MB):
        for name in ("sample", "convert", "npy"):
            for how in ({}, {"ignore": "XFSZ"}):
                if not a_slice or (name == "sample" and size in (512, 20000)):
                    tasks.append(("fsize", name, SCENARIOS[name][2][-1], ["--fsize=%d" % size], how))
    for most in range(3, 12):
        for i, (name, j) in enumerate(every):
            if not a_slice or (i in (1, 5) and most < 8):
                tasks.append(("nofile", name, j, ["--nofile=%d" % most], {}))
    for most in (1, 2, 3, 5, 10):
        for name, j in every:
            if os.getuid() == 0 and (not a_slice or (j == 16 and most in (1, 3))):
                tasks.append(("nproc", name, j, ["--nproc=%d" % most], {"nobody": True}))
    return tasks


def main():
    global limits, bases
    p = argparse.ArgumentParser()
    p.add_argument("--slice", action="store_true")
    p.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    p.add_argument("--only", help="limits of this kind: as, data, stack, fsize, nofile, nproc")
    p.add_argument("kclust")
    p.add_argument("planted")
    a = p.parse_args()
    for v in [v for v in os.environ if v.startswith("KCLUST_")]:
        del os.environ[v]
    began = time.monotonic()
    top = tempfile.mkdtemp(prefix="rlimit-")
    os.chmod(top, 0o755)  # for the runs as somebody else
    passed = failed = skipped = 0
    try:
        missed = planted(top, os.path.abspath(a.planted))
        for what in missed:
            print("FAILED planted fault %s" % what)
        if missed:
            print("rlimit: 0 passed, %d failed" % len(missed))
            return 1
        print("%d planted faults seen" % len(FAULTS))
        inputs = os.path.join(top, "inputs")
        os.mkdir(inputs)
        kclust = os.path.join(top, "kclust")
        shutil.copy(a.kclust, kclust)  # a build that goes on does not change it under the runs
        make(inputs, kclust)
        limits = Limits(top, inputs, kclust)
        bases = {}
        for name, (_, _, threads) in SCENARIOS.items():
            for j in threads:
                bases[name, j] = limits.scenario(name, j)[2]
                if bases[name, j].code != 0:
                    print("FAILED %s, %d threads, without limits: %r" % (name, j, bases[name, j].err))
                    failed += 1
        limits.box = None  # each worker makes its own
        if os.getuid() != 0:
            print("skipped: limits of processes, which need root, to become another user")
            skipped += 1
        tally, tasks = {}, [task for task in plan(a.slice) if a.only in (None, task[0])]
        with multiprocessing.Pool(a.jobs) as pool:
            for (kind, *_), what, text in pool.imap_unordered(one, tasks, 4):
                tally.setdefault(kind, []).append(what)
                if what == "wrong":
                    failed += 1
                    print("FAILED " + text, flush=True)
                else:
                    passed += 1
        for kind, seen in tally.items():
            print("%-7s %4d runs: %s" % (kind, len(seen), ", ".join(
                "%d %s" % (seen.count(v), v) for v in ("right", "refused", "killed", "not loaded", "wrong")
                if v in seen)))
            if kind not in ("nproc", "stack") and "refused" not in seen:
                print("FAILED nothing was refused under limits of %s: they are too wide" % kind)
                failed += 1
        print("%d runs, %d wrong, %.0f s" % (len(tasks), failed, time.monotonic() - began))
    finally:
        shutil.rmtree(top, ignore_errors=True)
    print("rlimit: %d passed, %d failed" % (passed, failed) + (", %d skipped" % skipped if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
