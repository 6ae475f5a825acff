"""A model is updated again and again, every second time by a process that is killed (SIGKILL) at a random moment.

After each update the model must load, and be the old one or the new one, byte for byte; the new one is what the same
update gives when it is not disturbed. Some updates bring rows of a new kind, so that new ids are given; no id may ever
change its meaning or be given again. Updates that run at the same time must wait for each other.

updates.py [--slice] [--count N]. The planted fault is a program that writes the model in place, through the same test.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

KCLUST = os.path.abspath(os.environ.get("KCLUST") or "./kclust")
SEED = int(os.environ.get("KCLUST_TEST_SEED", "1"))
slice_only = "--slice" in sys.argv
COUNT = int(sys.argv[sys.argv.index("--count") + 1]) if "--count" in sys.argv else 40 if slice_only else 1000
DIM = 48
passed = failed = 0


def check(ok, what):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print("FAIL %s (KCLUST_TEST_SEED=%d)" % (what, SEED), flush=True)


def run(*args):
    return subprocess.run([KCLUST, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def rows(rng, centres, n, name):
    out = []
    for i in range(n):
        c = rng.choice(centres)
        vec = [round(v + rng.gauss(0, 0.08), 4) for v in c]
        out.append(json.dumps({"term": "%s-%d" % (name, i), "vec": vec}))
    return "\n".join(out) + "\n"


def ids_of(model):
    r = run("info", "--json", model)
    if r.returncode != 0:
        return None, None
    told = json.loads(r.stdout)
    return [c["id"] for c in told["clusters"]], told["next_id"]


def kill_at(args, after):
    """Start a command and kill it after so many seconds. Return the exit status."""
    p = subprocess.Popen(args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(after)
    p.send_signal(signal.SIGKILL)
    return p.wait()


IN_PLACE = r"""
import sys
data = open(sys.argv[2], "rb").read()
with open(sys.argv[1], "r+b", 0) as f:
    for i in range(0, len(data), 1 + len(data) // 40):
        f.write(data[i:i + 1 + len(data) // 40])
        print(flush=True)
        sys.stdin.readline()
"""


def planted(folder, old, new):
    """Check that a program that writes the model in place, killed in the middle, is seen."""
    target, source = os.path.join(folder, "planted"), os.path.join(folder, "source")
    with open(target, "wb") as f:
        f.write(old)
    with open(source, "wb") as f:
        f.write(new)
    with subprocess.Popen([sys.executable, "-c", IN_PLACE, target, source], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as p:
        for _ in range(20):  # of about forty pieces
            p.stdout.readline()
            p.stdin.write(b"\n")
            p.stdin.flush()
        p.send_signal(signal.SIGKILL)
        p.wait()
    return read(target) not in (old, new)


def main():
    rng = random.Random(SEED)
    print("KCLUST_TEST_SEED=%d" % SEED)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        centres = [[rng.gauss(0, 1) for _ in range(DIM)] for _ in range(6)]
        with open("rows", "w") as f:
            f.write(rows(rng, centres, 300, "fit"))
        check(run("-q", "-k", "6", "-m", "m", "-o", "labels", "rows").returncode == 0, "the fit")
        known, next_id = ids_of("m")
        killed = between = 0
        seconds = 0.02
        for i in range(COUNT):
            if i % max(COUNT // 20, 7) == 3:
                centres.append([rng.gauss(0, 1) for _ in range(DIM)])
            if i % 2 == 0:  # each second time the same rows again, if the one before was killed
                with open("batch", "w") as f:
                    f.write(rows(rng, centres, 12, "u%d" % i))
            before = read("m")
            start = time.monotonic()
            r = run("update", "-q", "-m", "m", "--save", "undisturbed", "-o", "want", "batch")
            seconds = 0.8 * seconds + 0.2 * (time.monotonic() - start)
            check(r.returncode == 0 and read("m") == before, "update %d with --save: exit %d" % (i, r.returncode))
            after = read("undisturbed")
            if i % 2 == 0:
                code = kill_at([KCLUST, "update", "-q", "-m", "m", "-o", "got", "batch"], rng.random() * seconds * 1.2)
                killed += code == -signal.SIGKILL
            else:
                code = run("update", "-q", "-m", "m", "-o", "got", "batch").returncode
                check(code == 0 and read("got") == read("want"), "update %d: exit %d, or other labels" % (i, code))
            now = read("m")
            between += now == before
            check(now == before or now == after, "update %d: the model is neither the old nor the new one" % i)
            ids, following = ids_of("m")
            check(ids is not None, "update %d: the model does not load" % i)
            if ids is None:
                break
            check(set(known) <= set(ids) and all(j in known or j >= next_id for j in ids) and following >= next_id,
                  "update %d: ids %s after %s" % (i, ids, known))
            known, next_id = ids, following
            for name in os.listdir("."):
                if name.startswith(".m.kclust-"):  # what SIGKILL leaves is documented
                    os.unlink(name)
        check(planted(folder, before, after), "planted fault: a model written in place was not seen")

        shutil.copy("m", "both")
        told = json.loads(run("info", "--json", "both").stdout)["updates"]
        several = [subprocess.Popen([KCLUST, "update", "-q", "-m", "both", "-o", "o%d" % j, "batch"]) for j in range(8)]
        codes = [p.wait() for p in several]
        now = json.loads(run("info", "--json", "both").stdout)["updates"]
        check(codes == [0] * 8 and now == told + 8, "8 updates at once: exits %s, %d updates more" % (codes, now - told))
    print("updates: %d in a row, %d killed on the way, the old model kept after %d; %d ids at the end" % (
        COUNT, killed, between, len(known)))
    print("updates: %d passed, %d failed" % (passed, failed))
    return failed > 0


sys.exit(main())
