"""Running kclust and reading what it writes; counting what passed."""

import json
import os
import re
import subprocess
import traceback

import numpy as np

KCLUST = os.path.abspath(os.environ.get("KCLUST") or "./kclust")
COLUMNS = "term,cluster,similarity,margin,silhouette,row"


class Tally:
    """Counts the tests, and keeps a line for each that failed or was skipped (for all of them when verbose)."""

    def __init__(self, verbose):
        self.verbose = verbose
        self.passed = self.failed = self.skipped = 0
        self.lines = []

    def check(self, name, ok, detail=""):
        """One test. `detail` says what was seen instead."""
        if ok:
            self.passed += 1
            if self.verbose:
                self.lines.append("ok: %s" % name)
        else:
            self.failed += 1
            self.lines.append("FAIL: %s%s" % (name, ": " + detail if detail else ""))
        return ok

    def near(self, name, got, want, within, relative=False):
        """All numbers of `got` within a distance of those of `want`; NaN or null is never near."""
        got, want = np.asarray(got, dtype=np.float64), np.asarray(want, dtype=np.float64)
        if got.shape != want.shape:
            return self.check(name, False, "%s numbers, expected %s" % (got.shape, want.shape))
        error = np.abs(got - want) / (np.abs(want) if relative else 1.0)
        bad = np.flatnonzero(~(error <= within))
        detail = ""
        if bad.size:
            i = bad[0]
            detail = "%r, expected %r within %g (%d of %d are off, the worst by %.3g)" % (
                got.flat[i], want.flat[i], within, bad.size, got.size, np.max(error))
        return self.check(name, not bad.size, detail)

    def skip(self, name, why):
        """One test that could not run."""
        self.skipped += 1
        self.lines.append("skip: %s: %s" % (name, why))

    def add(self, other):
        """Take over what another one counted, and print its lines."""
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        for line in other.lines:
            print(line, flush=True)

    def finish(self):
        """Print the last line; the exit status."""
        print("sklearn: %d passed, %d failed, %d skipped" % (self.passed, self.failed, self.skipped), flush=True)
        return 1 if self.failed else 0


class Wrong(Exception):
    """kclust did what no test can go on from."""


def run(args, status=0, data=None):
    """Run kclust; its standard output. Any other exit status than `status` is Wrong."""
    done = subprocess.run([KCLUST, *map(str, args)], input=data if data is not None else b"", timeout=300,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode != status:
        raise Wrong("kclust %s: exit status %d, expected %d: %s" % (
            " ".join(map(str, args)), done.returncode, status, done.stderr.decode(errors="replace").strip()))
    return done.stdout


ESCAPES = {b"t": b"\t", b"n": b"\n", b"r": b"\r", b"\\": b"\\"}


def unescape(cell):
    """A cell of tsv as text."""
    def one(m):
        return ESCAPES[m[1]] if m[1] in ESCAPES else bytes([int(m[1][1:], 16)])
    return re.sub(rb"\\(x[0-9A-Fa-f]{2}|[tnr\\])", one, cell).decode("utf-8")


class Fit:
    """One run of kclust fit with all columns and a sidecar."""

    def __init__(self, folder, inputs, args=(), status=0, data=None):
        side = os.path.join(folder, "side.json")
        out = os.path.join(folder, "out.tsv")
        for old in side, out:
            if os.path.exists(old):
                os.remove(old)
        run(["-q", "--columns", COLUMNS, "-s", side, "-o", out, *args, *inputs], status, data)
        with open(out, "rb") as f:
            self.bytes = f.read()
        with open(side, "rb") as f:
            self.side = json.loads(f.read())
        self.inputs = inputs or ["standard input"]
        if not self.bytes.endswith(b"\n"):
            raise Wrong("the output does not end with a newline")
        cells = [line.split(b"\t") for line in self.bytes[:-1].split(b"\n")]
        if any(len(c) != 6 for c in cells):
            raise Wrong("a line of the output has not six cells")
        self.terms = [unescape(c[0]) for c in cells]
        self.labels = np.array([int(c[1]) for c in cells])
        self.similarity, self.margin, self.silhouette = (
            np.array([float(c[i]) if c[i] else np.nan for c in cells]) for i in (2, 3, 4))
        self.rows = np.array([int(c[5]) for c in cells])

    def comparable(self):
        """The sidecar without what may differ from run to run, and without warnings that name an input's line."""
        side = {k: v for k, v in self.side.items() if k not in ("seconds", "peak_rss", "command")}
        side["warnings"] = [w for w in side["warnings"] if not any(str(i) in w for i in self.inputs)]
        return side


def guarded(tally, name, group, *args):
    """Run a group of tests; what it raises is one failure."""
    try:
        group(tally, *args)
    except Exception as e:  # a checker that stops early must not hide the tests behind it
        tally.check(name, False, "%s: %s" % (type(e).__name__, e))
        if not isinstance(e, Wrong):
            tally.lines.append(traceback.format_exc())
