"""What the harnesses that disturb kclust share: one run in a box (a folder of its own), and the verdict on it.

A disturbed run must end exactly like the undisturbed one, or with exit status 4, one message, nothing on standard
output (if the verb streams: whole lines of the right output), and every file in the box as it was before.
"""
import os
import re
import signal
import tempfile

TIMES = [  # seconds and memory differ from run to run; a memory of 0 means that it was not measured
    (re.compile(rb", [0-9.]+ s(?: \(read [0-9.]+, (?:space [0-9.]+, )?sweep [0-9.]+\))?, peak [1-9][0-9.]* ?[kMG]?B$", re.M), b", TIME, PEAK"),
    (re.compile(rb'"seconds": ?\{[^}]*\}'), b'"seconds": {}'),
    (re.compile(rb'"seconds": ?[0-9][0-9.e-]*'), b'"seconds": {}'),
    (re.compile(rb'"peak_rss": ?[1-9][0-9]*'), b'"peak_rss": N'),
]


# Without memory for a second descriptor's bookkeeping, or to make lists smaller, rows lie elsewhere or lists take more:
# -v says so, and labels and files are the same.
WHERE = [(re.compile(rb"(?m)^kclust: rows: (read again|in a temporary file)[^\n]*"), b"kclust: rows: ELSEWHERE"),
         (re.compile(rb"(?m)^kclust: memory: [^\n]* for the data,"), b"kclust: memory: SOME for the data,")]


def steady(data):
    for pattern, word in TIMES + WHERE:
        data = pattern.sub(word, data)
    return data


class Box:
    """A folder that runs start in. It is given the same files before each run, and shows what the run has left."""

    def __init__(self, top, uid=None):
        self.uid = uid
        self.top = tempfile.mkdtemp(prefix="box-", dir=top)
        self.cwd = os.path.join(self.top, "cwd")
        os.mkdir(self.cwd)
        os.mkdir(os.path.join(self.cwd, "tmp"))
        if uid is not None:
            for path in (self.top, self.cwd, os.path.join(self.cwd, "tmp")):
                os.chmod(path, 0o777)

    def files(self):
        found = {}
        for folder, _, names in os.walk(self.cwd):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as f:
                    found[os.path.relpath(path, self.cwd)] = f.read()
        return found

    def set(self, files, now):
        """Make the folder hold `files`; `now` are those that it holds."""
        for name in now:
            if name not in files:
                os.unlink(os.path.join(self.cwd, name))
        for name, data in files.items():
            if now.get(name) != data:
                with open(os.path.join(self.cwd, name), "wb") as f:
                    f.write(data)
                if self.uid is not None:
                    os.chmod(f.name, 0o666)


class Result:
    def __init__(self, code, hung, out, err, files):
        self.code, self.hung, self.out, self.err, self.files = code, hung, out, err, files

    def same(self, other):
        return (self.code == other.code and self.out == other.out and steady(self.err) == steady(other.err) and
                {n: steady(d) for n, d in self.files.items()} == {n: steady(d) for n, d in other.files.items()})


def run(box, argv, env, before, stdin="/dev/null", seconds=120):
    """Run argv in the box, which holds the files `before` and no others. env: variables beside PATH, TMPDIR and
    LC_ALL."""
    box.set(before, box.files())
    out, err = os.path.join(box.top, "out"), os.path.join(box.top, "err")
    made = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    hung = []
    os.chdir(box.cwd)
    pid = os.posix_spawnp(argv[0], argv, {"PATH": os.environ["PATH"], "TMPDIR": "tmp", "LC_ALL": "C", **env},
                          setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],  # Python ignores them
                          file_actions=[(os.POSIX_SPAWN_OPEN, 0, stdin, os.O_RDONLY, 0),
                                        (os.POSIX_SPAWN_OPEN, 1, out, made, 0o666),
                                        (os.POSIX_SPAWN_OPEN, 2, err, made, 0o666)])

    def kill(*_):
        hung.append(1)
        os.kill(pid, signal.SIGKILL)

    signal.signal(signal.SIGALRM, kill)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    _, status = os.waitpid(pid, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    with open(out, "rb") as f, open(err, "rb") as g:
        return Result(os.waitstatus_to_exitcode(status), bool(hung), f.read(), g.read(), box.files())


def messages(err):
    """Return the lines of standard error that are messages, and how many lines are not kclust's."""
    lines = err.decode("utf-8", "replace").split("\n")
    left = lines.pop()
    ours = [s for s in lines if re.match(r"kclust: .", s) and not s.startswith("kclust: warning: ")]
    return ours, sum(1 for s in lines if not s.startswith("kclust: ")) + (left != "")


def fault(base, got, before, streams=False, verbose=False):
    """Return what is wrong with a disturbed run, or None. base: the undisturbed run; verbose: it ran with -v, whose
    lines look like messages."""
    if got.hung:
        return "hung"
    if got.code < 0:
        return "died by %s" % signal.Signals(-got.code).name
    if got.code == base.code and got.code != 4:
        return None if got.same(base) else "exit %d as without trouble, but other output" % got.code
    if got.code != 4:
        return "exit %d, expected 4 or %d" % (got.code, base.code)
    ours, others = messages(got.err)
    if others or (len(ours) < 1 if verbose else len(ours) != 1):
        return "exit 4 with %d messages and %d other lines" % (len(ours), others)
    if got.out and not (streams and base.out.startswith(got.out) and got.out.endswith(b"\n")):
        return "exit 4 with output"
    if got.files != before:
        changed = sorted(n for n in set(got.files) | set(before) if got.files.get(n) != before.get(n))
        return "exit 4, but left otherwise than before: %s" % ", ".join(changed)
    return None
