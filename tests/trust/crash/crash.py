"""kclust is killed, or the power fails, while its outputs are replaced: each must be the old file or the new one.

Kills: kill -9 at every system call that a run makes after those of the dynamic loader. Power: every state of the disk
that disk.py's model allows after each call of a recorded run; once kclust has ended with exit 0, only the new files.
"""
import os
import re
import shutil
import subprocess
import sys

sys.path[:0] = [os.path.dirname(os.path.dirname(os.path.abspath(__file__))), os.path.dirname(os.path.abspath(__file__))]
import disk  # noqa: E402
import formats  # noqa: E402
from harness import (HERE, KCLUST, Harness, environment, jsonl, kvec, npy, read_file, run, steady,  # noqa: E402
                     temporary, vectors, write_file)

h = Harness("crash")
fixed = h.folder()
FIT = [KCLUST, "-q", "-j", "1", "-k", "2:3", "--n-init", "1"]
CONVERT = [KCLUST, "convert", "-j", "1"]
STRACE = ["strace", "-f", "-qq"]
MOST = 100 if h.slice else 800


class Scenario:
    def __init__(self, name, command, outputs, links=(), fresh=False, stdin=None, before=()):
        self.name, self.command, self.outputs, self.links = name, command, outputs, dict(links)
        self.fresh, self.stdin = fresh, stdin
        self.before = dict(before)  # what outputs hold that are read as well

    def old(self, name):
        return None if self.fresh else self.before.get(name, OLD)

    def real(self, cwd, name):
        return os.path.join(cwd, self.links.get(name, name))

    def prepare(self):
        cwd = h.folder()
        os.mkdir(os.path.join(cwd, "tmp"))
        for name in self.outputs:
            path = self.real(cwd, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if not self.fresh:
                write_file(path, self.old(name))
            if name in self.links:
                os.symlink(self.links[name], os.path.join(cwd, name))
        return cwd

    def run(self, cwd, wrapper=(), env=None):
        return run(list(wrapper) + self.command, cwd, self.stdin,
                   environment(TMPDIR=os.path.join(cwd, "tmp"), **(env or {})))

    def now(self, cwd):
        found = {}
        for name in self.outputs:
            path = self.real(cwd, name)
            found[name] = read_file(path) if os.path.exists(path) else None
        return found


OLD = b"".join(b"old line %d\n" % i for i in range(400))


def scenarios():
    rows = vectors(40, 4)
    many = vectors(3000, 6)
    a = {n: os.path.join(fixed, n) for n in ("a.jsonl", "a.npy", "many.kvec")}
    write_file(a["a.jsonl"], jsonl(rows))
    write_file(a["a.npy"], npy(rows))
    write_file(a["many.kvec"], kvec(many, width=180))
    both = ["-o", "labels", "-s", "side.json", a["a.jsonl"]]
    yield Scenario("labels and sidecar", FIT + both, ("labels", "side.json"))
    yield Scenario("new files", FIT + both, ("labels", "side.json"), fresh=True)
    yield Scenario("links", FIT + ["-o", "link", "-s", "b/side.json", a["a.npy"]], ("link", "b/side.json"),
                   links={"link": "dir/real"})
    yield Scenario("model", FIT + ["-m", "model"] + both, ("model", "labels", "side.json"))
    yield Scenario("records", FIT + ["--clusters", "records.jsonl"] + both, ("records.jsonl", "labels", "side.json"))
    model = os.path.join(fixed, "model")
    subprocess.run(FIT + ["-o", "/dev/null", "-m", model, a["a.npy"]], env=environment(), check=True)
    yield Scenario("assign", [KCLUST, "assign", "-q", "-j", "1", "-m", model, "--prometheus", "metrics"] + both,
                   ("labels", "side.json", "metrics"))
    yield Scenario("update", [KCLUST, "update", "-q", "-j", "1", "-m", "m", "--late", "late"] + both,
                   ("m", "labels", "side.json", "late"), before={"m": read_file(model)})
    yield Scenario("sidecar alone", FIT + ["-s", "side.json"], ("side.json",), stdin=jsonl(rows))
    yield Scenario("npy and terms", CONVERT + ["-o", "x.npy", a["a.jsonl"]], ("x.npy", "x.npy.terms"))
    yield Scenario("kvec", CONVERT + ["-o", "x.kvec"], ("x.kvec",), stdin=jsonl(rows))
    labels = os.path.join(fixed, "labels")
    subprocess.run(FIT + ["-o", labels, a["a.npy"]], env=environment(), check=True)
    yield Scenario("score", [KCLUST, "score", "-j", "1", "-o", "scores", labels, a["a.npy"]], ("scores",))
    yield Scenario("suggest", [KCLUST, "suggest", "-j", "1", "-k", "2:3", "--resamples", "1", "-o", "said", a["a.npy"]], ("said",))
    yield Scenario("map", [KCLUST, "map", "-q", "-j", "1", "--save-map", "map", "-o", "places", a["a.npy"]], ("places", "map"))
    yield Scenario("why", [KCLUST, "why", "-j", "1", "-m", model, "--row", "#1", "-o", "said", a["a.npy"]], ("said",))
    yield Scenario("diff", [KCLUST, "diff", "-j", "1", "--json", "-o", "changes", labels, labels], ("changes",))
    yield Scenario("report", [KCLUST, "report", "-q", "-j", "1", "--method", "pca", "-o", "page", labels, a["a.npy"]], ("page",))
    yield Scenario("plot", [KCLUST, "plot", "silhouette", "-q", "-j", "1", "-o", "s.svg", labels, a["a.npy"]], ("s.svg",))
    yield Scenario("fit and report", FIT + ["--report", "page"] + both, ("page", "labels", "side.json"))
    yield Scenario("update and report", [KCLUST, "update", "-q", "-j", "1", "-m", "m", "--report", "page", "-o", "labels", a["a.jsonl"]],
                   ("m", "page", "labels"), before={"m": read_file(model)})
    yield Scenario("score and report", [KCLUST, "score", "-j", "1", "--report", "page", "-o", "scores", labels, a["a.npy"]],
                   ("page", "scores"))
    yield Scenario("edit", [KCLUST, "edit", "-q", "-j", "1", "-m", "m", "--merge", "0,1", "--split", "2", "-s", "side.json",
                            a["a.jsonl"]], ("m", "side.json"), before={"m": read_file(model)})
    part = os.path.join(fixed, "part")
    subprocess.run([KCLUST, "assign", "-q", "-m", model, "--tally", part, "-o", labels, a["a.npy"]], env=environment(), check=True)
    yield Scenario("tally", [KCLUST, "assign", "-q", "-j", "1", "-m", model, "--tally", "part", "-o", "labels", a["a.npy"]],
                   ("part", "labels"))
    yield Scenario("merge", [KCLUST, "merge", "-q", "-o", "m", "-s", "side.json", part], ("m", "side.json"))
    yield Scenario("edit labels", [KCLUST, "edit", "-j", "1", "--merge", "0,1", "-o", "edited", labels], ("edited",))
    index, fields = os.path.join(fixed, "ids.faiss"), os.path.join(fixed, "fields.json")
    write_file(index, next(data for what, _, data, _ in formats.others(rows) if what == "faiss with ids"))
    write_file(fields, formats.index_of_fields(len(rows)))
    yield Scenario("index and fields", CONVERT + ["--metadata", fields] + formats.WITH_INDEX + ["-o", "x.faiss", index],
                   ("x.faiss", "x.faiss.terms"))
    yield Scenario("many labels", FIT + ["-o", "labels", a["many.kvec"]], ("labels",))
    yield Scenario("many rows", CONVERT + ["-o", "x.npy", a["many.kvec"]], ("x.npy", "x.npy.terms"))


def calls(s):
    """Return [(name, N)] of every system call of the run after those of the dynamic loader, the Nth of its name."""
    cwd = s.prepare()
    s.run(cwd, STRACE + ["-o", os.path.join(cwd, "tmp", "log")])
    lines = re.findall(r"^(?:\d+ +)?(\w+)\((.*)", read_file(os.path.join(cwd, "tmp", "log")).decode("latin-1"), re.M)
    shutil.rmtree(cwd)
    count, found, begun = {}, [], s.command[0] != KCLUST
    for name, rest in lines:
        count[name] = count.get(name, 0) + 1
        begun |= name == "fcntl" and rest.startswith("0, F_GETFD")
        if begun and name not in ("execve", "exit_group"):
            found.append((name, count[name]))
    return found


def old_or_new(s, found, new):
    for name in s.outputs:
        data = found[name]
        if data == s.old(name) or (data is not None and steady(data) == steady(new[name])):
            continue
        return "%s is neither the old file nor the new one: %s" % (
            name, "it is gone" if data is None else "%d bytes, %r ..." % (len(data), data[:24]))
    return ""


def killed(job):
    s, new, name, n = job
    cwd = s.prepare()
    seen = s.run(cwd, STRACE + ["-o", "/dev/null", "-e", "trace=" + name,
                                "-e", "inject=%s:signal=KILL:when=%d" % (name, n)])
    found = s.now(cwd)
    complaint = old_or_new(s, found, new)
    done = all(found[o] is not None and steady(found[o]) == steady(new[o]) for o in s.outputs)
    if not complaint and seen.code != -9:
        complaint = "not killed: %r" % seen
    left = sum((temporary(os.path.dirname(s.real(cwd, o))) for o in s.outputs), [])
    if not complaint and n % 3 == 0 and not done:  # what is left behind is in nobody's way (an update would go on)
        again = s.run(cwd)
        if again.code != 0 or old_or_new(s, s.now(cwd), new):
            complaint = "the next run beside %s: %r" % (left, again)
    shutil.rmtree(cwd)
    return complaint


def power(s, env=None, inside=None):
    """Return (states, distinct states, complaints) of a recorded run. inside: the set that distinct states are added
    to."""
    cwd = os.path.realpath(s.prepare())
    d = disk.Disk(cwd)
    log = os.path.join(h.folder(), "log")
    seen = s.run(cwd, STRACE + ["-xx", "-s", "100000000", "-o", log] + disk.TRACED +
                 [x for k, v in (env or {}).items() for x in ("-E", "%s=%s" % (k, v))])
    new = s.now(cwd)
    if seen.code != 0 or (s.command[0] == KCLUST and None in new.values()):
        return 0, 0, ["the run failed: %r" % seen]
    total, complaints, distinct = 0, [], set()
    with open(log, encoding="latin-1") as f:
        lines = f.read().splitlines()
    for i, line in enumerate(lines + ["the end"]):
        done = i == len(lines)  # exit 0 has been seen
        if not done and not d.call(line):
            continue
        for state in disk.states(d, h.random, MOST):
            total += 1
            distinct.add(hash(frozenset((p.replace(cwd, ""), hash(c)) for p, c in state.items())))
            found = {name: state.get(s.real(cwd, name)) for name in s.outputs}
            what = old_or_new(s, found, new)
            if not what and done and any(found[n] != new[n] for n in s.outputs):
                what = "the run had succeeded, and the new file is not on disk for certain"
            if what and len(complaints) < 3:
                complaints.append("after %s: %s" % (re.sub(r'"(\\x..)+"', '"..."', line)[:70], what))
    now = d.names  # the model, without a crash, must have seen what happened
    for name in s.outputs:
        path = s.real(cwd, name)
        if path in now and now[path].now() != new[name]:
            complaints.append("the model went wrong: %s" % name)
    shutil.rmtree(cwd)
    if inside is not None:
        inside.update(hash((s.name, x)) for x in distinct)
    return total, len(distinct), complaints


def main():
    can = subprocess.run(STRACE + ["-o", "/dev/null", "true"], check=False, capture_output=True).returncode == 0 \
        if shutil.which("strace") else False
    if not can:
        h.skip("all", "strace is not installed or may not trace")
        h.end()
    shim = h.compile(os.path.join(HERE, "torture-io", "shim.c"), shared=True)
    everything = list(scenarios())
    fit = everything[0]

    for what, lie in (("kclust without its syncs", {"TIO_LIE": "fsync"}),
                      ("kclust without the sync of the sidecar", {"TIO_LIE": "fsync", "TIO_AT": "1"}),
                      ("kclust without the last sync, of the directory", {"TIO_LIE": "fsync", "TIO_AT": "4"})):
        h.planted(what, "; ".join(power(fit, dict(lie, LD_PRELOAD=shim))[2]))
    write_file(os.path.join(fixed, "new"), OLD.replace(b"old", b"new") * 3)
    in_place = Scenario("dd", ["dd", "if=" + os.path.join(fixed, "new"), "of=target", "bs=2000", "conv=fsync",
                               "status=none"], ("target",))
    unsynced = Scenario("sed", ["sed", "-i", "s/old/newer/", "target"], ("target",))
    h.planted("dd, which writes in place, after a power cut", "; ".join(power(in_place)[2]))
    h.planted("sed -i, which renames without a sync, after a power cut", "; ".join(power(unsynced)[2]))
    cwd = in_place.prepare()
    in_place.run(cwd)
    new = in_place.now(cwd)
    wrong = [c for c in h.map(killed, [(in_place, new, n, i) for n, i in calls(in_place) if n == "write"]) if c]
    h.planted("dd, which writes in place, killed", wrong[0] if wrong else "")

    kills = total = 0
    distinct = set()
    for s in everything:
        label = "power/%s" % s.name
        if h.wanted(label):
            n, _, complaints = power(s, inside=distinct)
            total += n
            h.ok(label, "; ".join(complaints))
        cwd = s.prepare()
        seen = s.run(cwd)
        new = s.now(cwd)
        h.ok("undisturbed/%s" % s.name, "" if seen.code == 0 else repr(seen))
        places = calls(s)
        if h.slice:  # where files are changed, and some of the others
            sharp = {"write", "pwrite64", "openat", "fsync", "rename", "close", "unlink"}
            places = [p for p in places if p[0] in sharp] if s in everything[:1] else h.random.sample(places, 8)
        jobs = [(s, new, n, i) for n, i in places if h.wanted("kill/%s/%s:%d" % (s.name, n, i))]
        for job, complaint in zip(jobs, h.map(killed, jobs)):
            h.ok("kill/%s/%s:%d" % (s.name, job[2], job[3]), complaint)
        kills += len(jobs)
    if not h.only:
        few = len(distinct) < (300 if h.slice else 2000)
        h.ok("enough", "only %d different states" % len(distinct) if few else "")
    h.end("crash: %d kills; %d states of the disk after a power cut, %d of them different, in %d scenarios" %
          (kills, total, len(distinct), len(everything)))


main()
