"""Make every allocation fail, one after the other; see run beside this file."""
import argparse
import mmap
import multiprocessing
import os
import random
import shutil
import struct
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
sys.path.insert(0, HERE)
import judge  # noqa: E402
import scenarios  # noqa: E402

KINDS = ("?", "malloc", "calloc", "realloc", "aligned", "mmap", "mremap", "thread")
SECONDS = 120  # a run takes some milliseconds; one that takes this long hangs
FAULTS = ("crash", "hang", "silent", "ignored", "mute", "twice", "wrong-status", "half-made", "temporary")


class Page:
    """The memory that the driver shares with shim.c."""
    LAYOUT = struct.Struct("<7Q")

    def __init__(self, folder):
        self.path = os.path.join(folder, "page")
        with open(self.path, "wb") as f:
            f.write(bytes(self.LAYOUT.size))
        with open(self.path, "r+b") as f:
            self.map = mmap.mmap(f.fileno(), self.LAYOUT.size)

    def arm(self, at, on):
        self.map[:] = self.LAYOUT.pack(at, on, 0, 0, 0, 0, 0)

    def seen(self):
        _, _, calls, failed, kind, caller, base = self.LAYOUT.unpack(self.map[:])
        return calls, failed, KINDS[kind], caller - base


class Torture:
    """The data of a worker. It is made in the main process, but the box and the page in each worker."""

    def __init__(self, top, inputs, kclust, shim, seconds):
        self.top, self.inputs, self.kclust, self.shim, self.seconds = top, inputs, kclust, shim, seconds
        self.box = self.page = None

    def run(self, s, threads, at, on):
        if self.box is None:
            self.box = judge.Box(self.top)
            self.page = Page(self.box.top)
        self.page.arm(at, on)
        stdin = os.path.join(self.inputs, s.stdin) if s.stdin else "/dev/null"
        return judge.run(self.box, s.argv(self.kclust, self.inputs, threads),
                         {"LD_PRELOAD": self.shim, "TORTURE_PAGE": self.page.path}, s.before, stdin, self.seconds)

    def base(self, s, threads, runs=2):
        """Return the undisturbed run and the number of its requests, which may vary with more than one thread."""
        first, most = None, 0
        for _ in range(runs):
            got = self.run(s, threads, 0, 0)
            most = max(most, self.page.seen()[0])
            if first and not got.same(first):
                return got, most, "two runs without trouble differ"
            first = first or got
        what = None
        if first.code not in (0, 1, 2, 3) or first.hung:
            what = "exit %d without trouble: %s" % (first.code, first.err)
        elif s.says and s.says.encode() not in first.err:
            what = "the run without trouble does not say '%s': %s" % (s.says, first.err)
        return first, most, what


torture = bases = table = None


def one(task):
    """Run with one injection. Return the task, the kind of request that failed, the verdict ("failed", "survived", "not
    reached", "wrong"), and for a wrong one what distinguishes it from others, and a text."""
    i, threads, at, on = task
    s = table[i]
    base = bases[i, threads][0]
    got = torture.run(s, threads, at, on)
    _, failed, kind, caller = torture.page.seen()
    what = judge.fault(base, got, s.before, s.streams, bool(s.says))
    if what:
        key = kind, caller, what
        argv = s.argv(os.path.relpath(torture.kclust), torture.inputs, threads)
        text = "%s: %s %d%s (%s, called from 0x%x): %s\n    %s\n    stderr: %r" % (
            s.name, "request", at, " and all later ones" if on else "", kind, caller, what,
            " ".join(argv) + (" <%s" % s.stdin if s.stdin else ""), got.err[-300:])
        return task, kind, "wrong", (key, text)
    return task, kind, "not reached" if failed == 0 else "failed" if got.code == 4 else "survived", None


def planted(top, program, shim):
    """Check that the harness sees planted faults. Return those that it does not see."""
    missed = []
    for name in ("none",) + FAULTS:
        t = Torture(top, top, program, shim, 1 if name == "hang" else SECONDS)
        s = scenarios.Scenario(name, [name], old=["OUT"] if name == "half-made" else [], threads=(0,))
        base, count, what = t.base(s, 0)
        found = 0
        for at in range(1, count + 1):
            for on in (0, 1):
                if name == "hang" and (at > 1 or on):
                    continue
                if judge.fault(base, t.run(s, 0, at, on), s.before):
                    found += 1
        if what or count != 3 or (found != 0 if name == "none" else found == 0):
            missed.append("%s: %d requests, %d found, %s" % (name, count, found, what))
    return missed


def main():
    global torture, bases, table
    p = argparse.ArgumentParser()
    p.add_argument("--slice", action="store_true")
    p.add_argument("--only", help="scenarios whose name has this in it")
    p.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    p.add_argument("kclust")
    p.add_argument("shim")
    p.add_argument("planted")
    a = p.parse_args()
    seed = int(os.environ.get("KCLUST_TEST_SEED", "1"))
    rng = random.Random(seed)
    print("seed %d" % seed)
    for v in [v for v in os.environ if v.startswith("KCLUST_")]:
        del os.environ[v]
    began = time.monotonic()
    top = tempfile.mkdtemp(prefix="torture-malloc-")
    passed = failed = 0
    try:
        missed = planted(top, os.path.abspath(a.planted), os.path.abspath(a.shim))
        for what in missed:
            print("FAILED planted fault %s" % what)
        if missed:
            print("torture-malloc: 0 passed, %d failed" % len(missed))
            return 1
        print("%d planted faults seen" % len(FAULTS))
        inputs = os.path.join(top, "inputs")
        os.mkdir(inputs)
        for path in (a.kclust, a.shim):  # a build that goes on does not change them under the runs
            shutil.copy(path, top)
        kclust, shim = (os.path.join(top, os.path.basename(path)) for path in (a.kclust, a.shim))
        scenarios.make(inputs, kclust)
        torture = Torture(top, inputs, kclust, shim, SECONDS)
        table = [s for s in scenarios.TABLE if not a.only or a.only in s.name]
        bases, tasks = {}, []
        for i, s in enumerate(table):
            for threads in s.threads:
                bases[i, threads] = torture.base(s, threads, 5 if threads > 1 and not a.slice else 2)
                count, what = bases[i, threads][1:]
                if what:
                    print("FAILED %s, %d threads: %s" % (s.name, threads, what))
                    failed += 1
                    continue
                every = [(i, threads, at, on) for at in range(1, count + 1) for on in (0, 1)]
                if a.slice:  # as many of each, half of them from the end, where outputs are made
                    some = min(2 if s.slow else 6, len(every) // 4)
                    last = len(every) - 2 * some
                    every = rng.sample(every[:last], some) + rng.sample(every[last:], some)
                tasks += every
        torture.box = None  # each worker makes its own
        tally, known = {}, {}
        with multiprocessing.Pool(a.jobs) as pool:
            for (i, threads, at, on), kind, verdict, what in pool.imap_unordered(one, tasks, 16):
                tally.setdefault(i, {}).setdefault(verdict, []).append(kind)
                if verdict == "wrong":
                    failed += 1
                    key, text = what
                    known[key] = known.get(key, 0) + 1
                    if known[key] == 1:
                        print("FAILED " + text, flush=True)
                else:
                    passed += 1
        for (kind, caller, what), n in known.items():
            if n > 1:
                print("the same, %s called from 0x%x, %s: %d times" % (kind, caller, what, n))
        kinds, reached = {}, 0
        for i, s in enumerate(table):
            t = tally.get(i, {})
            n = {v: len(t.get(v, ())) for v in ("failed", "survived", "wrong", "not reached")}
            reached += n["failed"] + n["survived"] + n["wrong"]
            for v in ("failed", "survived", "wrong"):
                for kind in t.get(v, ()):
                    kinds[kind] = kinds.get(kind, 0) + 1
            print("%-45s %5d exit 4, %4d the right output, %d wrong, %d not reached" % (
                s.name, n["failed"], n["survived"], n["wrong"], n["not reached"]))
        print("%d injections in %d scenarios (%s), %d wrong, %.0f s" % (
            reached, len(table), ", ".join("%s %d" % k for k in sorted(kinds.items())), failed,
            time.monotonic() - began))
        if not a.slice and not a.only and reached < 10000:
            print("FAILED fewer than 10,000 injections")
            failed += 1
    finally:
        shutil.rmtree(top, ignore_errors=True)
    print("torture-malloc: %d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
