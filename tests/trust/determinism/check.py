"""determinism: the same rows in every form, on 1 to 8 threads and by every kernel must give the same bytes."""

import gzip
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import zlib

import numpy as np

import forms

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".."))
KCLUST = os.path.abspath(os.environ.get("KCLUST") or os.path.join(ROOT, "kclust"))
LIB = os.path.abspath(os.environ.get("LIB") or os.path.join(ROOT, "build/release/libkclust.a"))
BUILD = os.path.join(ROOT, "build", "trust", "determinism")
SEED = int(os.environ.get("KCLUST_TEST_SEED") or 20261125)
TIMEOUT = 600
COLUMNS = ["--columns", "term,cluster,similarity,margin,silhouette,row"]
FEW = ["-k", "2:5", "--n-init", "2"]
THREADS = range(1, 9)
MODELS = b"\nmodel\t" in b"\n" + subprocess.run([KCLUST, "help", "--options", "fit"], stdout=subprocess.PIPE,
                                                check=True).stdout


class Run:
    """One run of fit, with all results that must not differ."""

    def __init__(self, folder, binary, arguments, stdin=None, rng=None, env=None):
        side, out, model = (os.path.join(folder, name) for name in ("side.json", "out", "model"))
        for old in side, out, model:
            if os.path.exists(old):
                os.remove(old)
        self.command = [binary, "-q", "-o", out, "-s", side, *(["-m", model] if MODELS else []), *arguments]
        with subprocess.Popen(self.command, stdin=subprocess.PIPE if rng is not None else
                              open(stdin, "rb") if stdin else subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=dict(os.environ, TMPDIR=folder, **(env or {}))) as process:
            if rng is not None:
                forms.trickle(process, stdin, rng)
                process.stdin = None
            try:
                self.stdout, self.stderr = process.communicate(timeout=TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        self.code = process.returncode
        self.labels = self.side = self.model = b""
        if self.code in (0, 3):
            with open(out, "rb") as f:
                self.labels = f.read()
            with open(side, "rb") as f:
                self.side = f.read()
            if MODELS:
                with open(model, "rb") as f:
                    self.model = f.read()

    def field(self, name):
        return json.loads(self.side)[name]

    def difference(self, other):
        """Return where two runs differ in anything but the documented fields; "" if they do not."""
        if self.code != other.code or self.stderr != other.stderr:
            return "exit status %d (%s), expected %d" % (self.code, self.stderr.decode(errors="replace").strip(),
                                                         other.code)
        if self.code not in (0, 3) or not self.labels:
            return "no labels: exit status %d: %s" % (self.code, self.stderr.decode(errors="replace").strip())
        for name, ours, theirs in (("labels", self.labels, other.labels),
                                   ("sidecar", lasting(self.side), lasting(other.side)),
                                   ("model", self.model, other.model)):
            if ours != theirs:
                at = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
                return "%s differ from byte %d: %r, expected %r" % (name, at, ours[at - 20:at + 30],
                                                                    theirs[at - 20:at + 30])
        return ""


def lasting(side):
    """Return a sidecar's bytes before its documented last fields, without the kernel's name."""
    end = side.index(b'\n  "storage": ')
    return re.sub(rb'\n  "kernel": "\w+",', b"", side[:end])


class Harness:
    def __init__(self, folder, only):
        self.folder, self.only = folder, only
        self.passed = self.failed = self.skipped = self.runs = self.other_kernel = 0
        self.expected = {}  # what the first run of each kind wrote

    def verdict(self, name, complaint):
        if complaint:
            self.failed += 1
            print("FAIL %s: %s\n     again: KCLUST_TEST_SEED=%d tests/trust/determinism/run --only %s" % (
                name, complaint, SEED, shlex.quote(name)), flush=True)
        else:
            self.passed += 1

    def skip(self, what, why):
        self.skipped += 1
        print("skip: %s: %s" % (what, why))

    def wanted(self, name):
        return not self.only or self.only in name

    def fit(self, data, form, pack, way, options, binary=KCLUST, env=None, name=""):
        """Run fit. way: file, stdin (the file as standard input) or pipe (written in pieces of random sizes)."""
        path = data.file(form, pack)
        arguments = [*options, *data.options(form)]
        rng = np.random.default_rng([SEED, zlib.crc32(name.encode())]) if way == "pipe" else None
        if way == "file":
            arguments.append(path)
        return Run(self.folder, binary, arguments, path if way != "file" else None, rng, env)

    def same(self, name, expected, *args, **kwargs):
        """Test that one run is as `expected`."""
        if not self.wanted(name):
            return None
        got = self.fit(*args, name=name, **kwargs)
        if kwargs.get("binary", KCLUST) == KCLUST and not kwargs.get("env"):
            self.runs += 1
        else:
            self.other_kernel += 1
        self.verdict(name, got.difference(expected))
        return got


def planted(h, data):
    """Check that a kclust whose output depends on its threads, one changed digit of a sidecar, and one changed bit are
    seen."""
    reference = h.fit(data, "jsonl", "plain", "file", ["-j1", *FEW])
    liar = os.path.join(h.folder, "liar")
    with open(liar, "w", encoding="utf-8") as f:
        f.write('#!/bin/sh\ncase " $* " in *" -j5 "*) set -- --seed 1 "$@" ;; esac\nexec %s "$@"\n' % shlex.quote(KCLUST))
    os.chmod(liar, 0o755)
    got = h.fit(data, "jsonl", "plain", "file", ["-j4", *FEW], binary=liar)
    h.verdict("planted: the same through a wrapper", got.difference(reference))
    got = h.fit(data, "jsonl", "plain", "file", ["-j5", *FEW], binary=liar)
    h.verdict("planted: an output that depends on the threads", "" if got.difference(reference) else "not seen")
    got.__dict__.update(reference.__dict__)
    at = re.search(rb'"objective": [0-9.]*([0-9])', got.side).start(1)
    got.side = got.side[:at] + bytes([got.side[at] ^ 1]) + got.side[at + 1:]
    h.verdict("planted: a digit of the sidecar", "" if got.difference(reference) else "not seen")
    x = data.x.copy()
    x.view(np.uint32)[len(x) // 2, 0] ^= 1 << 13  # the last bit of a half
    bent = forms.Set("bent", data.terms, x, h.folder)
    got = h.fit(bent, "npy-f2", "plain", "file", ["-j1", *FEW, *COLUMNS])
    expected = h.fit(data, "npy-f2", "plain", "file", ["-j1", *FEW, *COLUMNS])
    h.verdict("planted: a bit of a number", "" if got.difference(expected) else "not seen")


def mixes(ways, packs, threads, each=True):
    """Return (form, pack, way, threads): each format with each compression and way, or, without `each`, only with each
    way; the other members rotate."""
    turn = 0
    for form in forms.FORMATS:
        for at, way in enumerate(ways):
            for pack in packs if each else [packs[(turn + at) % len(packs)]]:
                yield form, pack, way, threads[turn % len(threads)]
                turn += 1


def every_form(h, data, options, ways, packs, threads, each=True):
    """The forms of mixes() against a plain file on one thread."""
    reference = h.fit(data, "jsonl", "plain", "file", ["-j1", *options])
    for form, pack, way, j in mixes(ways, packs, threads, each):
        h.same("%s %s %s %s -j%d %s" % (data.name, form, pack, way, j, " ".join(options)), reference, data, form, pack,
               way, ["-j%d" % j, *options])
    return reference


def every_thread(h, data, options, form="npy-f4"):
    reference = h.fit(data, form, "plain", "file", ["-j1", *options])
    for j in THREADS:
        for way in "file", "pipe":
            h.same("%s %s threads %s -j%d %s" % (data.name, form, way, j, " ".join(options)), reference, data, form,
                   "plain", way, ["-j%d" % j, *options])


def less_memory(h, data, options, threads):
    """--max-memory from enough for all rows downwards: rows in memory, read again from the file, spilled."""
    reference = h.fit(data, "jsonl", "plain", "file", ["-j1", *options])
    seen = set()
    for form, pack, way in (("npy-f4", "plain", "file"), ("kvec", "plain", "stdin"), ("raw", "plain", "file"),
                            ("faiss-ids", "plain", "file"), ("fvecs", "plain", "file"),
                            ("safetensors", "plain", "stdin"), ("faiss-ids", "plain", "pipe"),
                            ("npy-f2", "gzip", "file"), ("jsonl", "plain", "pipe"), ("npy-f8", "plain", "pipe")):
        for turn, size in enumerate((64, 48, 46)):
            name = "%s %s %s %s --max-memory %dM" % (data.name, form, pack, way, size)
            if not h.wanted(name):
                continue
            j = threads[turn % len(threads)]
            got = h.fit(data, form, pack, way, ["-j%d" % j, "--max-memory", "%dM" % size, *options], name=name)
            h.runs += 1
            h.verdict(name, got.difference(reference))
            if got.side:
                seen.add(got.field("storage"))
    if not h.only:
        h.verdict("%s: rows in memory, in the file and spilled" % data.name,
                  "" if len(seen) == 3 else "only %s seen" % ", ".join(sorted(seen)))


def other_outputs(h, data, threads):
    """--annotate, csv, jsonl, and convert to each format."""
    for what in (["--annotate"], ["-f", "csv"], ["-f", "jsonl", *COLUMNS]):
        options = [*FEW, *what]
        reference = h.fit(data, "jsonl", "plain", "file", ["-j1", *options])
        for j in threads:
            h.same("%s jsonl plain pipe -j%d %s" % (data.name, j, " ".join(options)), reference, data, "jsonl", "plain",
                   "pipe", ["-j%d" % j, *options])
    for target in "jsonl", "kvec", "npy", "raw":
        def convert(form, way, j, to=target):
            source = data.file(form, "plain")
            with open(source, "rb") as f:
                done = subprocess.run([KCLUST, "convert", "-q", "-j%d" % j, "-f", to, *data.options(form),
                                       *([source] if way == "file" else [])], stdin=f, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, timeout=TIMEOUT, check=False,
                                      env=dict(os.environ, TMPDIR=h.folder))
            return done.returncode, done.stdout, done.stderr
        expected = convert("jsonl", "file", 1)
        for turn, form in enumerate(forms.FORMATS):
            j = threads[turn % len(threads)]
            for way in "file", "stdin":
                name = "%s convert %s to %s %s -j%d" % (data.name, form, target, way, j)
                if h.wanted(name):
                    h.runs += 1
                    got = convert(form, way, j)
                    h.verdict(name, "" if got == expected and got[0] == 0 and got[1] else
                              "exit status %d, %d bytes, not those of jsonl: %s" % (got[0], len(got[1]), got[2][:200]))


def pairs_of(h, data):
    """A file of pairs of the first rows, by their numbers."""
    path = os.path.join(h.folder, "pairs.tsv")
    with open(path, "w", encoding="utf-8") as f:
        f.write("".join("%d\t%d\t%s\n" % (i, i + 40, "cannot" if i % 3 else "must") for i in range(60)))
    return path


def graph(h, data, forms_of, threads, binary=None):
    """Lists of neighbours, of all rows and by cells, what they say of labels, labels in their graph and by trees: the same
    bytes for every form, thread and storage."""
    purity = ["--columns", "term,cluster,purity", "--min-purity", "0.7"]
    density = ["--min-size", "4", "--min-samples", "3", "--columns", "term,cluster,probability,outlier"]
    labels = os.path.join(h.folder, "graph.labels")
    with open(labels, "w", encoding="utf-8") as f:
        f.writelines("%d\n" % (i % 7) for i in range(len(data.terms)))
    known = os.path.join(h.folder, "why.model")
    subprocess.run([KCLUST, "-q", "-k", "5", "--n-init", "1", "-o", "/dev/null", "-m", known, *data.options("jsonl"),
                    data.file("jsonl", "plain")], check=True)
    for what in (["why", "--json", "-m", known, "--row", "#3", "--row", "#11"],
                 ["score", "--json", "--near-duplicates", "0.6", "--worst", "40", "--gold", labels, labels],
                 ["fit", "-k", "2:4", "--n-init", "1", "--k-by", "auto", "--resamples", "2", "--columns", "term,cluster,stability"],
                 ["map", "--columns", "x,y,term"], ["map", "--components", "3", "--labels", labels], ["map", "--method", "pca"],
                 ["plot", "map", "--width", "800", labels], ["plot", "silhouette", "--width", "800", labels],
                 ["neighbours", "--neighbours", "7"], ["neighbours", "--neighbours", "7", "--recall", "0.9"],
                 ["fit", "-k", "2:6", "--n-init", "2", "--space", "graph:12", *COLUMNS],
                 ["fit", "-k", "2:6", "--n-init", "2", "--space", "pca:7", *COLUMNS],
                 ["fit", "-k", "2:6", "--n-init", "2", "--space", "svd:7", *COLUMNS],
                 ["fit", "--algorithm", "hdbscan", *density], ["fit", "--algorithm", "hdbscan", "--space", "graph", *density],
                 ["fit", "--algorithm", "ward", "-k", "2:6", *COLUMNS],
                 ["fit", "--algorithm", "average", "--cut", "0.6", "--min-size", "2", *COLUMNS],
                 ["fit", "--algorithm", "complete", "-k", "5", "--max-size", "200", *COLUMNS],
                 ["fit", "--algorithm", "single", "-k", "5", *COLUMNS],
                 ["fit", "--algorithm", "ward", "-k", "4", "--two-stage", "30", *COLUMNS],
                 ["fit", "-k", "4:6", "--n-init", "2", "--pairs", pairs_of(h, data), "--pairs-by", "row", *COLUMNS],
                 ["fit", "-k", "5", "--n-init", "2", *purity], ["fit", "-k", "5", "--space", "graph:12", *purity]):
        key = data.name, *what
        for turn, (form, j) in enumerate((form, j) for form in forms_of for j in threads):
            name = "%s %s %s -j%d%s" % (data.name, form, " ".join(what), j, " portable" if binary else "")
            if not h.wanted(name):
                continue
            h.runs += 1
            more = ["--max-memory", "6M"] if turn % 3 == 2 and len(what) == 3 else []
            model = os.path.join(h.folder, "graph.model")
            if os.path.exists(model):
                os.remove(model)
            save = ["-m" if what[0] == "fit" else "--save-map", model] if what[0] in ("fit", "map") else []
            done = subprocess.run([binary or KCLUST, *what, "-q", "-j%d" % j, *more, *save, *data.options(form),
                                   data.file(form, "plain")], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  timeout=TIMEOUT, check=False, env=dict(os.environ, TMPDIR=h.folder))
            got = done.stdout
            if save and done.returncode in (0, 3):
                with open(model, "rb") as f:
                    got += f.read()
            expected = h.expected.setdefault(key, got)
            h.verdict(name, "" if done.returncode in (0, 3) and got == expected and expected else
                      "exit status %d, %d bytes, not those of the first run: %s" % (
                          done.returncode, len(done.stdout), done.stderr[:200]))


def assigning(h, data, ways, packs, threads, each=True):
    """assign by one model of centroids, and one whose rows vote."""
    if not MODELS:
        h.skip("assign", "this kclust has no models")
        return
    assigning_by(h, data, "assign", FEW, mixes(ways, packs, threads, each))
    votes = ["--algorithm", "hdbscan", "--min-size", "4", "--min-samples", "3"]
    assigning_by(h, data, "votes", votes, mixes(ways, packs, threads, False))


def assigning_by(h, data, what, options, among):
    """assign by the model of a fit, with every form: the same lines as those of the fit."""
    columns = ["--columns", "term,cluster,similarity,margin,row"]
    fitted = h.fit(data, "jsonl", "plain", "file", ["-j1", *options, *columns])
    model = os.path.join(h.folder, "assign.model")
    with open(model, "wb") as f:
        f.write(fitted.model)
    for form, pack, way, j in among:
        name = "%s %s %s %s %s -j%d" % (data.name, what, form, pack, way, j)
        if not h.wanted(name):
            continue
        path = data.file(form, pack)
        command = [KCLUST, "assign", "-q", "-j%d" % j, "-m", model, *columns, *data.options(form)]
        with subprocess.Popen(command + ([path] if way == "file" else []), stderr=subprocess.PIPE,
                              stdin=subprocess.PIPE if way == "pipe" else open(path, "rb"),
                              stdout=open(os.path.join(h.folder, "assigned"), "wb")) as process:
            if way == "pipe":
                forms.trickle(process, path, np.random.default_rng([SEED, zlib.crc32(name.encode())]))
                process.stdin = None
            _, errors = process.communicate(timeout=TIMEOUT)
        with open(os.path.join(h.folder, "assigned"), "rb") as f:
            got = f.read()
        h.runs += 1
        h.verdict(name, "" if got == fitted.labels and process.returncode == 0 and got else
                  "exit status %d, other lines than the fit's: %s" % (process.returncode, errors[:200]))


def editing(h, data, forms_of, threads, binary=None):
    """Edits of a model of centroids and of one whose rows vote, with the rows in every form, and of labels."""
    votes = ["--algorithm", "hdbscan", "--min-size", "4", "--min-samples", "3"]
    edits = ["--merge", "0,1", "--split", "2:3", "--rename", "2=a name"]
    for what, options in (("centroids", ["-k", "5", "--n-init", "2"]), ("votes", votes)):
        fitted = h.fit(data, "jsonl", "plain", "file", ["-j1", *options])
        labels, model = (os.path.join(h.folder, "edit." + x) for x in ("labels", "model"))
        for path, content in (labels, fitted.labels), (model, fitted.model):
            with open(path, "wb") as f:
                f.write(content)
        for form, j in ((form, j) for form in forms_of for j in threads):
            for kind, on in ("model", ["-m", model, "-o", "-"]), ("labels", [labels]):
                name = "%s edit %s of %s %s -j%d%s" % (data.name, kind, what, form, j, " portable" if binary else "")
                if not h.wanted(name):
                    continue
                done = subprocess.run([binary or KCLUST, "edit", "-q", "-j%d" % j, *edits, *on, *data.options(form),
                                       data.file(form, "plain")], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                      stdin=subprocess.DEVNULL, timeout=TIMEOUT, check=False, env=dict(os.environ, TMPDIR=h.folder))
                h.runs += 1
                expected = h.expected.setdefault((data.name, "edit", kind, what), done.stdout)
                h.verdict(name, "" if done.returncode == 0 and done.stdout == expected and expected else
                          "exit status %d, %d bytes, not those of the first run: %s" % (
                              done.returncode, len(done.stdout), done.stderr[:200]))


def by_fields(h, data, n, threads):
    """Groups, windows, weights, keywords and records of clusters: by fields in the records, or beside them."""
    rng = np.random.default_rng([SEED, 5])
    fields = [{"term": t, "kind": "ab"[int(k)], "day": "2024-05-%02d" % day, "w": float(w), "tags": ["x%d" % tag, "y"]}
              for t, k, day, w, tag in zip(data.terms[:n], rng.random(n) < 0.3, rng.integers(1, 12, n),
                                           np.round(rng.gamma(2, 2, n) + 0.01, 3), rng.integers(4, size=n))]
    inside, beside, rows = (os.path.join(h.folder, "fields." + name) for name in ("jsonl", "meta", "npy"))
    with open(inside, "w", encoding="utf-8") as f, open(beside, "w", encoding="utf-8") as g:
        for record, row in zip(fields, data.x[:n].astype(np.float64).tolist()):
            f.write(json.dumps({**record, "vec": row}) + "\n")
            g.write(json.dumps(record) + "\n")
    with open(rows, "wb") as f:
        f.write(forms.npy("<f4")(None, data.x[:n]))
    what = {"weights": ["-k", "2:6", "--weight-field", "w", "--time-field", "day", "--recency", "3d", "--max-size", str(n // 3)],
            "groups": ["-k", "2:6", "--group-by", "kind", "--merge-groups", "0.9"],
            "stories": ["-k", "10%:30%:x1.5", "--group-by", "kind", "--time-field", "day", "--time-window", "2d", "--link",
                        "0.8", "--max-gap", "3d", "--weight-field", "w"]}
    way = {"file": [inside], "pipe": [], "metadata": ["--metadata", beside, "--terms", h.folder + "/fields.terms", rows],
           "streamed": ["--max-memory", "24M", inside]}
    with open(h.folder + "/fields.terms", "w", encoding="utf-8") as f:
        f.write("".join(t + "\n" for t in data.terms[:n]))
    out, side, records = (os.path.join(h.folder, "fields." + name) for name in ("tsv", "json", "records.jsonl"))

    def run(options, where, j):
        for old in out, side, records:
            if os.path.exists(old):
                os.remove(old)
        done = subprocess.run([KCLUST, "-q", "-j%d" % j, "-o", out, "-s", side, "--clusters", records, "--facet", "tags",
                               "--keywords", "3", "--n-init", "2", *COLUMNS, *options, *way[where]],
                              input=open(inside, "rb").read() if where == "pipe" else b"", stderr=subprocess.PIPE,
                              timeout=TIMEOUT, check=False)
        if done.returncode not in (0, 3):
            return done.stderr, b"", b""
        return (open(out, "rb").read(), lasting(open(side, "rb").read()), open(records, "rb").read())

    for name, options in what.items():
        expected = run(options, "file", 1)
        for turn, j in enumerate(threads):
            for where in list(way) if len(threads) > 2 else [list(way)[turn % 2 + 1]]:
                label = "%s by fields: %s %s -j%d" % (data.name, name, where, j)
                if not h.wanted(label):
                    continue
                got = run(options, where, j)
                h.runs += 1
                h.verdict(label, "" if got == expected and all(got) else "other bytes than of the file on one thread: %r" %
                          got[0][:200])


def portable():
    """Build a kclust of the same library that uses no vector instructions explicitly."""
    binary = os.path.join(BUILD, "kclust-portable")
    os.makedirs(BUILD, exist_ok=True)
    cli = sorted(os.path.join(ROOT, "src/cli", f) for f in os.listdir(os.path.join(ROOT, "src/cli")) if f.endswith(".c"))
    subprocess.run(shlex.split(os.environ.get("CC", "gcc")) + [
        "-std=c11", "-O1", "-D_GNU_SOURCE", '-DKC_VERSION="0"', "-I" + os.path.join(ROOT, "src"), "-pthread", "-o", binary,
        os.path.join(os.path.dirname(os.path.abspath(__file__)), "kernel.c"), *cli, LIB, "-Wl,--wrap=kc_num_has_avx2", "-lz",
        "-lzstd", "-llz4", "-lunistring", "-lm"], check=True)
    return binary


def version_free(run):
    run.side = re.sub(rb'"version": "[^"]*"', b'"version": ""', run.side)
    return run


def kernels(h, sets, options, threads):
    """The portable kernel against the CPU's, in hardware and with fma() in software, and other compilers."""
    binary = portable()
    # The portable kernel calls fma() of the C library, which without FMA works it out in integers: some hundred times
    # slower, so on few rows.
    soft = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX2,-AVX,-FMA,-FMA4,-BMI2,-AVX2_Usable,-FMA_Usable"}
    graph(h, sets[0], ("npy-f4",), (1, 2), binary)
    editing(h, sets[0], ("npy-f4",), (1, 2), binary)
    for data in sets:
        small = forms.Set(data.name + "-160", data.terms[:160], data.x[:160, :48], h.folder)
        for rows, env in (data, {}), (small, soft):
            for form in "jsonl", "npy-f4":
                reference = version_free(h.fit(rows, form, "plain", "file", ["-j1", *options, *COLUMNS]))
                for j in threads:
                    name = "%s %s portable%s -j%d" % (rows.name, form, " without FMA" if env else "", j)
                    if not h.wanted(name):
                        continue
                    got = version_free(h.fit(rows, form, "plain", "file", ["-j%d" % j, *options, *COLUMNS],
                                             binary=binary, env=env))
                    h.other_kernel += 1
                    h.verdict(name, got.difference(reference) or
                              ("" if got.field("kernel") == "portable" else "kernel %s ran" % got.field("kernel")))


def compilers(h, sets, options):
    for compiler, level in ("clang", "-O2"), ("gcc", "-O1"), ("gcc", "-O3 -march=native"):
        if not shutil.which(compiler):
            h.skip("kclust by " + compiler, "not there")
            continue
        where = os.path.join("build", "trust", "determinism", (compiler + level).replace(" ", ""))
        subprocess.run(["make", "-s", "CC=" + compiler, "B=" + where, "OPT=" + level, where + "/kclust"], cwd=ROOT, check=True)
        for data in sets:
            for form in "jsonl", "npy-f4":
                reference = h.fit(data, form, "plain", "file", ["-j1", *options, *COLUMNS])
                h.same("%s %s by %s %s" % (data.name, form, compiler, level), reference, data, form, "plain", "file",
                       ["-j3", *options, *COLUMNS], binary=os.path.join(ROOT, where, "kclust"))


def load_sample(folder):
    terms, rows = [], []
    with gzip.open(os.path.join(ROOT, "testdata/debian-packages.jsonl.gz"), "rt", encoding="utf-8") as f:
        for record in map(json.loads, f):
            terms.append(record["term"])
            rows.append(record["vec"])
    return forms.Set("sample", terms, np.array(rows), folder)


def load_real(h):
    base = os.environ.get("KCLUST_TEST_DATA", "")
    for name in "uslabor-openai", "ruwiki-minilm", "sk-digits", "ss-w2v48":
        where = os.path.join(base, name)
        if not base or not os.path.isdir(where):
            h.skip(name, "KCLUST_TEST_DATA does not have it")
            continue
        with open(os.path.join(where, "terms.txt"), encoding="utf-8") as f:
            terms = f.read().split("\n")[:-1]
        yield forms.Set(name, terms, np.load(os.path.join(where, "vectors.npy")), h.folder)


def made(folder):
    """Return enough rows for levels, passes and bounds, which need more memory than the work on them."""
    rng = np.random.default_rng(SEED)
    n, d = 48000, 224
    centres = rng.standard_normal((23, d))
    x = centres[rng.integers(len(centres), size=n)] + 1.3 * rng.standard_normal((n, d))
    return forms.Set("made", ["row %d" % i for i in range(n)], x, folder)


def main(arguments):
    sliced = "--slice" in arguments
    only = arguments[arguments.index("--only") + 1] if "--only" in arguments else ""
    for variable in list(os.environ):
        if variable.startswith("KCLUST_") and variable not in ("KCLUST_TEST_DATA",):
            del os.environ[variable]
    print("determinism: KCLUST_TEST_SEED=%d" % SEED, flush=True)
    with tempfile.TemporaryDirectory(prefix="determinism.") as folder:
        h = Harness(folder, only)
        sample = load_sample(folder)
        planted(h, sample)
        sizes = [*FEW, "--min-size", "20", "--max-size", "500", *COLUMNS]
        if sliced:
            every_form(h, sample, sizes, ("file", "pipe"), ("plain", "gzip"), (2, 3, 1, 7))
            assigning(h, sample, ("file", "pipe"), ("plain",), (1, 2, 5))
            graph(h, sample, ("jsonl", "npy-f4"), (1, 2, 5))
            editing(h, sample, ("jsonl", "npy-f4"), (1, 2, 5))
            by_fields(h, sample, 500, (2, 7))
            kernels(h, [sample], ["-k", "2:3", "--n-init", "1"], (2,))
        else:
            packs = list(forms.PACKERS)
            every_form(h, sample, sizes, ("file", "stdin", "pipe"), packs, THREADS)
            every_thread(h, sample, ["-k", "2:20", *COLUMNS])
            other_outputs(h, sample, THREADS)
            assigning(h, sample, ("file", "stdin", "pipe"), packs, THREADS)
            graph(h, sample, forms.FORMATS, THREADS)
            editing(h, sample, forms.FORMATS, THREADS)
            by_fields(h, sample, len(sample.terms), THREADS)
            real = list(load_real(h))
            for data in real:  # all mixes of format, compression and way have been seen on the sample
                every_form(h, data, [*FEW, *COLUMNS], ("file", "pipe"), packs, THREADS, each=False)
                every_thread(h, data, ["-k", "2:20", *COLUMNS])
                assigning(h, data, ("file", "pipe"), packs, THREADS, each=False)
                graph(h, data, ("npy-f4",), THREADS)
            big = made(folder)
            every_thread(h, big, ["-k", "2:24:4", "--n-init", "2", *COLUMNS])
            every_thread(h, big, ["-k", "60", "--sample", "9000", *COLUMNS], "kvec")
            less_memory(h, big, ["-k", "3:12:3", "--n-init", "1", *COLUMNS], THREADS)
            kernels(h, [sample, *real], ["-k", "2:6", "--n-init", "2"], (1, 2, 5))
            compilers(h, [sample, *real], ["-k", "2:20"])
    print("%d runs on the kernel of this CPU, %d by others: identical bytes but for the %d failed" % (
        h.runs, h.other_kernel, h.failed))
    print("determinism: %d passed, %d failed%s" % (h.passed, h.failed, ", %d skipped" % h.skipped if h.skipped else ""))
    return 1 if h.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
