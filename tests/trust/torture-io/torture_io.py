"""Every system call of kclust on a file or descriptor fails, is interrupted, would block or transfers only a part.

strace injects an error at the Nth call of a name, for every N after the calls of the dynamic loader; a preloaded
library (shim.c) does the same in several threads at once, and shortens transfers. A run must end with exit 0 and
exactly the output of the undisturbed run, or with exit 4, one message, old files as they were or new ones complete,
and no temporary file. What may happen to any healthy program (interruptions, short transfers, "would block") must not
change a byte.
"""
import errno
import gzip
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import formats  # noqa: E402
from harness import (KCLUST, Harness, environment, jsonl, kvec, npy, one_message, read_file, run, steady,  # noqa: E402
                     temporary, vectors, write_file)

h = Harness("torture-io")
shim = h.compile(os.path.join(os.path.dirname(os.path.abspath(__file__)), "shim.c"), shared=True)
fixed = h.folder()
OLD = b"the old contents\n"
FIT = ["-j", "1", "-k", "2:3", "--n-init", "2"]

# What each call is made to fail with. "healthy" errors must change nothing.
ERRORS = {
    "read": ("EIO", "EINTR", "EAGAIN", "EISDIR"),
    "pread64": ("EIO", "EINTR"),
    "write": ("ENOSPC", "EIO", "EINTR", "EAGAIN", "EDQUOT", "EFBIG", "EPIPE"),
    "pwrite64": ("ENOSPC", "EIO", "EINTR"),
    "openat": ("EMFILE", "ENFILE", "EIO", "EACCES", "ENOSPC", "EINTR"),
    "fsync": ("EIO", "ENOSPC", "EDQUOT", "EINTR", "EINVAL"),
    "close": ("EIO", "ENOSPC", "EINTR"),
    "rename": ("EIO", "ENOSPC", "EACCES", "EXDEV", "EROFS"),
    "unlink": ("EIO",),
    "newfstatat": ("EIO", "ENOMEM", "EACCES"),
    "readlink": ("EIO", "EACCES"),
    "access": ("EIO", "EACCES"),
    "lseek": ("EINVAL", "EOVERFLOW"),
    "fcntl": ("EMFILE", "EINVAL"),
    "dup": ("EMFILE",),
    "fchmod": ("EPERM", "EIO", "EINTR"),
    "fchown": ("EPERM", "EIO", "EINTR"),
    "poll": ("EINTR", "ENOMEM"),
    "fadvise64": ("EINVAL",),
    "ioctl": ("EIO",),
    "ftruncate": ("EIO", "EINTR"),
    "statx": ("EIO",),
    "getdents64": ("EIO",),
    "mkdir": ("EIO",),
    "link": ("EIO",),
    "linkat": ("EIO",),
    "flock": ("EINTR", "ENOLCK"),
    "readlinkat": ("EIO", "EACCES"),
    "llistxattr": ("EIO", "EOPNOTSUPP"),
    "lgetxattr": ("EIO", "ENODATA"),
    "fsetxattr": ("EIO", "ENOSPC", "EOPNOTSUPP"),
}
SHIM_NAMES = {"pread64": "pread", "pwrite64": "pwrite", "openat": "open", "newfstatat": "stat"}
HEALTHY = {("read", "EINTR"), ("read", "EAGAIN"), ("pread64", "EINTR"), ("write", "EINTR"), ("write", "EAGAIN"),
           ("pwrite64", "EINTR"), ("openat", "EINTR"), ("fsync", "EINTR"), ("close", "EINTR"), ("fchmod", "EINTR"),
           ("fchown", "EINTR"), ("poll", "EINTR"), ("ftruncate", "EINTR"),
           ("flock", "EINTR")}
NOT_FILES = {"mmap", "munmap", "brk", "mprotect", "madvise", "exit_group", "exit", "rt_sigaction", "rt_sigprocmask",
             "getpid", "getrandom", "futex", "prlimit64", "sched_getaffinity", "clone3", "clone", "set_robust_list",
             "rseq", "clock_gettime", "sched_yield", "getrusage", "mremap", "gettid", "sysinfo", "rt_sigreturn"}


class Scenario:
    """One command: what it reads, and which files it must leave."""

    def __init__(self, name, args, stdin=None, outputs=(), links=(), stdout_file=False, small=True, before=()):
        self.name, self.args, self.stdin, self.outputs = name, args, stdin, outputs
        self.links, self.stdout_file, self.small = dict(links), stdout_file, small
        self.before = dict(before)  # what outputs hold that are read as well

    def old(self, name):
        return self.before.get(name, OLD)

    def prepare(self, cwd):
        os.mkdir(os.path.join(cwd, "tmp"))
        for name in self.outputs:
            path = os.path.join(cwd, self.links.get(name, name))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            write_file(path, self.old(name))
            os.chmod(path, 0o604)
            if name in self.links:
                os.symlink(self.links[name], os.path.join(cwd, name))

    def run(self, wrapper=(), env=None):
        """Run one command. Return (what was seen, {output: (bytes, mode)}, temporary files left, links that were
        replaced)."""
        cwd = h.folder()
        self.prepare(cwd)
        command = list(wrapper) + [KCLUST] + self.args
        e = environment(TMPDIR=os.path.join(cwd, "tmp"), **(env or {}))
        seen = run(command, cwd, self.stdin, e, stdout=os.path.join(cwd, "stdout") if self.stdout_file else None)
        files = {}
        for name in self.outputs:
            path = os.path.join(cwd, name)
            try:
                files[name] = (steady(read_file(path)), os.stat(path).st_mode & 0o777)
            except OSError as err:
                files[name] = (("gone: %s" % err).encode(), 0)
        left = temporary(os.path.join(cwd, "tmp"))
        for folder in {os.path.dirname(os.path.join(cwd, self.links.get(n, n))) for n in self.outputs} | {cwd}:
            left += temporary(folder)
        broken = [n for n in self.links if not os.path.islink(os.path.join(cwd, n))]
        shutil.rmtree(cwd)
        return seen, files, left, broken


def scenarios():
    rows = vectors(40, 4)
    many = vectors(2500, 6)
    big = npy(vectors(6000, 128))
    a = {name: os.path.join(fixed, name) for name in
         ("a.jsonl", "b.jsonl", "a.jsonl.gz", "a.jsonl.zst", "a.kvec", "a.npy", "terms", "many.jsonl", "many.kvec",
          "big.npy")}
    write_file(a["a.jsonl"], jsonl(rows))
    write_file(a["b.jsonl"], jsonl(vectors(10, 4, seed=2)))
    write_file(a["a.jsonl.gz"], gzip.compress(jsonl(rows), mtime=0))
    write_file(a["a.kvec"], kvec(rows))
    write_file(a["a.npy"], npy(rows))
    write_file(a["terms"], b"".join(b"term %d\n" % i for i in range(40)))
    write_file(a["many.jsonl"], jsonl(many, width=120))
    write_file(a["many.kvec"], kvec(many, width=120))
    write_file(a["big.npy"], big)
    tight = ["--max-memory", "6M", "--max-iter", "3"]
    yield Scenario("fit", FIT + ["-o", "labels", "-s", "side.json", a["a.jsonl"]], outputs=("labels", "side.json"))
    yield Scenario("fit-model", FIT + ["-q", "-o", "labels", "-m", "model", a["a.kvec"]], outputs=("labels", "model"))
    subprocess.run([KCLUST, "-q", "-k", "3", "-o", os.path.join(fixed, "labels"), "-m", os.path.join(fixed, "model"),
                    a["a.jsonl"]], env=environment(), check=True)
    assign = ["assign", "-j", "1", "-m", os.path.join(fixed, "model")]
    yield Scenario("assign", assign + ["--drift", "-o", "labels", "-s", "side.json", "--prometheus", "metrics",
                                       a["a.jsonl"]], outputs=("labels", "side.json", "metrics"))
    yield Scenario("update", ["update", "-j", "1", "-m", "m", "-o", "labels", "-s", "side.json", "--late", "late",
                              a["b.jsonl"]],
                   outputs=("m", "labels", "side.json", "late"), before={"m": read_file(os.path.join(fixed, "model"))})
    yield Scenario("score", ["score", os.path.join(fixed, "labels"), "-"], stdin=jsonl(rows))
    yield Scenario("diff", ["diff", os.path.join(fixed, "labels"), os.path.join(fixed, "labels")])
    yield Scenario("edit", ["edit", "-j", "1", "-m", "m", "--merge", "0,1", "--split", "2", "-s", "side.json", a["a.jsonl"]],
                   outputs=("m", "side.json"), before={"m": read_file(os.path.join(fixed, "model"))})
    part = os.path.join(fixed, "part")
    subprocess.run([KCLUST, *assign, "-q", "--tally", part, "-o", os.path.join(fixed, "labels"), a["a.jsonl"]], env=environment(),
                   check=True)
    yield Scenario("tally", assign + ["--tally", "part", "-o", "labels", a["a.jsonl"]], outputs=("part", "labels"))
    yield Scenario("merge", ["merge", "-j", "1", "-o", "m", "-s", "side.json", part], outputs=("m", "side.json"))
    yield Scenario("edit-labels", ["edit", "--merge", "0,1", "-o", "labels", os.path.join(fixed, "labels")], outputs=("labels",))
    yield Scenario("assign-pipe", assign + ["--annotate"], stdin=jsonl(rows))
    yield Scenario("fit-link", FIT + ["-o", "link", a["a.jsonl"], a["b.jsonl"]], outputs=("link",),
                   links={"link": "dir/real"})
    yield Scenario("fit-pipe", FIT, stdin=jsonl(rows))
    yield Scenario("fit-gzip", FIT + ["-f", "csv", "--columns", "term,cluster,similarity", a["a.jsonl.gz"]],
                   stdout_file=True)
    yield Scenario("fit-terms", FIT + ["--terms", a["terms"], "-s", "side.json"], stdin=a["a.npy"],
                   outputs=("side.json",))
    yield Scenario("convert-npy", ["convert", "-j", "1", "-o", "x.npy", a["a.jsonl"]], outputs=("x.npy", "x.npy.terms"))
    yield Scenario("convert-spool", ["convert", "-j", "1", "-f", "npy", a["a.kvec"]])
    yield Scenario("convert-redirected", ["convert", "-j", "1", "-f", "npy"], stdin=a["a.jsonl"], stdout_file=True)
    yield Scenario("neighbours", ["neighbours", "-j", "1", "-o", "x.npy", a["a.jsonl"]], outputs=("x.npy",))
    yield Scenario("map", ["map", "-j", "1", "-o", "x.parquet", "--save-map", "map", a["a.jsonl"]], outputs=("x.parquet", "map"))
    yield Scenario("suggest", ["suggest", "-j", "1", "-k", "2:3", "--resamples", "2", "-o", "said", a["a.jsonl"]], outputs=("said",))
    summary, old = os.path.join(fixed, "summary"), os.path.join(fixed, "old")
    subprocess.run([KCLUST, "-q", "-k", "2:4", "--n-init", "1", "-o", old, "-s", summary, a["a.jsonl"]], env=environment(), check=True)
    labels = os.path.join(fixed, "labels")
    yield Scenario("report", ["report", "-j", "1", "--method", "pca", "--from", summary, "--gold", old, "--old", old, "-o", "page",
                              labels, a["a.jsonl"]], outputs=("page",))
    yield Scenario("report-model", ["report", "-j", "1", "-m", os.path.join(fixed, "model")])
    yield Scenario("plot", ["plot", "k", "-j", "1", "--from", summary, "-o", "k.svg"], outputs=("k.svg",))
    yield Scenario("plot-pipe", ["plot", "silhouette", "-j", "1", labels, "-"], stdin=jsonl(rows))
    yield Scenario("fit-report", FIT + ["--plot", "-o", "labels", "--report", "page", a["a.jsonl"]], outputs=("labels", "page"))
    yield Scenario("update-report", ["update", "-j", "1", "-m", "m", "-o", "labels", "--report", "page", a["b.jsonl"]],
                   outputs=("m", "labels", "page"), before={"m": read_file(os.path.join(fixed, "model"))})
    yield Scenario("score-report", ["score", "-j", "1", "--report", "page", labels, a["a.jsonl"]], outputs=("page",))
    yield Scenario("diff-report", ["diff", "--report", "page", "-o", "said", old, labels], outputs=("page", "said"))
    yield Scenario("suggest-report", ["suggest", "-j", "1", "-k", "2:3", "--resamples", "1", "--report", "page", "-o", "said",
                                      a["a.jsonl"]], outputs=("page", "said"))
    yield Scenario("why", ["why", "-j", "1", "-m", os.path.join(fixed, "model"), "--row", "#2", "-o", "said", a["a.jsonl"]], outputs=("said",))
    yield Scenario("density", ["fit", "-q", "-j", "1", "--algorithm", "hdbscan", "--min-size", "3", "-o", "l.tsv", a["a.jsonl"]],
                   outputs=("l.tsv",))
    yield Scenario("info", ["info", "-j", "1", "--json"], stdin=kvec(rows))
    yield Scenario("help", ["help", "fit"])
    others = {}
    for _, name, data, _ in formats.others(rows):
        others[name] = os.path.join(fixed, name)
        write_file(others[name], data)
    for name, data in ("fields.jsonl", formats.lines_of_fields(40)), ("fields.json", formats.index_of_fields(40)):
        others[name] = os.path.join(fixed, name)
        write_file(others[name], data)
    binary = [others["a." + x] for x in ("faiss", "fvecs", "bvecs", "bin")] + [others["ids.faiss.gz"]]
    tables = [others[x] for x in ("a.parquet", "z.parquet", "b.parquet.gz")]
    texts = [others[x] for x in ("a.vec", "a.glove", "a.csv", "pg.csv")]
    yield Scenario("convert-binary", ["convert", "-j", "1"] + binary)
    yield Scenario("convert-parquet", ["convert", "-j", "1", "-o", "x.parquet"] + tables, outputs=("x.parquet",))
    yield Scenario("convert-texts", ["convert", "-j", "1", "-o", "x.kvec"] + texts, outputs=("x.kvec",))
    yield Scenario("convert-tensor", ["convert", "-j", "1", "--tensor", "rows"], stdin=others["a.safetensors"])
    yield Scenario("convert-tsv", ["convert", "-j", "1", "--vec-field", "2-"], stdin=others["a.tsv"])
    yield Scenario("convert-fields", ["convert", "-j", "1", "--metadata", others["fields.jsonl"]] +
                   formats.WITH_LINES + ["-o", "x.npy", a["a.npy"]], outputs=("x.npy", "x.npy.terms"))
    yield Scenario("fit-fields", FIT + ["--metadata", others["fields.json"]] + formats.WITH_INDEX +
                   ["-o", "labels", others["ids.faiss"]], outputs=("labels",))
    if shutil.which("zstd"):
        subprocess.run(["zstd", "-q", a["a.jsonl"], "-o", a["a.jsonl.zst"]], check=True)
        yield Scenario("convert-zstd", ["convert", "-j", "1", "-o", "x.kvec", a["a.jsonl.zst"]], outputs=("x.kvec",))
    yield Scenario("fit-many", FIT + ["--annotate", "-o", "labels", a["many.jsonl"]], outputs=("labels",), small=False)
    yield Scenario("convert-many", ["convert", "-j", "1"], stdin=read_file(a["many.kvec"]), small=False)
    yield Scenario("fit-reread", FIT + tight + ["-o", "labels", a["big.npy"]], outputs=("labels",), small=False)
    yield Scenario("fit-spill", FIT + tight, stdin=big, small=False)


def judge(s, want, got, healthy=False, deaf=False, no_unlink=False):
    """Return what is wrong, or an empty text. deaf: standard error itself may have failed."""
    seen, files, left, broken = got
    want_seen, want_files = want[0], want[1]
    if left and not no_unlink:
        return "left %s (%r)" % (left, seen)
    if broken:
        return "the link %s was replaced (%r)" % (broken, seen)
    if seen.code is None or seen.code < 0:
        return repr(seen)
    if seen.code == 0:
        if seen.out != want_seen.out:
            return "FALSE SUCCESS: other bytes on standard output (%r)" % seen
        for name in files:
            if files[name][0] != want_files[name][0]:
                return "FALSE SUCCESS: other bytes in %s (%r)" % (name, seen)
            if files[name][1] != want_files[name][1]:
                return "mode %o of %s, expected %o" % (files[name][1], name, want_files[name][1])
        if healthy and steady(seen.err) != steady(want_seen.err):
            return "other messages: %r" % seen
        return ""
    if healthy:
        return "a healthy event must change nothing: %r" % seen
    if seen.code != 4:
        return "expected exit 0 or 4: %r" % seen
    if not one_message(seen.err) and not (deaf and not re.sub(rb"kclust: warning: .*\n", b"", seen.err)):
        return "expected one message: %r" % seen
    head = 128 if s.name == "convert-redirected" and seen.out else 0  # the row count, patched last
    if not want_seen.out[head:].startswith(seen.out[head:]):
        return "standard output is no beginning of the right one (%r)" % seen
    for name in files:
        if files[name][0] not in (s.old(name), want_files[name][0]) or files[name][1] != want_files[name][1]:
            return "%s is neither the old file nor the new one (%r)" % (name, seen)
    return ""


STRACE = ["strace", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null"]


def calls_of(s):
    """Return (calls by the dynamic loader, all calls) by name, and whether there is a call that this harness does not
    know."""
    log = os.path.join(h.folder(), "log")
    s.run(["strace", "-qq", "-o", log])
    text = read_file(log).decode("latin-1").split(".gcda")[0]  # what counters of coverage take is not kclust's
    names = re.findall(r"^(\w+)\(", text, re.M)
    mark = len(re.findall(r"^(\w+)\(", text[:text.index("fcntl(0, F_GETFD")], re.M))
    count = lambda part: {n: part.count(n) for n in set(part)}  # noqa: E731
    unknown = sorted(set(names[mark:]) - set(ERRORS) - NOT_FILES)
    return count(names[:mark]), count(names), unknown


def spread(first, last, most):
    """Return first..last, or about `most` of them including both ends."""
    n = last - first + 1
    if n <= most:
        return range(first, last + 1)
    return sorted({first + i * (n - 1) // (most - 1) for i in range(most)})


def strace_jobs(s):
    loader, everything, unknown = calls_of(s)
    h.ok("%s/calls" % s.name, "system calls that this harness does not know: %s" % unknown if unknown else "")
    for call in sorted(set(everything) & set(ERRORS)):
        first, last = loader.get(call, 0) + 1, everything[call]
        for e in ERRORS[call]:
            for at in spread(first, last, 200 if s.small else 60):
                for on in ("", "+"):
                    if on and ((call, e) in HEALTHY or call in ("fcntl", "ioctl")):
                        continue  # interrupted for ever; guards of standard descriptors that never can fail
                    yield s, call, e, at, on


def strace_run(job):
    s, call, e, at, on = job
    wrapper = STRACE + ["-e", "trace=" + call, "-e", "inject=%s:error=%s:when=%d%s" % (call, e, at, on)]
    return judge(s, wants[s.name], s.run(wrapper), healthy=(call, e) in HEALTHY, deaf=bool(on) and call == "write",
                 no_unlink=call == "unlink")


def shim_counts(s):
    path = os.path.join(h.folder(), "counts")
    s.run(env={"LD_PRELOAD": shim, "TIO_COUNTS": path})
    return {n: int(v) for n, v in (line.split() for line in read_file(path).decode().splitlines())}


def shim_jobs(s):
    """The same in two threads, where the order of calls is not determined."""
    counts = shim_counts(s)
    for call, errors in sorted(ERRORS.items()):
        name = SHIM_NAMES.get(call, call)
        for e in errors:
            for at in spread(1, counts.get(name, 0), 60):
                yield s, {"TIO_CALL": name, "TIO_ERRNO": str(getattr(errno, e)), "TIO_AT": str(at)}, (call, e)


def storm_jobs(s):
    seed = str(h.random.randrange(1 << 30))
    for short in ("1", "7", "4096") if s.small else ("999", "65536"):
        for interrupts in ("0", "40"):
            yield s, {"TIO_SHORT": short, "TIO_EINTR": interrupts, "TIO_EAGAIN": interrupts, "TIO_SEED": seed}, "storm"
    for k in range(2):
        yield s, {"TIO_EINTR": "60", "TIO_EAGAIN": str(30 * k), "TIO_SEED": seed}, "storm"


def shim_run(job):
    s, env, what = job
    threads = Scenario(s.name, [("2" if a == "1" and s.args[i - 1] == "-j" else a) for i, a in enumerate(s.args)],
                       s.stdin, s.outputs, s.links, s.stdout_file, s.small, s.before)
    return judge(s, wants[s.name], threads.run(env=dict(env, LD_PRELOAD=shim)),
                 healthy=what == "storm" or what in HEALTHY, no_unlink=what[0] == "unlink")


def label_of(job):
    if len(job) == 5:
        s, call, e, at, on = job
        return "%s/strace:%s:%s:%d%s" % (s.name, call, e, at, on)
    return "%s/shim:%s" % (job[0].name, ":".join("%s=%s" % x for x in sorted(job[1].items())))


def do(jobs, one):
    jobs = [j for j in jobs if h.wanted(label_of(j))]
    for j, complaint in zip(jobs, h.map(one, jobs)):
        h.ok(label_of(j), complaint)
    return len(jobs)


every = {s.name: s for s in scenarios()}
wants = {}
for s in every.values():
    wants[s.name] = s.run()
    h.ok("%s/undisturbed" % s.name, "" if wants[s.name][0].code == 0 else repr(wants[s.name][0]))
    if s.stdin is not None or not s.small:
        continue
    again = s.run()
    h.ok("%s/again" % s.name, judge(s, wants[s.name], again, healthy=True))


def plant(name, what, env=None, wrapper=(), **how):
    h.planted(what, judge(every[name], wants[name], every[name].run(wrapper, env=dict(env or {})), **how))


plant("fit", "a write that is lost and counted as done", {"LD_PRELOAD": shim, "TIO_LIE": "write", "TIO_AT": "3"})
plant("fit-many", "an error taken for the end of the input", {"LD_PRELOAD": shim, "TIO_LIE": "read", "TIO_AT": "2"})
plant("fit", "a rename that does not happen", {"LD_PRELOAD": shim, "TIO_LIE": "rename"})
plant("fit", "temporary files that stay", {"LD_PRELOAD": shim, "TIO_LIE": "unlink", "TIO_CALL": "fsync", "TIO_AT": "1",
                                           "TIO_ERRNO": str(errno.EIO)})
plant("fit", "an interruption taken for a failure", {"LD_PRELOAD": shim, "TIO_CALL": "write", "TIO_AT": "1",
                                                     "TIO_ON": "1", "TIO_ERRNO": str(errno.EIO)}, healthy=True)

traced = subprocess.run(STRACE + ["-e", "trace=getpid", "true"], stdin=subprocess.DEVNULL, capture_output=True,
                        check=False) if shutil.which("strace") else None
can_trace = traced is not None and traced.returncode == 0
small = [s for s in every.values() if s.small]
total = 0
if not can_trace:
    h.skip("injection by strace", "strace is not installed or may not trace")
else:
    plant("convert-redirected", "strace: a write that is lost and counted as done", wrapper=STRACE + [
        "-e", "trace=write", "-e", "inject=write:retval=%d:when=1" % len(wants["convert-redirected"][0].out)])
    if h.slice:
        # of every place where something can fail one error, in three scenarios
        places = {}
        for s in (every["fit"], every["fit-pipe"], every["convert-npy"]):
            for j in strace_jobs(s):
                places.setdefault((s.name, j[1], j[3]), []).append(j)
        total += do([h.random.choice(p) for p in places.values()], strace_run)
    else:
        for s in every.values():
            total += do(strace_jobs(s), strace_run)
by_strace = total
for s in every.values():
    if not h.slice:
        total += do(shim_jobs(s), shim_run)
    elif s.small:
        jobs = list(shim_jobs(s))
        total += do(h.random.sample(jobs, min(12, len(jobs))), shim_run)
    total += do(storm_jobs(s) if not h.slice or s.small else [], shim_run)
h.end("torture-io: %d injections (%d by strace) in %d scenarios" % (total, by_strace, len(every)))
