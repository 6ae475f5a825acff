"""Every request of kclust for memory, buffers, outputs or the system is refused once; see run beside this file."""
import argparse
import errno
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "torture-malloc")]
import judge  # noqa: E402
from harness import TEMP_NAME, first_difference, steady  # noqa: E402
from scenarios import OLD, QUICK, TABLE, Scenario, data, jsonl, make, vectors  # noqa: E402

SECONDS = 120
# What the system's calls say; to the others there is one way to fail. What may happen to any healthy program must
# change nothing.
HEALTHY = ("EINTR", "EAGAIN")
ERRORS = {
    "read": ("EIO", "EINTR", "EAGAIN"), "pread": ("EIO", "EINTR"), "write": ("ENOSPC", "EINTR", "EAGAIN"),
    "pwrite": ("ENOSPC", "EINTR"), "open": ("EIO", "EINTR", "ENOENT", "EOPNOTSUPP"),
    "fsync": ("EIO", "EINVAL", "EINTR"), "close": ("EIO", "EINTR"), "rename": ("EIO",), "fstat": ("EIO",),
    "stat": ("EIO", "ENOENT"), "lstat": ("EIO", "ENOENT"), "readlinkat": ("EIO",),
    "llistxattr": ("EIO", "ENOTSUP"),
    "access": ("EACCES",), "lseek": ("ESPIPE",), "dup": ("EMFILE",), "fchmod": ("EPERM", "EINTR"),
    "fchown": ("EIO", "EPERM", "EINTR"), "unlink": ("EIO",), "flock": ("ENOLCK", "EWOULDBLOCK", "EINTR"),
    "poll": ("ENOMEM", "EINTR"), "fcntl": ("EINVAL",), "getrlimit": ("EINVAL",), "sigaction": ("EINVAL",),
}
# Scenarios that open files without a name, and what these are refused.
WITH_NAMELESS = ("fit spilled", "convert to npy on standard output", "convert faiss with ids, compressed")
NAMELESS = {"open": ("EOPNOTSUPP",), "pread": ("EIO",), "write": ("ENOSPC",), "pwrite": ("ENOSPC",)}
ALL_COLUMNS = ["--columns", "term,cluster,similarity,margin,silhouette,row"]
MODEL_COLUMNS = ["--columns", "term,cluster,similarity,margin,row"]

MORE = [
    Scenario("fit to csv that needs quotes", ["fit", "-q"] + QUICK + ["-f", "csv"] + ALL_COLUMNS + ["IN/odd.jsonl"]),
    Scenario("fit to jsonl with all columns", ["fit", "-q"] + QUICK + ["-f", "jsonl"] + ALL_COLUMNS + ["IN/odd.jsonl"]),
    Scenario("fit annotated with all columns", ["fit", "-q"] + QUICK + ["--annotate"] + ALL_COLUMNS + ["IN/odd.jsonl"]),
    Scenario("fit, a long summary", ["fit", "-k", "2:70", "--n-init", "1", "--max-size", "9", "IN/some.npy"]),
    Scenario("fit, metrics", ["fit"] + QUICK + ["-m", "model", "--prometheus", "metrics", "-o", "out", "-s", "side",
                                                "IN/few.jsonl"], old=["model", "metrics", "out", "side"]),
    Scenario("fit like labels", ["fit", "-k", "4", "--n-init", "1", "--like", "IN/labels", "-m", "new", "-o", "out",
                                 "-s", "side", "IN/turned.jsonl"], old=["new", "out"]),
    Scenario("fit like a model, all", ["fit", "-k", "4", "--n-init", "1", "--like", "IN/model2", "-m", "new", "-o",
                                       "out", "-s", "side", "IN/few.jsonl"], old=["new", "out"]),
    Scenario("fit with limits and save", ["fit", "-k", "4", "--n-init", "1", "--min-size", "10", "--max-size", "10",
                                          "-m", "new", "-o", "out", "IN/uneven.jsonl"], old=["new", "out"]),
    Scenario("fit, a table over time as csv", ["fit"] + QUICK + ["--time-field", "day", "--time-table", "table", "-f", "csv",
                                                                 "--top", "2", "-o", "out", "IN/dated.jsonl"],
             old=["table", "out"]),
    Scenario("fit, a table over time as jsonl", ["fit"] + QUICK + ["--time-field", "day", "--time-table", "table", "-f",
                                                                   "jsonl", "--top", "2", "--keywords", "1", "-o", "out",
                                                                   "IN/dated.jsonl"], old=["table", "out"]),
    Scenario("fit, the array of a file", ["fit"] + QUICK + ["IN/array.json"]),
    Scenario("fit one row", ["fit", "-o", "out", "IN/one.jsonl"], old=["out"]),
    Scenario("fit from standard input with terms", ["fit"] + QUICK + ["--terms", "IN/few.npy.terms"], stdin="few.npy"),
    Scenario("assign, all there is to say", ["assign", "-m", "IN/model", "--threshold", "p5", "--drift", "-f", "csv"] +
             MODEL_COLUMNS + ["-o", "out", "-s", "side", "--prometheus", "metrics", "IN/batch.jsonl"],
             old=["out", "side", "metrics"]),
    Scenario("assign annotated", ["assign", "-q", "-m", "IN/model", "--annotate"], stdin="batch.jsonl", streams=True),
    Scenario("assign to moved rows", ["assign", "-q", "-m", "IN/moved", "IN/uneven.jsonl"], streams=True),
    Scenario("update, all there is to say", ["update", "-m", "IN/model2", "--save", "new", "--drift", "-f", "jsonl",
                                             "--annotate", "-o", "out", "-s", "side", "--prometheus", "metrics",
                                             "--late", "late", "IN/batch2.jsonl"],
             old=["new", "out", "side", "metrics", "late"]),
    Scenario("update, dry", ["update", "-m", "IN/moved", "--dry-run", "--drift", "IN/batch.jsonl"]),
    Scenario("edit, all there is to say", ["edit", "-m", "IN/model2", "--merge", "0,1", "--rename", "0=a\nname", "-s", "side",
                                           "-o", "new"], old=["new", "side"]),
    Scenario("edit moved rows", ["edit", "-m", "IN/moved", "--merge", "0,1", "--split", "2:3", "-o", "new", "IN/uneven.jsonl"],
             old=["new"]),
    Scenario("edit labels as csv", ["edit", "--merge", "0,1", "--rename", '2=a "b", c', "-o", "out.csv", "IN/labels.csv"],
             old=["out.csv"], threads=(0,)),
    Scenario("edit labels as jsonl", ["edit", "--merge", "0,1", "--rename", "2=a", "-o", "out", "IN/labels.jsonl"],
             old=["out"], threads=(0,)),
    Scenario("info of a model as JSON", ["info", "--json", "IN/model2"], threads=(0,)),
    Scenario("info of a large model", ["info", "IN/manyk"], threads=(0,)),
    Scenario("score against gold", ["score", "IN/labels", "IN/few.jsonl", "--gold", "IN/gold"]),
    Scenario("score against gold as JSON", ["score", "--json", "-o", "out", "IN/labels", "IN/few.jsonl", "--gold",
                                            "IN/gold"], old=["out"]),
    Scenario("score many", ["score", "IN/manylabels", "IN/some.npy", "--gold", "IN/manygold"]),
    Scenario("score many, near-duplicates", ["score", "--json", "--near-duplicates", "0.1", "IN/manylabels", "IN/some.npy"]),
    Scenario("score, in another order", ["score", "IN/labels", "IN/turned.jsonl"]),
    Scenario("diff as JSON", ["diff", "--json", "-o", "out", "IN/labels", "IN/labels2"], old=["out"], threads=(0,)),
    Scenario("diff many", ["diff", "IN/manylabels", "IN/manygold"], threads=(0,)),
    Scenario("diff of models as JSON", ["diff", "--json", "IN/model", "IN/model2"], threads=(0,)),
    Scenario("diff of labels as jsonl and csv", ["diff", "IN/labels.jsonl", "IN/labels.csv"], threads=(0,)),
    Scenario("convert raw to jsonl", ["convert", "-i", "raw", "--dim", "6", "IN/few.raw"], streams=True),
    Scenario("convert to npy on standard output", ["convert", "-f", "npy", "IN/few.kvec"], streams=True),
    Scenario("convert odd terms to npy", ["convert", "-o", "new.npy", "IN/odd.jsonl"]),
    Scenario("convert many with bad ones", ["convert", "--on-bad", "skip", "-o", "out.kvec", "IN/bad.jsonl"],
             old=["out.kvec"]),
]


def more(folder, kclust):
    """Inputs beside those of torture-malloc."""
    def put(name, content):
        data.save(os.path.join(folder, name), content)

    def at(name):
        return os.path.join(folder, name)

    def cluster(name, *args):
        subprocess.run([kclust, *args, "-q", "-m", at(name), "-o", at(name + "-labels"), "-j", "1"], check=False)

    few = vectors(40, 6, 4)
    odd = ['a, b', 'say \\"hi\\"', ' front', 'back ', '', 'tab\\t', 'line\\nend', '\\u00e9', '\\\\', 'x'] * 4
    put("odd.jsonl", "".join('{"term": "%s", "vec": [%s], "x": 1}\n' % (t, ", ".join("%.9g" % x for x in v))
                             for t, v in zip(odd, few)).encode())
    lines = jsonl(few).splitlines(True)
    put("one.jsonl", lines[0])
    put("turned.jsonl", b"".join(lines[::-1]))
    put("array.json", b"[" + b",".join(lines) + b"]\n")
    uneven = vectors(40, 6, 2, seed=3)
    put("uneven.jsonl", jsonl(uneven))
    cluster("moved", "fit", "-k", "4", "--min-size", "10", "--max-size", "10", at("uneven.jsonl"))
    cluster("manyk", "fit", "-k", "70", "--n-init", "1", at("some.npy"))
    rng = random.Random(9)
    strange = [[5 * (-1) ** (j // 2) + rng.gauss(0, 0.1) for j in range(6)] for _ in range(12)]
    put("batch2.jsonl", jsonl(few[:10] + strange))
    with open(at("labels"), "rb") as f:
        labels = f.read().splitlines()
    put("gold", b"".join(b"%s\tclass %d\n" % (line.split(b"\t")[0], i % 5) for i, line in enumerate(labels)))
    put("labels2", b"".join(line[:-1] + (b"7" if i % 9 == 0 else line[-1:]) + b"\n" for i, line in enumerate(labels)))
    put("labels.jsonl", b"".join(b'{"term":"%s","cluster_id":%s}\n' % tuple(line.split(b"\t")) for line in labels))
    put("labels.csv", b"term,cluster_id\n" + b"".join(line.replace(b"\t", b",") + b"\n" for line in labels))
    put("manylabels", b"".join(b"%d\n" % (i % 70) for i in range(300)))
    put("manygold", b"".join(b"class %d\n" % (i // 4) for i in range(300)))


class Places:
    """The data of a worker; its box is made in the worker."""

    def __init__(self, top, inputs, kclust):
        self.top, self.inputs, self.kclust, self.box = top, inputs, kclust, None

    def run(self, s, **env):
        if self.box is None:
            self.box = judge.Box(self.top)
        stdin = os.path.join(self.inputs, s.stdin) if s.stdin else "/dev/null"
        return judge.run(self.box, self.argv(s), env, s.before, stdin, SECONDS)

    def argv(self, s):
        return s.argv(self.kclust, self.inputs, min(1, max(s.threads)))

    def places(self, s):
        """Return the run that is refused nothing, and {(kind, place): calls}."""
        log = os.path.join(self.top, "log")
        base = self.run(s, PLACES_LOG=log)
        with open(log, encoding="ascii") as f:
            lines = [line.split() for line in f]
        return base, {(kind, at): int(calls) for kind, at, calls in lines}


def fault(s, base, got, kind, error):
    """Return what is wrong with a run that was refused something, or None."""
    if got.hung or got.code < 0:
        return "hung" if got.hung else "died by signal %d" % -got.code
    left = [n for n in got.files if TEMP_NAME.search(n)]
    if left and kind != "unlink":
        return "left %s" % ", ".join(left)
    for name in sorted(set(base.files) | set(s.before)):
        if name.startswith("tmp/"):
            continue
        now = got.files.get(name)
        if now != s.before.get(name) and (now is None or steady(now) != steady(base.files.get(name, b""))):
            return "%s is neither as before nor as it should become: %s" % (
                name, "it is gone" if now is None else first_difference(steady(base.files.get(name, b"")), steady(now)))
    if got.code == base.code != 4:
        same = got.out == base.out and all(steady(got.files.get(n, b"")) == steady(d) for n, d in base.files.items())
        return None if same else "exit %d as without trouble, but other output" % got.code
    if error in HEALTHY:
        return "exit %d: %s must change nothing" % (got.code, error)
    if got.code != 4:
        return "exit %d, expected 4 or %d" % (got.code, base.code)
    ours, others = judge.messages(got.err)
    if others or (len(ours) < 1 if s.says else len(ours) != 1):
        return "exit 4 with %d messages and %d other lines" % (len(ours), others)
    head = 128 if base.out.startswith(b"\x93NUMPY") else 0  # the number of rows in it is patched last
    if not base.out[head:].startswith(got.out[head:]):
        return "exit 4, and what came out is no beginning of the right output"
    return None


places = bases = None


def one(task):
    """Run with one refusal. Return whether it ended with exit 4, the kind, and what is wrong."""
    s, kind, at, nth, error = task
    spec = "%s:%d:%d" % (at, nth, getattr(errno, error) if error else 0)
    got = places.run(s, PLACES_AT=spec)
    what = fault(s, bases[s.name], got, kind, error)
    if what:
        what = "%s: %s%s at 0x%s, call %d: %s\n     again: PLACES_AT=%s %s%s\n     stderr: %r" % (
            s.name, kind, " (%s)" % error if error else "", at, nth, what, spec, " ".join(places.argv(s)),
            " <%s" % s.stdin if s.stdin else "", got.err[-300:])
    return got.code == 4, kind, what


def planted(table, met):
    """Check that calls that are skipped and reported as successes are seen."""
    missed = []
    s = next(t for t in table if t.name == "fit, metrics")
    for kind, errors in (("buffer", None), ("output", None), ("write", "EIO"), ("rename", "EIO")):
        seen = 0
        for (k, at), calls in sorted(met[s.name].items()):
            if k == kind:
                for nth in sorted({1, min(2, calls), calls}):  # the first write may be a warning
                    got = places.run(s, PLACES_AT="%s:%d:0" % (at, nth), PLACES_LIE="1")
                    seen += fault(s, bases[s.name], got, kind, errors) is not None
        if seen == 0:
            missed.append(kind)
    return missed


def spread(n, most):
    """Return 0 to n - 1, or `most` of them including both ends."""
    return range(n) if n <= most else sorted({i * (n - 1) // (most - 1) for i in range(most)})


def choose(table, met, rng, slice_only):
    """Choose for each place three scenarios that reach it, and in each its first and last call; more for system
    calls."""
    where = {}
    for s in table:
        for place, calls in met[s.name].items():
            where.setdefault(place, []).append((s, calls))
    tasks = []
    for (kind, at), who in sorted(where.items(), key=lambda x: x[0]):
        # what calls the system is a few functions for all of kclust: there a place is not one use of it
        most_who, most_calls = (10, 8) if kind in ERRORS else (3, 2)
        for s, calls in (who[i] for i in spread(len(who), most_who)):
            for i in spread(calls, most_calls):
                tasks += [(s, kind, at, i + 1, error) for error in ERRORS.get(kind, (None,))]
    # files without a name are few of all that are opened and read
    tasks += [(s, kind, at, i + 1, error) for (kind, at), who in sorted(where.items(), key=lambda x: x[0])
              for s, calls in who if s.name in WITH_NAMELESS for error in NAMELESS.get(kind, ())
              for i in spread(calls, 12)]
    quick = [t for t in tasks if not t[0].slow]
    return rng.sample(quick, min(150, len(quick))) if slice_only else tasks, len(where)


def main():
    global places, bases
    p = argparse.ArgumentParser()
    p.add_argument("--slice", action="store_true")
    p.add_argument("--only", default="")
    p.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    p.add_argument("kclust")
    p.add_argument("refused", help="kclust, linked with refuse.c")
    a = p.parse_args()
    seed = int(os.environ.get("KCLUST_TEST_SEED", "1"))
    print("seed %d" % seed)
    for v in [v for v in os.environ if v.startswith("KCLUST_")]:
        del os.environ[v]
    began = time.monotonic()
    top = tempfile.mkdtemp(prefix="places-")
    passed = failed = refused = 0
    try:
        inputs = os.path.join(top, "inputs")
        os.mkdir(inputs)
        shutil.copy(a.refused, os.path.join(top, "kclust"))  # a build that goes on does not change it under the runs
        kclust = os.path.abspath(a.kclust)
        make(inputs, kclust)
        more(inputs, kclust)
        places = Places(top, inputs, os.path.join(top, "kclust"))
        table = [s for s in TABLE + MORE if a.only in s.name or s.name == "fit, metrics"]
        if a.slice:
            table = [s for s in table if not s.slow]
        bases, met = {}, {}
        for s in table:
            bases[s.name], met[s.name] = places.places(s)
            if bases[s.name].code not in (0, 1, 3) or (s.says and s.says.encode() not in bases[s.name].err):
                print("FAIL %s: exit %d when nothing is refused: %r" % (s.name, bases[s.name].code, bases[s.name].err))
                failed += 1
        missed = planted(table, met)
        for kind in missed:
            print("FAIL planted fault not seen: %s" % kind)
        failed += len(missed)
        tasks, count = choose(table, met, random.Random(seed), a.slice)
        if count < 700 and not a.only:
            print("FAIL only %d places were met" % count)
            failed += 1
        places.box = None  # each worker makes its own
        kinds = {}
        with multiprocessing.Pool(a.jobs) as pool:
            for four, kind, what in pool.imap_unordered(one, tasks, 8):
                refused += four
                kinds[kind] = kinds.get(kind, 0) + 1
                failed += what is not None
                passed += what is None
                if what and failed <= 40:
                    print("FAIL " + what, flush=True)
        print("%d places in %d scenarios; %d refusals (%s): %d ended with exit 4, %.0f s" % (
            count, len(table), len(tasks), ", ".join("%s %d" % k for k in sorted(kinds.items())), refused,
            time.monotonic() - began))
    finally:
        shutil.rmtree(top, ignore_errors=True)
    print("places: %d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
