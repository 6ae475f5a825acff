"""A fit that is stopped at any step must resume from its checkpoint and end with the same bytes.

The program is linked once more with hook.c, which counts the steps of a fit and ends it at one of them by SIGTERM or by
the timeout. Each run is resumed by the ordinary program, with another number of threads. Labels, sidecar (without
seconds and memory) and model are compared with those of a run that was not stopped.
"""
import glob
import os
import signal
import struct
import subprocess
import sys
import time

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness  # noqa: E402

h = harness.Harness("resume")
LIB = os.path.abspath(os.environ.get("LIB") or os.path.join(harness.ROOT, "build/release/libkclust.a"))
HOOKED = os.path.join(h.build, "kclust")

# label, rows, dimensions, groups, spread, options: a path of the fit each
SHAPES = [
    ("gram", 700, 96, 8, 1.6, ["-k", "2:9", "--n-init", "4"]),
    ("stacked", 3000, 12, 9, 0.9, ["-k", "2:8", "--n-init", "3"]),
    ("levels", 9000, 16, 9, 1.2, ["-k", "2:9", "--n-init", "4"]),
    ("loose", 9000, 16, 9, 1.2, ["-k", "2:6", "--n-init", "1", "--columns", "term,cluster,margin,silhouette"]),
    ("sampled", 12000, 12, 7, 1.0, ["-k", "2:8", "--n-init", "2", "--sample", "3000"]),
    ("many", 60000, 8, 8, 0.8, ["-k", "3:6", "--n-init", "2"]),
    ("one k", 60000, 8, 8, 0.8, ["-k", "6", "--n-init", "2"]),
    ("groups", 6000, 12, 60, 0.5, ["-k", "44:60:8", "--n-init", "2"]),
    ("streamed", 52000, 256, 3, 0.3, ["-k", "3:5", "--n-init", "2", "--sample", "4000", "--max-memory", "50M"]),
    ("sizes", 3000, 12, 9, 0.9, ["-k", "4:7", "--n-init", "2", "--min-size", "40", "--max-size", "300"]),
    ("sizes that cannot be", 500, 12, 9, 0.9, ["-k", "4:7", "--n-init", "2", "--min-size", "300", "--max-size", "301"]),
    ("one k within limits", 900, 12, 9, 0.9, ["-k", "7", "--n-init", "2", "--balanced"]),
    ("weighted", 3000, 12, 9, 0.9, ["-k", "2:7", "--n-init", "2", "--metadata", "w.jsonl", "--weight-field", "w"]),
    ("weighted, in Gram space", 600, 96, 8, 1.6, ["-k", "2:7", "--n-init", "3", "--metadata", "w.jsonl", "--weight-field", "w",
                                                  "--max-size", "150"]),
    ("weighted and sampled", 12000, 12, 7, 1.0, ["-k", "2:6", "--n-init", "2", "--sample", "3000", "--metadata", "w.jsonl",
                                                 "--weight-field", "w"]),
    ("one row", 1, 8, 1, 1.0, []),
]
SLICE = {"stacked": 9, "sampled": 5, "many": 5, "sizes": 3, "one k within limits": 6, "streamed": 3, "weighted": 4}  # stop points of a slice


def libraries():
    """Return the libraries that the program is linked with, as in the Makefile."""
    with open(os.path.join(harness.ROOT, "Makefile")) as f:
        return next(x for x in f if x.startswith("KC_LIBS =")).split("=", 1)[1].split()


def link():
    objects = sorted(glob.glob(os.path.join(os.path.dirname(LIB), "src/cli/*.o")))
    cc = (os.environ.get("CC") or "cc").split()
    src = os.path.join(os.path.dirname(os.path.abspath(__file__)), "hook.c")
    subprocess.run(cc + ["-std=c11", "-O1", "-g", "-D_GNU_SOURCE", "-I" + os.path.join(harness.ROOT, "src"), "-pthread",
                         "-pie", "-fPIE", "-Wl,--wrap=kc_steps_at,--wrap=kc_steps_late", "-o", HOOKED] + objects +
                   [src, LIB] + libraries() + os.environ.get("RESUME_FLAGS", "").split(), check=True)


def make(shape):
    """Make a folder with the rows of a shape."""
    label, n, d, groups, spread, _ = shape
    rng = np.random.default_rng(len(label) * 1000 + n)
    centres = rng.standard_normal((groups, d))
    x = centres[rng.integers(0, groups, n)] + spread * rng.standard_normal((n, d))
    folder = h.folder()
    np.save(os.path.join(folder, "x.npy"), x.astype("f4"))
    with open(os.path.join(folder, "w.jsonl"), "w") as f:
        f.writelines('{"w": %.6g}\n' % w for w in rng.gamma(1.5, 2, n) + 0.01)
    return folder


def fit(program, folder, options, threads=2, **env):
    """Run fit once, without old outputs. Return (what was seen, its outputs or None)."""
    for name in ("o", "s", "m", "steps"):
        if os.path.exists(os.path.join(folder, name)):
            os.unlink(os.path.join(folder, name))
    seen = harness.run([program, "-q", "-j", str(threads), "x.npy", "-o", "o", "-s", "s", "-m", "m"] + options, folder,
                       env=harness.environment(**env))
    if not os.path.exists(os.path.join(folder, "o")):
        return seen, None
    got = []
    for name in ("o", "s", "m"):
        with open(os.path.join(folder, name), "rb") as f:
            got.append(f.read() if name != "s" else harness.steady(f.read()))
    return seen, got


def differs(got, expected):
    for name, a, b in zip(("labels", "sidecar", "model"), got, expected):
        if a != b:
            at = next((i for i, (p, q) in enumerate(zip(a, b)) if p != q), min(len(a), len(b)))
            return "%s differ from those of a run that was not stopped, from byte %d on" % (name, at)
    return ""


def left(folder, checkpoint):
    """Return complaints about files that exist and must not, or the reverse."""
    temps = harness.temporary(folder)
    if temps:
        return "temporary files are left: %s" % temps
    if os.path.exists(os.path.join(folder, "c")) != checkpoint:
        return "there is %s checkpoint" % ("no" if checkpoint else "still a")
    return ""


def stopped(seen, got, folder):
    if seen.code != -signal.SIGTERM or seen.err or got:
        return "a stopped run: %r, %s outputs" % (seen, "with" if got else "without")
    return left(folder, True)


def resumed(folder, options, ref, threads):
    seen, got = fit(harness.KCLUST, folder, options + ["--checkpoint", "c", "--resume"], threads)
    if seen.code != ref[0].code or not got or seen.err != ref[0].err:
        return "taken up again: %r, expected %r" % (seen, ref[0])
    return differs(got, ref[1]) or left(folder, False)


def steps_of(folder):
    with open(os.path.join(folder, "steps")) as f:
        return int(f.read())


def one_shape(shape):
    """Test all stop points of a shape, or some of them. Return how many."""
    label, options = shape[0], shape[5]
    folder = make(shape)
    ref = fit(harness.KCLUST, folder, options)
    keep = options + ["--checkpoint", "c"]
    if ref[1] is None:
        h.ok(label, "the run itself: %r" % ref[0])
        return 0
    # watched, saved at every step, and asked for it by SIGUSR1: nothing changes
    for more, env in ((keep, {}), (keep + ["--checkpoint-every", "0"], {}), (keep, {"HOOK_USR1": "3"})):
        seen, got = fit(HOOKED, folder, more, HOOK_COUNT="steps", **env)
        h.ok(label, "saving on the way: %r" % seen if seen.code != ref[0].code or not got else
             differs(got, ref[1]) or left(folder, False))
    count = steps_of(folder)
    stops = list(range(1, count + 1))
    most = SLICE[label] if h.slice else 60
    if len(stops) > most:
        stops = sorted(h.random.sample(stops[1:-1], most - 2) + [1, count])
    for stop in stops:
        seen, got = fit(HOOKED, folder, keep, HOOK_TERM=str(stop))
        h.ok("%s, step %d" % (label, stop),
             stopped(seen, got, folder) or resumed(folder, options, ref, h.random.choice((1, 2, 3))))
    # stopped again and again, a few steps each time
    for again in range(count):
        seen, got = fit(HOOKED, folder, keep + ["--resume"], HOOK_TERM=str(1 + count // 5))
        if seen.code != -signal.SIGTERM:
            break
    h.ok("%s, again and again" % label, "%r" % seen if seen.code != ref[0].code or not got else
         differs(got, ref[1]) or left(folder, False))
    late(label, folder, options, ref, stops)
    return len(stops)


def late(label, folder, options, ref, stops):
    """Time is up at a step: there must be a label for every row, and exit 3 if something was left out."""
    n = len(ref[1][0].splitlines())
    for stop in h.random.sample(stops, min(len(stops), 1 if h.slice else 8)):
        seen, got = fit(HOOKED, folder, options + ["--checkpoint", "c", "--timeout", "1h"], HOOK_LATE=str(stop))
        bad = ""
        if seen.code not in (3, ref[0].code) or not got or len(got[0].splitlines()) != n:
            bad = "time was up: %r, %s labels" % (seen, len(got[0].splitlines()) if got else "no")
        elif seen.code == 3 and seen.err != ref[0].err:
            if b"time was up" not in seen.err or b"time was up" not in got[1]:
                bad = "time was up, but nobody says so: %r" % seen
        elif not bad:
            bad = differs(got, ref[1])
        h.ok("%s, late at step %d" % (label, stop), bad)


def at_random():
    """SIGTERM and SIGKILL at random moments of a run that saves at every step."""
    shape = SHAPES[2]
    folder, options = make(shape), shape[5]
    began = time.monotonic()
    ref = fit(harness.KCLUST, folder, options)
    whole = time.monotonic() - began
    hit = 0
    for i in range(3 if h.slice else 40):
        sig = (signal.SIGTERM, signal.SIGKILL)[i % 2]
        p = subprocess.Popen([harness.KCLUST, "-q", "x.npy", "-o", "o", "-s", "s", "-m", "m", "--checkpoint", "c",
                              "--checkpoint-every", "0"] + options, cwd=folder, env=harness.environment(),
                             stderr=subprocess.PIPE)
        time.sleep(h.random.random() * 2 * whole)
        p.send_signal(sig)
        err = p.communicate()[1]
        hit += p.returncode == -sig
        bad = "signal %d: exit %d, %r" % (sig, p.returncode, err) if p.returncode not in (0, -sig) or err else ""
        for name in harness.temporary(folder):  # what SIGKILL leaves
            os.unlink(os.path.join(folder, name))
        h.ok("at random %d" % i, bad or resumed(folder, options, ref, 2))
    return hit


def timed():
    """Time is up at once, and at random moments: resuming from what was saved must lead to the full result."""
    shape = SHAPES[2]
    folder, options = make(shape), shape[5]
    began = time.monotonic()
    ref = fit(harness.KCLUST, folder, options)
    whole = time.monotonic() - began
    cut = 0
    for i in range(3 if h.slice else 20):
        limit = ["--checkpoint", "c", "--timeout", "%.3f" % (h.random.random() * whole) if i else "0"]
        seen, got = fit(harness.KCLUST, folder, options + limit)
        bad = "%r" % seen if seen.code not in ((0, 3) if i else (3,)) or not got else ""
        if not bad and seen.code == 0:
            bad = differs(got, ref[1]) or left(folder, False)
        elif not bad:
            cut += 1
            bad = left(folder, True) or resumed(folder, options, ref, 2)
        h.ok("timed %d" % i, bad)
    return cut


def header(path):
    with open(path, "rb") as f:
        data = f.read()
    n = struct.unpack("<Q", data[:8])[0]
    return data[8:8 + n], data[8 + n:]


def refusals():
    """Checkpoints of another run, or damaged ones, must be refused."""
    shape = SHAPES[1]
    folder, options = make(shape), shape[5]
    path = os.path.join(folder, "c")
    keep = options + ["--checkpoint", "c"]
    fit(HOOKED, folder, keep, HOOK_TERM="20")
    with open(path, "rb") as f:
        good = f.read()
    head, data = header(path)

    def refused(label, content, code, more=(), says=b"", resume=True):
        with open(path, "wb") as f:
            f.write(content)
        seen, got = fit(harness.KCLUST, folder, keep + (["--resume"] if resume else []) + list(more))
        bad = ""
        if seen.code != code or got or not harness.one_message(seen.err) or says not in seen.err:
            bad = "%r, expected exit %d and %r" % (seen, code, says)
        with open(path, "rb") as f:
            if not bad and f.read() != content:
                bad = "the file was changed"
        h.ok("refused: " + label, bad)

    refused("another seed", good, 2, ["--seed", "1"], b"--seed 42, not 1")
    refused("another k", good, 2, ["-k", "2:9"], b"k 2:8:1, not 2:9:1")
    refused("another sample", good, 2, ["--sample", "2000"], b"--sample")
    refused("another version", good.replace(b'"kclust": "', b'"kclust": "9', 1).replace(
        struct.pack("<Q", len(head)), struct.pack("<Q", len(head) + 1), 1), 1, says=b"another run: kclust 9")
    refused("not a checkpoint", b"a\t1\nb\t2\n", 2, says=b"not a checkpoint")
    refused("not a checkpoint, and not resumed", b"a\t1\nb\t2\n", 2, says=b"not a checkpoint", resume=False)
    with open(os.path.join(folder, "x.npy"), "rb") as f:
        rows = f.read()
    with open(os.path.join(folder, "x.npy"), "wb") as f:
        f.write(rows[:-4] + struct.pack("<f", 0.125))
    refused("other rows", good, 1, says=b"other rows")
    with open(os.path.join(folder, "x.npy"), "wb") as f:
        f.write(rows)
    for i in range(8 if h.slice else 60):
        cut = h.random.randrange(1, len(good))
        refused("cut at %d" % cut, good[:cut], 1 if cut >= 8 + len(head) else 2)
        at = h.random.randrange(8 + len(head), len(good))
        flipped = bytearray(good)
        flipped[at] ^= 1 << h.random.randrange(8)
        refused("bit of byte %d" % at, bytes(flipped), 1, says=b"damaged checkpoint")
    # any byte of the header: refused, or of no account; never a crash, and never another result
    ref = fit(harness.KCLUST, folder, options)
    for i in range(8 if h.slice else 120):
        at = h.random.randrange(0, 8 + len(head))
        flipped = bytearray(good)
        flipped[at] ^= 1 << h.random.randrange(8)
        with open(path, "wb") as f:
            f.write(flipped)
        seen, got = fit(harness.KCLUST, folder, keep + ["--resume"])
        bad = ""
        if seen.code == 0:
            bad = differs(got, ref[1]) if got else "no outputs"
        elif seen.code not in (1, 2) or got or not harness.one_message(seen.err):
            bad = "%r" % seen
        h.ok("header byte %d" % at, bad)


def planted():
    """A checkpoint of another seed that claims to be of this one: the different result must be seen."""
    shape = SHAPES[2]
    folder, options = make(shape), shape[5]
    ref = fit(harness.KCLUST, folder, options + ["--seed", "2"])
    path = os.path.join(folder, "c")
    fit(HOOKED, folder, options + ["--seed", "1", "--checkpoint", "c"], HOOK_TERM="30")
    with open(path, "rb") as f:
        data = f.read()
    with open(path, "wb") as f:
        f.write(data.replace(b'"seed": "1"', b'"seed": "2"', 1))
    h.planted("a checkpoint of another run, with its papers forged",
              resumed(folder, options + ["--seed", "2"], ref, 2))


def main():
    link()
    planted()
    points = 0
    for shape in SHAPES:
        if h.slice and shape[0] not in SLICE:
            continue
        if h.only and not h.only.startswith(shape[0]):
            continue
        points += one_shape(shape)
    hit = at_random() if not h.only or h.only.startswith("at random") else 0
    cut = timed() if not h.only or h.only.startswith("timed") else 0
    if not h.only or h.only.startswith(("refused", "header")):
        refusals()
    h.end("resume: %d stop points, %d runs killed at random moments, %d cut short by their timeout" % (points, hit, cut))


main()
