#!/usr/bin/env python3
"""kclust beside scikit-learn and Faiss, measured in one run on one machine. See README.md."""

import importlib.util
import os
import sys

# `python3` may be one without scikit-learn, in front of the system's, which has it.
SYSTEM = "/usr/bin/python3"
if not importlib.util.find_spec("sklearn") and os.path.exists(SYSTEM) and not os.path.samefile(sys.executable, SYSTEM):
    os.execv(SYSTEM, [SYSTEM] + sys.argv)
if not importlib.util.find_spec("numpy"):
    sys.exit("bench: needs numpy (Debian: python3-sklearn and python3-faiss, the peers, bring it along)")

sys.dont_write_bytecode = True

import argparse
import re
import shutil
import tempfile

import common
import doubling
import effort
import jobs
import programs
import quality

NORMAL = ("S", "M40", "M10", "L50", "L256", "real", "quality", "effort")
LARGE = ("L1000", "M256", "M1000", "XL", "XL-kvec", "XXL", *doubling.TABLES)
ORDER = ("machine", *NORMAL, *LARGE, "graph", "maps", "methods", "ranks")  # the last four are written by scripts of their own
RESULTS = os.path.join(common.HERE, "RESULTS.md")
INTRO = ["# Results", "", "Written by `bench.py --write`, each section when its job was last measured; `README.md`",
         "says what each figure means.", ""]


def key_of(title):
    """The job that a section belongs to: its first word."""
    return re.match(r"[\w-]+", title).group()


def stored():
    """The sections of RESULTS.md: {title: text}."""
    if not os.path.exists(RESULTS):
        return {}
    with open(RESULTS, encoding="utf-8") as f:
        parts = re.split(r"^## (.*)\n", f.read(), flags=re.MULTILINE)[1:]
    return {title: text.strip("\n") for title, text in zip(parts[::2], parts[1::2])}


def goals_in(sections):
    """The lines about goals of these sections, each with its job in front."""
    return ["%s: %s" % (title.partition(":")[0], line.removeprefix("goal: "))
            for title, text in sections if key_of(title) != "goals"
            for line in text.splitlines() if line.startswith("goal: ")]


def store(sections):
    """Put these sections (title, lines) into RESULTS.md in place of their jobs' old ones, and all goals on top."""
    new = {title: "\n".join(["```", *lines, "```"]) for title, lines in sections}
    done = {key_of(title) for title in new}
    kept = {t: text for t, text in stored().items() if key_of(t) not in done and key_of(t) in ORDER}
    whole = sorted({**kept, **new}.items(), key=lambda section: ORDER.index(key_of(section[0])))
    goals = goals_in(whole)
    if goals:
        whole.insert(1, ("goals", "\n".join(["```", *goals, "```"])))
    text = list(INTRO)
    for title, body in whole:
        text += ["## " + title, "", body, ""]
    with open(RESULTS + ".part", "w", encoding="utf-8") as f:
        f.write("\n".join(text[:-1]) + "\n")
    os.replace(RESULTS + ".part", RESULTS)


class Bench:
    """One run of the benchmarks."""

    def __init__(self, options, work):
        self.options = options
        self.versions = common.peer_versions()
        self.runner = programs.Runner(options.kclust, options.runs, work, common.Cache(options.cached), self.versions)
        self.sets = jobs.Sets(work, common.CACHE if options.cached else None, options.scale)
        self.peaks = common.ceilings(work, self.runner.cores)
        self.sections = []

    def say(self, *sections):
        """Print the sections (title, lines) of a job; with --write keep them at once: a later job may fail."""
        for title, lines in sections:
            print("\n== %s\n" % title)
            print("\n".join(lines), flush=True)
        self.sections += sections
        if self.options.write:
            store(sections)

    def machine(self):
        pairs = common.machine(self.options.kclust, self.versions, self.peaks)
        self.say(("machine", ["%-14s%s" % pair for pair in pairs]))

    def measured(self, lines):
        """The lines, and under which conditions: sections of RESULTS.md may come from different runs."""
        version = common.version_of(self.options.kclust)
        return lines + ["", "kclust %s; others when the job began: %s" % (version, self.load)]

    def run(self, job):
        self.load = common.load()
        try:
            if job in ("real", "quality", "effort"):
                getattr(self, job)()
            elif job in doubling.TABLES:
                title, table = doubling.TABLES[job]
                self.say(("%s: %s" % (job, title), self.measured(table(self.runner, self.sets))))
            else:
                made = jobs.JOBS[job]
                lines = made.run(self.runner, self.sets, self.peaks)
                self.say(("%s: %s" % (job, made.title(self.sets)), self.measured(lines)))
        except common.Failed as e:
            self.say(("%s: did not finish" % job, self.measured(["goal: finishes: %s, MISSED" % e])))

    def real(self):
        sections = []
        for s in common.real_sets(self.options.data):
            n, d = s.rows().shape
            title = "real %s: %s x %s %s, k = 2..20, 10 restarts" % (
                s.name, format(n, ","), format(d, ","), "JSONL" + ".gz" * s.path.endswith(".gz"))
            sections.append((title, self.measured(jobs.real(self.runner, s, self.peaks))))
        self.say(*sections)

    def goals(self):
        """All goals of this run together."""
        found = goals_in((title, "\n".join(lines)) for title, lines in self.sections)
        if found:
            print("\n== goals\n\n" + "\n".join(found))

    def without_sklearn(self, job):
        if not self.versions["scikit-learn"]:
            print("\n== %s: left out, scikit-learn is absent (Debian: python3-sklearn)" % job)
        return not self.versions["scikit-learn"]

    def quality(self):
        if self.without_sklearn("quality"):
            return
        found = {s.name: quality.compare(self.runner, s) for s in common.real_sets(self.options.data)}
        if found:
            self.say(("quality: k = 2..20, 10 restarts", self.measured(quality.report(found))))

    def effort(self):
        if self.without_sklearn("effort"):
            return
        rows = []
        for s in common.real_sets(self.options.data):
            rows += effort.rows_of(self.runner, s, effort.KS)
        n, d, how = jobs.SETS["M"]
        s = self.sets.make("M", self.sets.rows(n, max(effort.KS_M)), d, how)
        rows += effort.rows_of(self.runner, s, effort.KS_M)
        self.say(("effort: time to scikit-learn's objective", self.measured(effort.report(rows))))


def options():
    """The command line."""
    shared = os.path.join(common.ROOT, "..", "shared", "data")
    data = os.environ.get("KCLUST_TEST_DATA") or (shared if os.path.isdir(shared) else None)
    a = argparse.ArgumentParser(description="kclust beside scikit-learn and Faiss: time, memory, quality.")
    a.add_argument("--jobs", help="which of %s (default: %s)" % (",".join(NORMAL + LARGE), ",".join(NORMAL)))
    a.add_argument("--large", action="store_true", help="the jobs %s" % ",".join(LARGE))
    a.add_argument("--quick", action="store_true", help="leave out the jobs of M and L, whose peers take minutes")
    a.add_argument("--quality", action="store_true", help="only the quality table: --jobs quality")
    a.add_argument("--slow-peers", action="store_true", help="also scikit-learn's KMeans beside L50 and L256")
    a.add_argument("--cached", action="store_true",
                   help="keep the sets and the peers' results and reuse them; for development")
    a.add_argument("--write", action="store_true", help="store the sections in RESULTS.md")
    a.add_argument("--kclust", default=os.environ.get("KCLUST") or os.path.join(common.ROOT, "kclust"),
                   help="the program (default: $KCLUST, else ./kclust)")
    a.add_argument("--data", default=data, help="the folder of the real sets (default: $KCLUST_TEST_DATA)")
    a.add_argument("--runs", type=int, default=3, help="runs of kclust, of which the median counts (default: 3)")
    a.add_argument("--scale", type=float, default=1, help=argparse.SUPPRESS)  # of the generated sets' rows
    o = a.parse_args()
    o.jobs = o.jobs.split(",") if o.jobs else ["quality"] if o.quality else LARGE if o.large else NORMAL
    if o.quick:
        o.jobs = [j for j in o.jobs if j[0] not in "ML"]
    unknown = [j for j in o.jobs if j not in NORMAL + LARGE]
    if unknown:
        a.error("unknown job: %s" % unknown[0])
    if not os.access(o.kclust, os.X_OK):
        a.error("%s: not there; run make first, or name it with --kclust" % o.kclust)
    if o.data and not os.path.isdir(o.data):
        a.error("%s: no folder" % o.data)
    if o.runs < 1:
        a.error("--runs: at least 1")
    if not 0 < o.scale <= 1:
        a.error("--scale: above 0, at most 1")
    if o.write and (o.scale != 1 or o.cached):
        a.error("--write: not with --scale or --cached, whose figures are none to publish")
    o.kclust = os.path.abspath(o.kclust)
    return o


def main():
    o = options()
    # numpy here computes the figures of the labels; it needs the optimised BLAS as much as the peers do.
    folder = common.openblas()
    if folder and os.environ.get("LD_LIBRARY_PATH") != folder:
        os.execve(sys.executable, [sys.executable] + sys.argv, dict(os.environ, LD_LIBRARY_PATH=folder))
    if o.slow_peers:
        jobs.slow_peers()
    os.makedirs(common.CACHE, exist_ok=True)
    work = tempfile.mkdtemp(prefix="run-", dir=common.CACHE)
    try:
        bench = Bench(o, work)
        bench.machine()
        if not o.data:
            print("\nKCLUST_TEST_DATA is not set: the only real set is the bundled sample.")
        for job in o.jobs:
            bench.run(job)
        bench.goals()
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
