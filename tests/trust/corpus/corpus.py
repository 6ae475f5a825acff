#!/usr/bin/env python3
"""Malformed inputs, each with an expected verdict: the right answer or one clear line, within limits of memory and
time.

    run [--slice]

Full: the inputs of cases.py through ./kclust and through a build with ASan and UBSan. Slice: some of the small
ones, through ./kclust. CORPUS_ONLY=WORD takes the cases with WORD in their names; CORPUS_BUILD=release or sanitized one
of the builds; CORPUS_KEEP=FOLDER leaves the inputs there."""
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "../../.."))
sys.path.insert(0, HERE)
sys.setrecursionlimit(20000)
sys.set_int_max_str_digits(0)
import cases  # noqa: E402
from oracle import Verdict  # noqa: E402

MIB = 1 << 20
MOST_MS = 1000  # of processor time for an input, on a machine that reads the ordinary file in ORDINARY_MS
ORDINARY_MS = 150
AGAIN = 3  # times that an input over the limit may be run again, alone
CPUS = os.cpu_count() or 1
OUT = os.path.join(ROOT, "build/trust/corpus")
passed = failed = 0


def count(ok, message=""):
    global passed, failed
    passed += ok
    failed += not ok
    if not ok:
        print("FAIL " + message)


class Result:
    def __init__(self, status, ms, kib, out, err):
        self.status, self.ms, self.kib, self.out, self.err = status, ms, kib, out, err


def run_batch(commands):
    """Run [(id, argv)], as many at a time as there are processors; return {id: Result}."""
    results = {}
    with ThreadPoolExecutor(CPUS) as pool:
        for some in pool.map(run_in_turn, [commands[i::CPUS] for i in range(CPUS)]):
            results.update(some)
    return results


def run_in_turn(commands):
    """Run [(id, argv)] one after the other; return {id: Result}."""
    text = "".join("\t".join([str(i)] + argv) + "\n" for i, argv in commands)
    p = subprocess.run([os.path.join(OUT, "batch")], input=text.encode(), stdout=subprocess.PIPE, check=True,
                       env={**os.environ, "LC_ALL": "C"})
    results, at = {}, 0
    while at < len(p.stdout):
        end = p.stdout.index(b"\n", at)
        i, status, ms, kib, n, m = p.stdout[at:end].split()
        at = end + 1
        n, m = int(n), int(m)
        results[int(i)] = Result(int(status), int(ms), int(kib), p.stdout[at:at + n], p.stdout[at + n:at + n + m])
        at += n + m
    return results


def rows_of(out):
    rows = []
    for line in out.split(b"\n"):
        if line:
            r = json.loads(line)
            rows.append((r["term"], np.array(r["vec"]).astype("<f4")))
    return rows


def same(a, b):
    return len(a) == len(b) and all(s == t and x.tobytes() == y.tobytes() for (s, x), (t, y) in zip(a, b))


def judge(case, r, path, max_line, limits=True, base=0, most_ms=MOST_MS):
    """Return what is wrong with the result, or None."""
    v = case.verdict
    if r.status >= 1000:
        return "killed by signal %d" % (r.status - 1000) if r.status < 2000 else "it hangs"
    if r.status not in v.status:
        return f"status {r.status}, expected {v.status}: {r.err[-300:]!r}"
    err = r.err.decode("utf-8", "strict").split("\n")
    if err.pop() != "":
        return f"the last line has no end: {r.err[-100:]!r}"
    if any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for line in err for c in line):
        return f"control bytes in {r.err!r}"
    warnings = [line for line in err if line.startswith("kclust: warning: ")]
    messages = [line for line in err if not line.startswith("kclust: warning: ")]
    if r.status == 0 and messages:
        return f"a message with status 0: {messages}"
    if r.status != 0:
        if len(messages) != 1 or not messages[0].startswith("kclust: "):
            return f"not one message: {messages}"
        where = messages[0].replace(path, "FILE")
        if callable(v.message):
            m = re.match(r"kclust: FILE:(\d+): ", where)
            if m and not v.message(int(m.group(1))):
                return f"wrong line: {where}"
        elif v.message and not re.search(v.message, where):
            return f"message {where!r}, expected {v.message!r}"
    if v.rows is not None and case.program == "convert":
        rows = rows_of(r.out)
        if r.status == 0 and not same(rows, v.rows):
            return f"{len(rows)} rows, expected {len(v.rows)}, or other terms or numbers"
        if r.status != 0 and not same(rows, v.rows[:len(rows)]):
            return f"{len(rows)} rows before the error are not those of the file"
    if v.skipped and r.status == 0:
        told = sum(int(n) for n in re.findall(r"(\d+) more bad record",
            r.err.decode())) + sum("; skipped" in w for w in warnings)
        if told != v.skipped:
            return f"{told} records skipped, expected {v.skipped}"
    if limits and r.kib * 1024 > base + max_line + 48 * MIB:
        above = (r.kib * 1024 - base - max_line) / MIB
        return f"{r.kib / 1024:.0f} MiB of memory, {above:.0f} above --max-line and the base"
    if limits and r.ms > most_ms:
        return f"{r.ms} ms of processor time, in each of {AGAIN + 1} runs; the limit here is {most_ms:.0f} ms"
    return None


def max_line_of(case):
    return 64 << 10 if "64K" in case.args else 16 * MIB


def threads_of(case):
    return case.args[case.args.index("-j") + 1] if "-j" in case.args else "2"


class Runner:
    def __init__(self, folder):
        self.folder = folder
        self.bases = {}

    def command(self, kclust, model, case, path):
        if case.program == "model":
            return [model, path]
        return [kclust, "convert", "-j", threads_of(case), *case.args, path]

    def base(self, kclust, threads):
        """Return the memory that the same command takes for an ordinary large file."""
        if (kclust, threads) not in self.bases:
            path = os.path.join(self.folder, "ordinary")
            if not os.path.exists(path):
                with open(path, "w") as f:
                    row = ",".join(["0.0123456"] * 1536)
                    f.writelines('{"term":"t%d","vec":[%s]}\n' % (i, row) for i in range(4000))
            r = self.ordinary(kclust, threads, path)
            self.bases[kclust, threads] = r.kib * 1024 if r.status == 0 else 0
        return self.bases[kclust, threads]

    @staticmethod
    def ordinary(kclust, threads, path):
        return run_in_turn([(0, [kclust, "convert", "-j", threads, path])])[0]

    def once_more(self, kclust, command, threads):
        """Repeat an input that exceeded the time limit, alone and up to AGAIN times, with the ordinary file beside it.
        Return the least time that it took, and the limit, which is higher if the ordinary file took longer: on a busy
        machine, a process needs more time than its work."""
        best, most_ms = None, MOST_MS
        for _ in range(AGAIN):
            r = run_in_turn([command])[command[0]]
            path = os.path.join(self.folder, "ordinary")
            most_ms = max(most_ms, MOST_MS * self.ordinary(kclust, threads, path).ms / ORDINARY_MS)
            best = r if best is None or r.ms < best.ms else best
            if best.ms <= most_ms:
                break
        return best, most_ms

    def run(self, kclust, model, todo, limits=True, title=""):
        """Judge all cases. Return (cases, wrong, most memory above base and --max-line, longest)."""
        n = wrong = longest = 0
        most = -(1 << 60)
        for at in range(0, len(todo), 500):
            part = todo[at:at + 500]
            commands, paths = [], []
            for i, case in enumerate(part):
                path = os.path.join(self.folder, "%s.%d" % (title, at + i))
                with open(path, "wb") as f:
                    f.write(case.data)
                paths.append(path)
                commands.append((i, self.command(kclust, model, case, path)))
            results = run_batch(commands)
            for i, case in enumerate(part):
                r = results.get(i)
                base, most_ms = self.base(kclust, threads_of(case)) if limits else 0, MOST_MS
                if limits and r and r.ms > MOST_MS:
                    r, most_ms = self.once_more(kclust, commands[i], threads_of(case))
                what = judge(case, r, paths[i], max_line_of(case), limits, base, most_ms) if r else "no result"
                n += 1
                if r:
                    longest = max(longest, r.ms)
                    most = max(most, r.kib * 1024 - base - max_line_of(case))
                if what:
                    wrong += 1
                    if wrong <= 20:
                        kept = os.path.join(OUT, "found-" + re.sub(r"[^A-Za-z0-9_.-]", "_", case.name)[:80])
                        with open(kept, "wb") as f:
                            f.write(case.data)
                        print(f"{title} {case.name}: {what}\n    again: " + " ".join(self.command(kclust, model, case,
                            kept)))
                if not os.environ.get("CORPUS_KEEP"):
                    os.unlink(paths[i])
        return n, wrong, most, longest


def compile_c(name, *more):
    program = os.path.join(OUT, name)
    subprocess.run([os.environ.get("CC", "gcc"), "-O1", "-std=c11", "-Wall", "-Wextra", "-D_GNU_SOURCE", "-I",
        os.path.join(ROOT, "src"),
                    os.path.join(HERE, name.split("-")[0] + ".c"), "-o", program, *more], check=True)
    return program


def sanitized():
    """Make a build with ASan and UBSan."""
    b, flags = "build/sanitized", "-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    subprocess.run(["make", "-s", "-C", ROOT, f"-j{os.cpu_count()}", f"B={b}", "OPT=-O1 -g", f"SAN={flags}",
        f"{b}/kclust", f"{b}/libkclust.a"],
                   check=True, env=env)
    model = compile_c("model-sanitized", *flags.split(), os.path.join(ROOT, b, "libkclust.a"), "-lz", "-lzstd", "-llz4", "-lunistring", "-lm",
        "-pthread")
    return os.path.join(ROOT, b, "kclust"), model


def planted(runner, model):
    """Check that a program that accepts everything, one that refuses everything, and a wrong verdict are seen."""
    some = list(cases.small(97))[:200]
    bad = [c for c in some if c.verdict.status == (1,)]
    good = [c for c in some if c.verdict.status == (0,)]
    for name, script in (("accepts everything", "#!/bin/sh\nexit 0\n"), ("refuses everything",
    "#!/bin/sh\necho kclust: no >&2\nexit 1\n")):
        stub = os.path.join(runner.folder, "stub")
        with open(stub, "w") as f:
            f.write(script)
        os.chmod(stub, 0o755)
        todo = [cases.Case(c.name, c.data, c.args, c.verdict) for c in (bad if "accepts" in name else good)[:20]]
        saved, sys.stdout = sys.stdout, open(os.devnull, "w")
        n, wrong, _, _ = runner.run(stub, model, todo, False, "stub")
        sys.stdout = saved
        count(n == wrong > 0, f"planted: of {n} cases with a program that {name} only {wrong} were seen")
        print(f"planted fault seen, as it must be: a program that {name} fails {wrong} of {n} cases")
    line = Verdict(1, ":3: ", rows=[])
    wrong_line = [cases.Case("planted-line", b'{"term":"a","vec":[1]}\nx\n', cases.FIELDS, line)]
    other = [cases.Case("planted-row", b'{"term":"a","vec":[1]}\n', cases.FIELDS, Verdict(0, rows=[("a", np.array([2],
        "<f4"))]))]
    saved, sys.stdout = sys.stdout, open(os.devnull, "w")
    wrong = runner.run(KCLUST, model, wrong_line + other, False, "planted")[1]
    sys.stdout = saved
    count(wrong == 2, "planted: a wrong line or a wrong number was not seen")
    print(f"planted faults seen, as they must be: {wrong} of 2 wrong verdicts")


KCLUST = os.path.join(ROOT, os.environ.get("KCLUST", "./kclust"))
LIB = os.path.join(ROOT, os.environ.get("LIB", "build/release/libkclust.a"))


def main():
    is_slice = sys.argv[1:] == ["--slice"]
    os.makedirs(OUT, exist_ok=True)
    compile_c("batch")
    model = compile_c("model", LIB, "-lz", "-lzstd", "-llz4", "-lunistring", "-lm", "-pthread")
    only = os.environ.get("CORPUS_ONLY", "")
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(os.environ.get("CORPUS_KEEP") or folder)
        planted(runner, model)
        begin = time.monotonic()
        groups = [("small", list(cases.small(29 if is_slice else 1))), ("lies", list(cases.lies())), ("json",
            list(cases.hard_json())),
                  ("model", list(cases.models(37 if is_slice else 1, KCLUST, folder)))]
        if is_slice:
            groups[2] = ("json", groups[2][1][::5])
        else:
            groups.append(("bombs", list(cases.bombs())))
        programs = [("release", KCLUST, model)]
        if not is_slice:
            programs.append(("sanitized", *sanitized()))
        if os.environ.get("CORPUS_BUILD"):
            programs = [p for p in programs if p[0] == os.environ["CORPUS_BUILD"]]
        for build, kclust, reader in programs:
            for name, todo in groups:
                todo = [c for c in todo if only in c.name]
                if not todo:
                    continue
                limits = build == "release"
                n, wrong, most, longest = runner.run(kclust, reader, todo, limits, f"{build}-{name}")
                count(wrong == 0, f"{build} {name}: {wrong} of {n} verdicts")
                print(f"{build:8} {name:6} {n:6} inputs, {n - wrong} verdicts right" +
                      (f", at most {most / MIB:+.1f} MiB beside base and --max-line, {longest} ms" if limits else ""))
        print("%.0f s" % (time.monotonic() - begin))
    print(f"corpus: {passed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
