"""Deadly signals at random moments: kclust must die by them, silently and at once, and leave nothing half-made.

Each verb is hit while it waits for a pipe, while it works and while it writes; by SIGPIPE also when the reader closes
the pipe, and by SIGXFSZ also when a file reaches its limit. If the parent ignores these two, the error must be one
message and exit 4. The time to die is compared with that of a trivial program, and a slow death is repeated: it fails
only if kclust is slow each time, so that a busy machine changes no verdict.
"""
import array
import fcntl
import os
import resource
import shutil
import signal
import subprocess
import sys
import termios
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from harness import (KCLUST, Harness, environment, jsonl, kvec, npy, one_message, read_file, steady,  # noqa: E402
                     temporary, vectors, write_file)

h = Harness("signals")
here = os.path.dirname(os.path.abspath(__file__))
fault = h.compile(os.path.join(here, "fault.c"), shared=True)
trivial = h.compile(os.path.join(here, "trivial.c"))
fixed = h.folder()
OLD = b"the old contents\n"
LIMIT_MS = 200
NEVER = 120.0
AGAIN = 5  # times that a death may be looked at again which took long
SIGNALS = ("INT", "TERM", "HUP", "PIPE", "XFSZ", "QUIT", "XCPU")


class Scenario:
    """A command. feed: written to its standard input, which then stays open; None: no input, and no waiting. slow:
    standard output is a pipe that is not read. whole: the whole input, which begins with feed."""

    def __init__(self, name, args, outputs=(), feed=None, slow=False, whole=None, before=()):
        self.name, self.args, self.outputs, self.feed, self.slow = name, args, outputs, feed, slow
        self.whole, self.before = whole, dict(before)  # before: what outputs hold that are read as well
        self.seconds = self.want = None


def scenarios():
    many = vectors(12000, 24, groups=5)
    a = {n: os.path.join(fixed, n) for n in ("many.jsonl", "many.npy", "many.kvec")}
    text = jsonl(many, width=60)
    write_file(a["many.jsonl"], text)
    write_file(a["many.npy"], npy(many))
    write_file(a["many.kvec"], kvec(many, width=60))
    both = ("labels", "side.json")
    out = ["-o", "labels", "-s", "side.json"]
    yield Scenario("fit waits", ["-q"] + out, both, feed=text[:300000])
    yield Scenario("fit waits for its first byte", ["-q"] + out, both, feed=b"")
    yield Scenario("fit works", ["-q", "-k", "2:12", "-m", "model"] + out + [a["many.jsonl"]], both + ("model",))
    yield Scenario("fit works in one thread", ["-q", "-j", "1", "-k", "2:6", "-o", "labels", a["many.npy"]],
                   ("labels",))
    yield Scenario("fit writes", ["-q", "-k", "2", "--n-init", "1", "--columns", "term,cluster,similarity,row",
                                  a["many.jsonl"]], slow=True)
    wide = kvec(vectors(6000, 128))
    yield Scenario("fit spills", ["-q", "-j", "1", "-k", "2:3", "--n-init", "2", "--max-memory", "6M",
                                  "--max-iter", "3", "-o", "labels"], ("labels",), feed=wide[:900000], whole=wide)
    yield Scenario("convert waits", ["convert", "-o", "x.npy"], ("x.npy", "x.npy.terms"), feed=text[:300000])
    yield Scenario("convert works", ["convert", "-o", "x.npy", a["many.jsonl"], a["many.jsonl"]],
                   ("x.npy", "x.npy.terms"))
    yield Scenario("convert writes", ["convert", a["many.kvec"]], slow=True)
    yield Scenario("convert spools", ["convert", "-f", "npy"], feed=text[:900000])
    model = os.path.join(fixed, "model")
    subprocess.run([KCLUST, "-q", "-k", "3", "--n-init", "1", "-o", "/dev/null", "-m", model, a["many.npy"]],
                   check=True, env=environment())
    yield Scenario("assign waits", ["assign", "-q", "-m", model] + out, both, feed=text[:300000])
    yield Scenario("assign works", ["assign", "-q", "-m", model, a["many.jsonl"], a["many.jsonl"]] + out, both)
    yield Scenario("update works", ["update", "-q", "-m", "m", "--late", "late", a["many.jsonl"]] + out,
                   both + ("m", "late"),
                   before={"m": read_file(model)})
    yield Scenario("assign writes", ["assign", "-q", "-m", model, a["many.kvec"]], slow=True)
    labels = os.path.join(fixed, "labels")
    subprocess.run([KCLUST, "-q", "-k", "3", "--n-init", "1", "-o", labels, a["many.jsonl"]], check=True, env=environment())
    yield Scenario("score waits", ["score", "-o", "scores", labels], ("scores",), feed=text[:300000])
    yield Scenario("score works", ["score", "-o", "scores", labels, a["many.jsonl"]], ("scores",))
    lines = read_file(labels)
    yield Scenario("diff waits", ["diff", "-o", "changes", labels, "-"], ("changes",), feed=lines[:100000])
    yield Scenario("diff works", ["diff", "-o", "changes", labels, labels], ("changes",))
    yield Scenario("edit waits", ["edit", "--merge", "0,1", "-o", "edited"], ("edited",), feed=lines[:100000])
    yield Scenario("edit works", ["edit", "-q", "-m", "m", "--merge", "0,1", "--split", "2", a["many.jsonl"]], ("m",),
                   before={"m": read_file(model)})
    write_file(os.path.join(fixed, "fields.jsonl"), b"".join(
        b'{"key": "%s", "kind": "%d"}\n' % (line.split(b"\t")[0], i % 7) for i, line in enumerate(lines.splitlines())))
    yield Scenario("convert of some works", ["convert", "-o", "x.faiss", "--metadata",
                                             os.path.join(fixed, "fields.jsonl"), "--metadata-key", "key", "--where",
                                             "kind in 1, 3", a["many.kvec"]], ("x.faiss", "x.faiss.terms"))
    yield Scenario("neighbours works", ["neighbours", "-q", "-o", "near", a["many.jsonl"]], ("near",))
    yield Scenario("map works", ["map", "-q", "-o", "places", "--save-map", "map", a["many.jsonl"]], ("places", "map"))
    yield Scenario("map waits", ["map", "-q", "-o", "places"], ("places",), feed=text[:300000])
    yield Scenario("suggest works", ["suggest", "-q", "-k", "2:4", "-o", "said", a["many.jsonl"]], ("said",))
    yield Scenario("why works", ["why", "-q", "--row", "#9", "-m", model, "-o", "said", a["many.jsonl"]], ("said",))
    some, of_some = os.path.join(fixed, "some.jsonl"), os.path.join(fixed, "of-some")  # a map of few rows takes little time
    write_file(some, jsonl(many[:1500], width=60))
    write_file(of_some, b"".join(lines.splitlines(True)[:1500]))
    yield Scenario("report works", ["report", "-q", "--gold", of_some, "-o", "page", of_some, some], ("page",))
    yield Scenario("report waits", ["report", "-q", "-o", "page", labels, "-"], ("page",), feed=text[:300000])
    yield Scenario("report writes", ["report", "-q", "--method", "pca", "--keywords", "0", labels, a["many.jsonl"]], slow=True)
    yield Scenario("plot works", ["plot", "map", "-q", "-o", "map.svg", of_some, some], ("map.svg",))
    yield Scenario("plot waits", ["plot", "sizes", "-q", "-o", "s.svg", "-"], ("s.svg",), feed=lines[:100000])
    yield Scenario("fit and report works", ["-q", "-k", "2:4", "--report", "page", "-o", "labels", some], ("page", "labels"))
    yield Scenario("update and report works", ["update", "-q", "-m", "m", "--report", "page", some, "-o", "labels"],
                   ("m", "page", "labels"), before={"m": read_file(model)})
    yield Scenario("fit by density works", ["fit", "-q", "--algorithm", "hdbscan", "-o", "dense", a["many.jsonl"]],
                   ("dense",))
    yield Scenario("info waits", ["info"], feed=text[:300000])
    yield Scenario("info works", ["info", a["many.jsonl"], a["many.jsonl"]])


class Run:
    """One run of a scenario, in a folder of its own."""

    def __init__(self, s, env=None, ignored=(), limit=None):
        self.s = s
        self.cwd = h.folder()
        os.mkdir(os.path.join(self.cwd, "tmp"))
        for name in s.outputs:
            write_file(os.path.join(self.cwd, name), s.before.get(name, OLD))

        def child():
            for name in SIGNALS:
                signal.signal(getattr(signal, "SIG" + name), signal.SIG_IGN if name in ignored else signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        self.out = open(os.path.join(self.cwd, "tmp", "stdout"), "w+b") if not s.slow else None
        self.err = open(os.path.join(self.cwd, "tmp", "stderr"), "w+b")
        if limit is not None and self.out:
            self.out.close()  # it would be limited too
            self.out = open(os.devnull, "w+b")
        self.p = subprocess.Popen([KCLUST] + s.args, cwd=self.cwd, stderr=self.err, preexec_fn=child,
                                  stdin=subprocess.PIPE if s.feed is not None else subprocess.DEVNULL,
                                  stdout=subprocess.PIPE if s.slow else self.out, restore_signals=False,
                                  env=environment(TMPDIR=os.path.join(self.cwd, "tmp"), **(env or {})))
        self.begun = time.monotonic()

    def feed(self):
        """Write as much of the input as the program reads, until it waits for more or ends. Never blocks."""
        if self.s.feed is None:
            return
        fd = self.p.stdin.fileno()
        fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, 1 << 20)
        try:
            os.write(fd, self.s.feed)
        except BrokenPipeError:
            pass

    def taken(self):
        """Wait until the program has read all that it was fed."""
        left = array.array("i", [1])
        while left[0] > 0 and self.p.poll() is None:
            time.sleep(0.005)
            fcntl.ioctl(self.p.stdin, termios.FIONREAD, left)

    def kill(self, sig):
        """Send the signal. Return the milliseconds until the end; None if the program had ended by itself."""
        t = time.monotonic()
        if self.p.poll() is not None:
            return None
        self.p.send_signal(sig)
        return self.end(t)

    def end(self, t=None):
        """Wait for the end. Return the milliseconds since t."""
        t = t or time.monotonic()
        try:
            self.p.wait(NEVER)
        except subprocess.TimeoutExpired:
            self.p.kill()
            self.p.wait()
            return float("inf")
        return 1000 * (time.monotonic() - t)

    def judge(self, sig, code=None):
        """Return what is wrong, or an empty text. The run must have ended by sig, before it came, or with `code` and a
        message."""
        self.err.seek(0)
        stderr = self.err.read()
        how = self.p.returncode
        left = temporary(self.cwd) + temporary(os.path.join(self.cwd, "tmp"))
        complaint = ""
        if left:
            complaint = "left %s" % left
        elif code is not None and (how != code or not one_message(stderr)):
            complaint = "expected exit %d with one message" % code
        elif code is None and how not in (0, -sig):
            complaint = "expected to die by signal %d" % sig
        elif code is None and stderr and how != 0:
            complaint = "not silent"
        for name in self.s.outputs:
            data = read_file(os.path.join(self.cwd, name))
            new = self.s.want is not None and steady(data) == self.s.want.get(name)
            if not complaint and not new and data != self.s.before.get(name, OLD):
                complaint = "%s is neither the old file nor the new one" % name
        if how == 0 and code is None and not complaint and self.s.want:
            if any(read_file(os.path.join(self.cwd, n)) == self.s.before.get(n, OLD) for n in self.s.outputs):
                complaint = "exit 0, and an old file"
        return complaint and "%s: ended with %s, stderr %r" % (complaint, how, stderr[:200])

    def close(self):
        for f in (self.p.stdin, self.p.stdout, self.out, self.err):
            if f:
                try:
                    f.close()
                except BrokenPipeError:
                    pass
        shutil.rmtree(self.cwd, ignore_errors=True)


def measure(s):
    """Return what the undisturbed run leaves, and how long it takes (0 if it waits)."""
    if s.feed is not None or s.slow:
        s.seconds = 0.15
        return
    r = Run(s)
    ms = r.end()
    h.ok("undisturbed/%s" % s.name, "" if r.p.returncode == 0 else "exit %s" % r.p.returncode)
    s.seconds = ms / 1000
    s.want = {name: steady(read_file(os.path.join(r.cwd, name))) for name in s.outputs}
    r.close()


def hit(s, sig, moment, env=None):
    """Send a signal after `moment` seconds (None: once all that was fed has been read). Return (milliseconds or None,
    complaint)."""
    r = Run(s, env)
    r.feed()
    if moment is None:
        r.taken()
    else:
        time.sleep(max(0.0, r.begun + moment - time.monotonic()))
    ms = r.kill(sig)
    complaint = r.judge(sig)
    if ms == float("inf"):
        complaint = "did not die within %g s" % NEVER
    elif (s.feed is not None or s.slow) and r.p.returncode == 0:
        complaint = "ended with exit 0 although it must wait"
    r.close()
    return ms, complaint


def control():
    p = subprocess.Popen([trivial], stdout=subprocess.PIPE)
    p.stdout.read(1)
    t = time.monotonic()
    p.send_signal(signal.SIGTERM)
    p.wait()
    ms = 1000 * (time.monotonic() - t)
    p.stdout.close()
    return ms


def slow_death(s, sig, moment, env=None):
    """Return how long the fastest of some deaths took if each of them exceeded the limit and a trivial program's death;
    else an empty text."""
    quickest = float("inf")
    for _ in range(AGAIN):
        ms, complaint = hit(s, sig, moment, env)
        if complaint:
            return complaint
        if ms is None or ms <= LIMIT_MS + 5 * control():
            return ""
        quickest = min(quickest, ms)
    return "%.0f ms at best, %d times" % (quickest, AGAIN)


def percentile(x, p):
    x = sorted(x)
    return x[min(len(x) - 1, int(len(x) * p / 100))] if x else 0.0


def reader_goes(s, ignored):
    """The reader of standard output reads some bytes and closes the pipe."""
    r = Run(s, ignored=("PIPE",) if ignored else ())
    r.p.stdout.read(h.random.randrange(1, 60000))
    r.p.stdout.close()
    late = r.end() == float("inf")
    complaint = "hangs" if late else r.judge(signal.SIGPIPE, 4 if ignored else None)
    if not complaint and r.p.returncode == 0:
        complaint = "exit 0, and nobody has read the output"
    r.close()
    return complaint


def file_full(s, limit, ignored):
    """A file reaches the limit of its size."""
    r = Run(s, ignored=("XFSZ",) if ignored else (), limit=limit)
    if s.whole is not None:
        try:
            r.p.stdin.write(s.whole)
            r.p.stdin.close()
        except BrokenPipeError:
            pass
    late = r.end() == float("inf")
    complaint = "hangs" if late else r.judge(signal.SIGXFSZ, 4 if ignored and r.p.returncode != 0 else None)
    r.close()
    return complaint


def main():
    everything = list(scenarios())
    for s in everything:
        measure(s)
    by = {s.name: s for s in everything}
    preload = {"LD_PRELOAD": fault}
    waits = by["fit waits"]
    plain = by["info waits"]
    h.planted("temporary files that stay", hit(waits, signal.SIGTERM, None, dict(preload, FAULT="stay"))[1])
    h.planted("exit 130 instead of death by the signal", hit(plain, signal.SIGINT, None, dict(preload, FAULT="exit"))[1])
    h.planted("death that takes 1 s", slow_death(plain, signal.SIGHUP, None, dict(preload, FAULT="late")))

    rounds = 1 if h.slice else 60
    times, controls, late, hits, early = [], [], [], 0, 0
    for n in range(rounds):
        for s in everything:
            for name in h.random.sample(SIGNALS[:5], 3 if h.slice else 5) + (["QUIT", "XCPU"] if n % 20 == 19 else []):
                moment = h.random.random() * s.seconds * 1.05
                label = "%s/%s/%d" % (name, s.name, n)
                if not h.wanted(label):
                    continue
                ms, complaint = hit(s, getattr(signal, "SIG" + name), moment)
                h.ok(label, complaint and "%s (after %.4f s)" % (complaint, moment))
                hits += 1
                early += ms is None
                if ms is not None:
                    times.append(ms)
                    if LIMIT_MS < ms < float("inf"):
                        late.append((label, slow_death(s, getattr(signal, "SIG" + name), moment)))
                    if len(controls) < len(times):
                        controls.append(control())
    p99, c99 = percentile(times, 99), percentile(controls, 99)
    if not h.only:
        h.ok("within %d ms" % LIMIT_MS, "; ".join("%s: %s" % x for x in late if x[1]))

    pipes = 0
    for n in range(1 if h.slice else 20):
        for s in everything:
            if s.slow:
                for ignored in (False, True):
                    label = "pipe/%s/%s/%d" % ("ignored" if ignored else "default", s.name, n)
                    if h.wanted(label):
                        h.ok(label, reader_goes(s, ignored))
                        pipes += 1
    for n in range(1 if h.slice else 20):
        for s in everything:
            if s.outputs and (s.want or s.whole):
                for ignored in (False, True):
                    label = "size/%s/%s/%d" % ("ignored" if ignored else "default", s.name, n)
                    limit = h.random.randrange(1, 100000)
                    if h.wanted(label):
                        h.ok(label, file_full(s, limit, ignored))
                        pipes += 1
    h.end("signals: %d signals (%d of them after the end), 99 %% of the deaths within %.1f ms, median %.1f ms "
          "(a trivial program: %.1f and %.1f ms); %d more of SIGPIPE and SIGXFSZ by the program's own writes" %
          (hits, early, p99, percentile(times, 50), c99, percentile(controls, 50), pipes))


main()
