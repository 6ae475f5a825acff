"""What the benchmarks share: the sets, the processes and their measurement, the cache, the machine, tables."""

import gzip
import hashlib
import json
import os
import subprocess
import sys
import time

import numpy as np

import figures

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CACHE = os.environ.get("KCLUST_BENCH_DIR") or "/tmp/kclust-bench-cache"


class Failed(Exception):
    """A program failed, and with it the job; the text says how."""


class Dataset:
    """One set of rows: its name and the file that the programs read."""

    def __init__(self, name, path, npy=None):
        self.name = name
        self.path = path
        self.npy = path if path.endswith(".npy") else npy  # the same rows, quick to load; None: they are read from path
        self._unit = None
        self._sha = None

    def sha(self):
        """Checksum of the file that the programs read."""
        if self._sha is None:
            h = hashlib.sha256()
            with open(self.path, "rb") as f:
                while block := f.read(1 << 20):
                    h.update(block)
            self._sha = h.hexdigest()
        return self._sha

    def rows(self):
        """The rows as float32 (n, d), zero rows included; those of an npy file stay there until they are used."""
        if self.npy:
            return np.load(self.npy, mmap_mode="r")
        with (gzip.open if self.path.endswith(".gz") else open)(self.path, "rt", encoding="utf-8") as f:
            return np.array([json.loads(line)["vec"] for line in f], dtype=np.float32)

    def unit(self):
        """The rows that have a direction, as unit vectors in float64, made block by block."""
        if self._unit is None:
            self._unit = figures.UnitRows(self.rows())
        return self._unit

    def warm(self):
        """Read the file once, so that no program is the one that waits for the disk."""
        with open(self.path, "rb", buffering=0) as f:
            block = bytearray(1 << 22)
            while f.readinto(block):
                pass

    def forget(self):
        """Give the rows' memory back."""
        self._unit = None


def real_sets(data):
    """The bundled sample, and the sets in the folder `data` (None: none)."""
    sets = []
    sample = os.path.join(ROOT, "testdata", "debian-packages.jsonl.gz")
    if os.path.exists(sample):
        sets.append(Dataset("debian-packages", sample))
    for name in sorted(os.listdir(data)) if data else []:
        path = os.path.join(data, name, "data.jsonl")
        if os.path.exists(path):
            npy = os.path.join(data, name, "vectors.npy")
            sets.append(Dataset(name, path, npy if os.path.exists(npy) else None))
    return sets


def openblas():
    """A folder with an optimised libblas.so.3 for the peers, or None for the system's own."""
    folder = os.environ.get("KCLUST_BENCH_BLAS") or os.path.join(CACHE, "openblas")
    return folder if os.path.exists(os.path.join(folder, "libblas.so.3")) else None


def peer_env(omp, blas):
    """The environment of a peer with that many threads of OpenMP and of its BLAS."""
    env = dict(os.environ, OMP_NUM_THREADS=str(omp), OPENBLAS_NUM_THREADS=str(blas), PYTHONDONTWRITEBYTECODE="1")
    folder = openblas()
    if folder:
        env["LD_LIBRARY_PATH"] = folder
    return env


def peer(script, *args):
    """The command that runs a script of this folder."""
    return [sys.executable, os.path.join(HERE, script), *map(str, args)]


def measure(command, work, env=None, stdout=None):
    """Run the command as a whole process: its wall, user, sys, peak_rss; `errors` is its standard error."""
    report = os.path.join(work, "measure.json")
    errors = os.path.join(work, "stderr.txt")
    launcher = [sys.executable, "-I", "-S", os.path.join(HERE, "measure.py"), report]
    with open(stdout or os.devnull, "wb") as out, open(errors, "wb") as err:
        subprocess.run(launcher + command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=env, check=True)
    with open(report, encoding="ascii") as f:
        used = json.load(f)
    with open(errors, encoding="utf-8", errors="replace") as f:
        used["errors"] = f.read()
    if used["status"] != 0:
        command = [os.path.basename(c) if os.path.isabs(c) else c for c in command]  # the text may be stored
        said = used["errors"].strip().replace(work + os.sep, "")
        raise Failed("%s: status %d: %s" % (" ".join(command), used["status"], said))
    return used


def read_labels(path):
    """The ids of a term<TAB>id file, in its order."""
    with open(path, encoding="utf-8", newline="\n") as f:
        return np.fromiter((int(line.rpartition("\t")[2]) for line in f), dtype=np.int64)


class Cache:
    """Results of the peers, kept between runs. Every entry has a key, all that the result depends on, given as a
    function since checksums take time; with another key it counts as absent. Off: nothing is found or written."""

    def __init__(self, on):
        self.on = on
        if on:
            os.makedirs(CACHE, exist_ok=True)

    def get(self, name, key):
        """The stored value, or None."""
        if not self.on:
            return None
        try:
            with open(os.path.join(CACHE, name + ".key"), encoding="utf-8") as f:
                if json.load(f) != key():
                    return None
            with open(os.path.join(CACHE, name + ".json"), encoding="utf-8") as f:
                return json.load(f)
        except (FileNotFoundError, ValueError):
            return None

    def put(self, name, key, value):
        """Store the value. The key goes last, so that a broken-off write counts as absent."""
        if not self.on:
            return
        path = os.path.join(CACHE, name)
        if os.path.exists(path + ".key"):
            os.remove(path + ".key")
        for suffix, what in (".json", value), (".key", key()):
            with open(path + suffix, "w", encoding="utf-8") as f:
                json.dump(what, f, indent=1)


def peer_versions():
    """What the peers run on: {"python", "numpy", "scikit-learn", "faiss", "blas"}; None: not there."""
    code = (
        "import importlib, json, platform\n"
        "found = {'python': platform.python_version()}\n"
        "for name, module in ('numpy', 'numpy'), ('scikit-learn', 'sklearn'), ('faiss', 'faiss'):\n"
        "    try:\n"
        "        found[name] = importlib.import_module(module).__version__\n"
        "    except ImportError:\n"
        "        found[name] = None\n"
        "try:\n"
        "    import threadpoolctl\n"
        "    blas = [i for i in threadpoolctl.threadpool_info() if i['user_api'] == 'blas']\n"
        "except ImportError:\n"
        "    blas = []\n"
        "found['blas'] = ' '.join('%s %s (%s, %s)' % (i['internal_api'], i['version'], i.get('architecture'),\n"
        "    i.get('threading_layer')) for i in blas) or None\n"
        "print(json.dumps(found))\n")
    done = subprocess.run([sys.executable, "-c", code], env=peer_env(1, 1), stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def ceilings(work, cores):
    """What peak.c measures with one thread and with all: {threads: {"fma32", "fma64", "read"}}; empty without a
    compiler."""
    program = os.path.join(work, "peak")
    command = [os.environ.get("CC") or "cc", "-std=gnu11", "-O3", "-march=native", "-ffp-contract=fast", "-pthread",
               "-o", program, os.path.join(HERE, "peak.c")]
    try:
        subprocess.run(command, check=True)
        return {n: json.loads(subprocess.run([program, str(n)], stdout=subprocess.PIPE, check=True).stdout)
                for n in sorted({1, cores})}
    except (OSError, subprocess.CalledProcessError):
        return {}


def version_of(kclust):
    """The version that the program says; for the one in the tree also the commit, and + when sources have changed."""
    said = subprocess.run([kclust, "--version"], stdout=subprocess.PIPE, check=True).stdout.decode()
    said = said.splitlines()[0].removeprefix("kclust").strip()
    if os.path.dirname(os.path.abspath(kclust)) != ROOT:
        return said

    def git(*args):
        done = subprocess.run(["git", "-C", ROOT, *args], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
        return done.stdout.decode().strip()

    try:
        changed = git("status", "--porcelain", "--", "src", "Makefile")
        return "%s (%s%s)" % (said, git("rev-parse", "--short", "HEAD"), "+" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return said


def load():
    """How many cores others keep busy, seen over half a second in which this process sleeps, and whether that is too
    much to measure beside. (The load average would still tell of the job before.)"""
    def ticks():
        with open("/proc/stat", encoding="ascii") as f:
            user, nice, system, idle, iowait, irq, softirq, steal = map(int, f.readline().split()[1:9])
        busy = user + nice + system + irq + softirq + steal
        return busy, busy + idle + iowait

    before = ticks()
    time.sleep(0.5)
    busy, every = (now - was for now, was in zip(ticks(), before))
    cores = os.cpu_count() * busy / max(1, every)
    return "%.1f busy cores%s" % (cores, "" if cores < 0.2 else ", NOT QUIET")


def machine(kclust, versions, peaks):
    """The machine and the programs, as pairs of a name and a value; nothing that names the host or its users."""
    model = "unknown"
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as f:
        for line in f:
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    with open("/proc/meminfo", encoding="ascii") as f:
        memory = int(f.readline().split()[1]) / 2 ** 20
    system = "Linux " + ".".join(os.uname().release.split("-")[0].split(".")[:2])
    try:
        with open("/etc/os-release", encoding="utf-8") as f:
            names = dict(line.rstrip("\n").split("=", 1) for line in f if "=" in line)
        system = names["PRETTY_NAME"].strip('"') + ", " + system
    except (OSError, KeyError):
        pass
    pairs = [
        ("processor", "%s, %d cores" % (model, len(os.sched_getaffinity(0)))),
        ("memory", "%.1f GiB" % memory),
        ("system", system),
        ("others", load()),
    ]
    for n, p in peaks.items():
        rates = "%.0f GFLOP/s a core in float, %.0f in double; reads %.1f GB/s a core"
        pairs.append(("%d thread%s" % (n, "s" * (n > 1)), rates % (p["fma32"], p["fma64"], p["read"])))
    if not peaks:
        pairs.append(("ceilings", "not measured: no C compiler"))
    pairs.append(("kclust", version_of(kclust)))
    for name in "scikit-learn", "faiss":
        pairs.append((name, versions[name] or "ABSENT (Debian: %s): its rows are missing" % (
            {"scikit-learn": "python3-sklearn", "faiss": "python3-faiss"}[name])))
    pairs.append(("numpy", "%(numpy)s, Python %(python)s" % versions))
    slow = "the reference BLAS: several times slower than OpenBLAS, see README.md"
    pairs.append(("their BLAS", versions["blas"] or slow))
    return pairs


def table(head, rows):
    """Lines of an aligned table: the first column to the left, the others to the right."""
    cells = [list(head)] + [list(map(str, row)) for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    lines = []
    for row in cells:
        first = row[0].ljust(widths[0])
        lines.append("  ".join([first] + [c.rjust(w) for c, w in zip(row[1:], widths[1:])]).rstrip())
    return lines
