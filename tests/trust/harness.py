"""What the harnesses in this folder share: paths, running kclust once, and counting the tests."""
import concurrent.futures
import json
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
KCLUST = os.path.abspath(os.environ.get("KCLUST") or os.path.join(ROOT, "kclust"))
JOBS = int(os.environ.get("JOBS") or os.cpu_count() or 1)
TEMP_NAME = re.compile(r"\.kclust-[0-9A-Za-z]{6}$|^kclust-[0-9A-Za-z]{6}$")
NEVER_S = 120  # a run that takes longer hangs


def environment(**more):
    """Return an environment without KCLUST_ variables, in the C locale."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("KCLUST") and not k.startswith("LC_")}
    env.update(LC_ALL="C", TERM="dumb", **more)
    return env


def one_message(stderr):
    """Return whether standard error is as it must be after exit 1, 2 or 4: warnings and one message, nothing else."""
    lines = [x for x in stderr.decode("utf-8", "replace").splitlines() if not x.startswith("kclust: warning: ")]
    return len(lines) == 1 and re.match(r"kclust: .", lines[0]) is not None and stderr.endswith(b"\n")


def temporary(folder):
    """Return the temporary files of kclust that are left in a folder."""
    return sorted(f for f in os.listdir(folder) if TEMP_NAME.search(f))


def without_seconds(d):
    """Return a JSON value with null for seconds, at any depth (suggest has them for each way), and for memory and command
    beside them."""
    if isinstance(d, list):
        return [without_seconds(x) for x in d]
    if not isinstance(d, dict):
        return d
    vary = ("seconds", "peak_rss", "command") if "seconds" in d else ()
    return {k: None if k in vary else without_seconds(v) for k, v in d.items()}


def first_difference(want, got):
    """Return where two byte strings differ first, with what is there in each."""
    at = next((i for i, (a, b) in enumerate(zip(want, got)) if a != b), min(len(want), len(got)))
    return "at byte %d of %d and %d: expected %r, found %r" % (at, len(want), len(got), want[max(0, at - 30):at + 50],
                                                              got[max(0, at - 30):at + 50])


def steady(data):
    """Return a sidecar, a summary or metrics without seconds, memory and command, which differ from run to run, and a
    suggested command without its operands, a report without its command and the name of its vectors; other bytes unchanged.
    (Unlike here, judge.py distinguishes unknown memory from known.)"""
    if b"<!DOCTYPE html>" in data[:400]:  # perhaps behind what was there
        return re.sub(rb'(<pre id="command"|<dt>vectors</dt><dd)[^>]*>[^<]*<', rb"\1<", data)
    if data.startswith(b"{"):
        try:
            d = json.loads(data)
        except ValueError:
            return data
        if isinstance(d, dict) and '"seconds"' in json.dumps(d):
            return json.dumps(without_seconds(d)).encode()
    data = re.sub(rb"\n    kclust -k [^\n]*\n", b"\n    COMMAND\n", data)
    data = re.sub(rb"\n[^\n]*kclust_run_(duration_seconds|peak_resident_memory_bytes)[^\n]*", b"", data)
    return re.sub(rb", [0-9.]+ s(?: \(read [0-9.]+, (?:space [0-9.]+, )?sweep [0-9.]+\))?(?:, peak [0-9.]+ ?[kKMGTB]*)?\n", b", TIME\n",
                  data)


class Harness:
    """The arguments, temporary folder, counts and last line of one harness."""

    def __init__(self, name):
        self.name = name
        self.slice = "--slice" in sys.argv[1:]
        self.only = sys.argv[sys.argv.index("--only") + 1] if "--only" in sys.argv[1:-1] else None
        self.seed = int(os.environ.get("KCLUST_TEST_SEED") or random.SystemRandom().randrange(1 << 31))
        self.random = random.Random(self.seed)
        self.build = os.path.join(ROOT, "build", "trust", name)
        os.makedirs(self.build, exist_ok=True)
        self.tmp = tempfile.mkdtemp(prefix="trust-%s." % name)
        os.chmod(self.tmp, 0o755)  # other users take part
        self.passed = self.failed = self.skipped = 0
        print("%s: KCLUST_TEST_SEED=%d" % (name, self.seed), flush=True)

    def wanted(self, label):
        return self.only is None or self.only == label

    def ok(self, label, complaint):
        """Count one test, which has passed if complaint is empty."""
        if not complaint:
            self.passed += 1
            return True
        self.failed += 1
        if self.failed <= 40:
            print("FAIL %s: %s\n     again: KCLUST_TEST_SEED=%d tests/trust/%s/run --only '%s'" %
                  (label, complaint, self.seed, self.name, label), flush=True)
        return False

    def planted(self, what, seen):
        """Count a fault planted on purpose: a harness that does not see it proves nothing."""
        if seen:
            self.passed += 1
            print("planted fault seen, as it must be: %s: %s" % (what, seen if len(seen) < 110 else seen[:110] + "..."), flush=True)
        else:
            self.failed += 1
            print("FAIL planted fault NOT seen: %s" % what, flush=True)

    def skip(self, what, why):
        self.skipped += 1
        print("skip %s: %s" % (what, why), flush=True)

    def compile(self, source, shared=False, cc=None):
        """Compile a C file beside the harness into build/trust/NAME/, and return its path there. cc: instead of CC."""
        out = os.path.join(self.build, os.path.basename(source).replace(".c", ".so" if shared else ""))
        cc = (cc or os.environ.get("CC") or "cc").split()
        subprocess.run(cc + ["-O1", "-g", "-Wall", "-Wextra", "-D_GNU_SOURCE", "-o", out] +
                       (["-shared", "-fPIC"] if shared else []) + [source, "-ldl", "-pthread"], check=True)
        return out

    def map(self, fn, items):
        """Call fn for all items, JOBS at a time; yield the results in order."""
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            yield from pool.map(fn, items)

    def folder(self):
        return tempfile.mkdtemp(dir=self.tmp)

    def end(self, *figures):
        shutil.rmtree(self.tmp, ignore_errors=True)
        for f in figures:
            print(f)
        print("%s: %d passed, %d failed" % (self.name, self.passed, self.failed) +
              (", %d skipped" % self.skipped if self.skipped else ""))
        sys.exit(1 if self.failed else 0)


class Seen:
    """The result of one run: exit code, standard output and standard error."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err  # code: negative for a signal, None for a hang

    def __repr__(self):
        how = "hangs" if self.code is None else "exit %d" % self.code if self.code >= 0 else "signal %d" % -self.code
        return "%s, %d bytes out, stderr %r" % (how, len(self.out), self.err[-300:])


def run(command, cwd, stdin=None, env=None, seconds=NEVER_S, stdout=None, **more):
    """Run a command to its end. stdin: None (/dev/null), bytes (a pipe) or a path; stdout: None (a pipe) or a path."""
    src = open(stdin, "rb") if isinstance(stdin, str) else None
    dst = open(stdout, "wb") if stdout else None
    try:
        p = subprocess.Popen(command, cwd=cwd, env=env or environment(), stdout=dst or subprocess.PIPE,
                             stderr=subprocess.PIPE,
                             stdin=src or (subprocess.DEVNULL if stdin is None else subprocess.PIPE), **more)
        try:
            out, err = p.communicate(stdin if isinstance(stdin, bytes) else None, timeout=seconds)
        except subprocess.TimeoutExpired:
            p.kill()
            out, err = p.communicate()
            return Seen(None, out or b"", err)
        return Seen(p.returncode, read_file(stdout) if stdout else out, err)
    finally:
        for f in (src, dst):
            if f:
                f.close()


def read_file(path):
    with open(path, "rb") as f:
        return f.read()


def write_file(path, data):
    with open(path, "wb") as f:
        f.write(data)


def vectors(n, d, groups=3, seed=1):
    """Return n rows of d numbers that a float holds exactly, in obvious groups."""
    r = random.Random(seed)
    return [[(8.0 if j % groups == i % groups else 0.0) + r.randrange(0, 16) / 8 for j in range(d)] for i in range(n)]


def term(i, width=0):
    return ("t%d" % i).ljust(width, "x")


def jsonl(rows, width=0):
    return b"".join(b'{"term": "%s", "vec": [%s]}\n' % (term(i, width).encode(), ", ".join(map(repr, x)).encode())
                    for i, x in enumerate(rows))


def kvec(rows, width=0):
    out = [b"KCV1" + struct.pack("<I", len(rows[0]))]
    for i, x in enumerate(rows):
        t = term(i, width).encode()
        out.append(struct.pack("<I", len(t)) + t + struct.pack("<%df" % len(x), *x))
    return b"".join(out)


def npy(rows):
    head = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }" % (len(rows), len(rows[0]))
    head = head.ljust(117) + "\n"
    return (b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() +
            b"".join(struct.pack("<%df" % len(x), *x) for x in rows))
