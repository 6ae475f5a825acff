"""Standard input, output and error, operands and named outputs in every condition that shells and cron jobs bring
about. Checked are exit status, message, standard output, and every name below the folder afterwards.

A cell is a verb, a channel and a condition. Nothing but what a cell names may have changed. An output that cannot be
written must be found before the first byte of input arrives: standard input is kept open and empty meanwhile.
"""
import os
import shutil
import socket
import stat
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from harness import (KCLUST, NEVER_S, Harness, environment, jsonl, one_message, read_file, steady, vectors,  # noqa: E402
                     write_file)

h = Harness("contract")
NOBODY = 65534
ROWS = jsonl(vectors(30, 4))
OTHER = jsonl(vectors(12, 4, seed=3))
OLD = b"the old contents\n"
MANY = jsonl(vectors(4000, 8), width=100)
MODEL, LABELS = os.path.join(h.tmp, "model"), os.path.join(h.tmp, "labels")
SUMMARY, PLACES = os.path.join(h.tmp, "summary"), os.path.join(h.tmp, "places")
SAME_MODEL = os.path.join(h.tmp, "same-model")  # which no cell updates: why tells more of it than update leaves
VERBS = {  # what a verb is called with; all of them read standard input or an operand and write standard output
    "fit": ["fit", "-q", "-k", "3"],
    "convert": ["convert", "-q"],
    "neighbours": ["neighbours", "-q", "--neighbours", "4"],
    "map": ["map", "-q"],
    "suggest": ["suggest", "-q", "-k", "2:3", "--resamples", "2"],
    "why": ["why", "-q", "--row", "#1", "-m", SAME_MODEL],
    "info": ["info", "-q"],
    "assign": ["assign", "-q", "-m", MODEL],
    "update": ["update", "-q", "-n", "-m", MODEL],
    "score": ["score", "-q", LABELS],
    "diff": ["diff", "-q", LABELS],
    "edit": ["edit", "-q", "--merge", "0,1"],
    "report": ["report", "-q", "--method", "pca", "--keywords", "0", LABELS],
    "plot": ["plot", "silhouette", "-q", LABELS],
}
OF_LABELS = ("diff", "edit")  # verbs that read labels instead of rows
BEHIND_LABELS = ("score", "diff", "report", "plot")  # whose operand comes behind that of LABELS
NEED_DASH = ("diff", "report", "plot")  # verbs that read standard input only if it is named
# named outputs; but for -o the labels go to standard output
NAMED = [("fit", "-o"), ("fit", "-s"), ("fit", "-m"), ("fit", "--clusters"), ("convert", "-o"), ("neighbours", "-o"), ("assign", "-o"), ("assign", "-s"),
         ("assign", "--prometheus"), ("update", "-o"), ("update", "--save"), ("update", "--late"), ("score", "-o"), ("why", "-o"), ("suggest", "-o"),
         ("map", "-o"), ("map", "--save-map"),
         ("diff", "-o"), ("edit", "-o"), ("report", "-o"), ("plot", "-o"), ("fit", "--report"), ("update", "--report"),
         ("score", "--report"), ("diff", "--report"), ("suggest", "--report")]
BAD_FD = "Bad file descriptor"
FULL = "No space left on device"
SIGPIPE = -13


def contents_of(path, mode):
    """Return a file's bytes, even if its mode denies them to the owner; or that the file cannot be read at all."""
    try:
        return read_file(path)
    except PermissionError:
        try:
            os.chmod(path, mode | stat.S_IRUSR)
        except PermissionError:
            return b"(not readable)"
    try:
        return read_file(path)
    finally:
        os.chmod(path, mode)


def snapshot(folder):
    """Return every name below a folder with its kind, and its contents, target or mode."""
    found = {}
    for at, folders, files in os.walk(folder):
        for f in folders + files:
            path = os.path.join(at, f)
            st = os.lstat(path)
            kind = stat.S_IFMT(st.st_mode)
            mode = stat.S_IMODE(st.st_mode)
            what = (os.readlink(path) if kind == stat.S_IFLNK else
                    contents_of(path, mode) if kind == stat.S_IFREG else b"")
            found[os.path.relpath(path, folder)] = (kind, what, mode & 0o777)
    return found


def reads(verb, many=False):
    """Return the arguments that make a verb read standard input."""
    args = [x + "-many" if many and x in (MODEL, SAME_MODEL, LABELS) else x for x in VERBS[verb]]
    return args + (["-"] if verb in NEED_DASH else [])


def contents(verb, many=False):
    """Return what a verb reads: rows, or labels."""
    if verb in OF_LABELS:
        return read_file(LABELS + ("-many" if many else ""))
    return MANY if many else ROWS


class Cell:
    """One cell: label, args, the shell's redirections, and what goes into standard input (None: kept open and empty);
    and what is expected: code, message, standard output (None: not checked), and {name: contents} of new files."""

    def __init__(self, label, args, redirect="", stdin=b"", code=0, say=None, out=None, new=None, prepare=None,
                 user=None, wrap=None, after=None, kclust=KCLUST, ignore_pipe=False, deaf=False):
        self.__dict__.update(locals())
        self.number = None  # of the descriptor that prepare has opened for it

    def run(self):
        cwd = h.folder()
        os.chmod(cwd, 0o755)
        write_file(os.path.join(cwd, "a"), contents(self.args[0] if self.args[:1] and self.args[0] in OF_LABELS else "fit"))
        extra = []
        try:
            if self.prepare:
                extra = self.prepare(cwd) or []
            return self.judge(cwd, *self.go(cwd, extra))
        finally:
            for x in extra:
                x.close()
            shutil.rmtree(cwd, ignore_errors=True)

    def go(self, cwd, extra):
        before = snapshot(cwd)
        trap = "trap '' PIPE; " if self.ignore_pipe else ""
        command = (self.wrap or []) + ["sh", "-c", trap + 'exec "$@" ' + self.redirect, "sh", self.kclust] + self.args
        fds = [subprocess.PIPE] * 3
        for x in extra:
            fds[self.number] = x
        p = subprocess.Popen(command, cwd=cwd, stdin=fds[0], stdout=fds[1], stderr=fds[2], user=self.user,
                             group=self.user, extra_groups=[] if self.user else None, env=environment(TMPDIR=cwd))
        for x in extra:  # ours would keep pipes open
            x.close()
        try:
            if self.stdin is None:  # open and empty: what fails must fail without it
                p.wait(NEVER_S)
            out, err = p.communicate(self.stdin if p.stdin else None, timeout=NEVER_S)
        except subprocess.TimeoutExpired:
            p.kill()
            out, err = p.communicate()
            return before, None, out or b"", err or b""
        return before, p.returncode, out or b"", err or b""

    def judge(self, cwd, before, code, out, err):
        got = "(exit %s, stderr %r)" % (code, err[-300:])
        if code is None:
            return "hangs"
        if code != self.code:
            return "expected exit %d %s" % (self.code, got)
        if self.say is not None and err != ("kclust: %s\n" % self.say).encode() and not self.deaf:
            return "expected the message %r %s" % (self.say, got)
        if code in (1, 2, 4) and not one_message(err) and not self.deaf:
            return "expected one message %s" % got
        if code not in (1, 2, 4) and self.say is None and err:
            return "expected no message %s" % got
        if self.out is not None and steady(out) != steady(self.out):
            return "other bytes on standard output: %r %s" % (out[:200], got)
        now = snapshot(cwd)
        for name in sorted(set(now) | set(before)):
            if self.new and name in self.new:
                if name not in now or steady(now[name][1]) != steady(self.new[name]):
                    return "%s is not the new file %s" % (name, got)
                if name in before and (before[name][0], before[name][2]) != (now[name][0], now[name][2]):
                    return "kind or mode of %s changed %s" % (name, got)
            elif now.get(name) != before.get(name):
                how = "was made" if name not in before else "is gone" if name not in now else "changed"
                return "%s: %s %s" % (name, how, got)
        return self.after(cwd) if self.after else ""


class Reader:
    """Reads a descriptor or a FIFO to its end in a thread, slowly at first."""

    def __init__(self, source):
        self.data, self.source = b"", source
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        with (open(self.source, "rb") if isinstance(self.source, str) else os.fdopen(self.source, "rb")) as f:
            time.sleep(0.05)
            self.data = f.read()

    def got(self, want):
        self.thread.join(NEVER_S)
        same = steady(self.data) == steady(want)
        return "" if same else "%d bytes came through, expected %d" % (len(self.data), len(want))


class Writer:
    """Writes to a descriptor or a FIFO in pieces, with pauses."""

    def __init__(self, target, data, pieces=4):
        def work():
            try:
                with (open(target, "wb", 0) if isinstance(target, str) else os.fdopen(target, "wb", 0)) as f:
                    step = len(data) // pieces + 1
                    for i in range(0, len(data), step):
                        f.write(data[i:i + step])
                        time.sleep(0.01)
            except BrokenPipeError:
                pass
        threading.Thread(target=work, daemon=True).start()


def plain(args, data=ROWS, more=()):
    """Return what a verb writes in the ordinary case."""
    p = subprocess.run([KCLUST] + args + list(more), input=data, capture_output=True, cwd=h.tmp, env=environment(),
                       check=False)
    if p.returncode != 0:
        raise SystemExit("contract: kclust %s: exit %d: %r" % (" ".join(args), p.returncode, p.stderr))
    return p.stdout


def unblocked(fd):
    os.set_blocking(fd, False)
    return fd


def piped_cell(label, args, number, make, **how):
    """A cell whose descriptor `number` is made when it runs: make(folder) returns its file object, and `after` or
    None."""
    cell = Cell(label, args, **how)

    def prepare(cwd):
        mine, after = make(cwd)
        cell.after = after
        return [mine]
    cell.prepare, cell.number = prepare, number
    return cell


def nonblocking_input(data):
    def make(_):
        r, w = os.pipe()
        Writer(w, data)
        return os.fdopen(unblocked(r), "rb"), None
    return make


def nonblocking_output(want):
    def make(_):
        r, w = os.pipe()
        reader = Reader(r)
        return os.fdopen(unblocked(w), "wb", 0), lambda cwd: reader.got(want)
    return make


def at_second_line(cwd):
    f = open(cwd + "/a", "rb", 0)
    f.readline()
    return f, None


def socket_input(data):
    def make(_):
        a, b = socket.socketpair()
        a.sendall(data)
        a.close()
        return b, None
    return make


def socket_output(want):
    def make(_):
        a, b = socket.socketpair()
        reader = Reader(os.dup(a.fileno()))
        a.close()
        return b, lambda cwd: reader.got(want)
    return make


def closed_socket(_):
    a, b = socket.socketpair()
    a.close()
    return b, None


def closed_pipe(_):
    r, w = os.pipe()
    os.close(r)
    return os.fdopen(w, "wb"), None


def fifo_input(name, data):
    def prepare(cwd):
        os.mkfifo(os.path.join(cwd, name))
        Writer(os.path.join(cwd, name), data)
    return prepare


def stdin_cells():
    for verb, args in VERBS.items():
        args, data, wants = reads(verb), contents(verb), "labels" if verb in OF_LABELS else "records"
        want, first, many = plain(args, data), data.index(b"\n") + 1, plain(reads(verb, True), contents(verb, True))
        where = "%s/stdin/" % verb
        yield Cell(where + "pipe", args, stdin=data, out=want)
        yield Cell(where + "closed", args, "<&-", code=4, say="standard input: cannot read: " + BAD_FD, out=b"")
        yield Cell(where + "write-only", args, "0>>a", code=4, say="standard input: cannot read: " + BAD_FD, out=b"")
        yield Cell(where + "read and write", args, "0<>a", out=want)
        yield Cell(where + "directory", args, "<.", code=4, say="standard input: is a directory", out=b"")
        yield Cell(where + "empty", args, "</dev/null", code=1, say="standard input: no %s" % wants, out=b"")
        yield Cell(where + "endless zeros", args, "</dev/full", code=1, out=b"", say=None if verb in OF_LABELS else
                   "standard input: not a format that kclust knows: starts with 0x00 0x00 0x00 0x00, expected one of "
                   "kclust-formats(5); rows of float32 without a header need -i raw --dim N")
        if verb in ("score", "report", "plot"):  # the labels are of all rows
            yield piped_cell(where + "offset", args, 0, at_second_line, code=1, out=b"")
        else:
            yield piped_cell(where + "offset", args, 0, at_second_line, out=plain(args, data[first:]))
        yield Cell(where + "FIFO", args, "<fifo", out=want, prepare=fifo_input("fifo", data))
        yield piped_cell(where + "non-blocking", reads(verb, True), 0, nonblocking_input(contents(verb, True)), out=many)
        yield piped_cell(where + "socket", args, 0, socket_input(data), out=want)


def stdout_cells():
    for verb, args in VERBS.items():
        files, args, data = args + ["a"], reads(verb), contents(verb)
        want, many = plain(args, data), plain(reads(verb, True), contents(verb, True))
        where, cannot = "%s/stdout/" % verb, "standard output: cannot write: "
        for what, redirect in (("closed", ">&-"), ("read-only", "1<a"), ("directory", "1<.")):
            yield Cell(where + what, args, redirect, code=4, say=cannot + BAD_FD, stdin=None)
        yield Cell(where + "full", files, ">/dev/full", code=4, say=cannot + FULL)
        yield Cell(where + "new file", files, ">out", new={"out": want})
        yield Cell(where + "append", files, ">>b", prepare=lambda d: write_file(d + "/b", OLD), new={"b": OLD + want})
        yield Cell(where + "behind what is there", files, "1<>b", new={"b": want + OLD[len(want):]},
                   prepare=lambda d: write_file(d + "/b", OLD))
        yield piped_cell(where + "non-blocking", reads(verb, True), 1, nonblocking_output(many),
                         stdin=contents(verb, True))
        yield piped_cell(where + "socket", args, 1, socket_output(want), stdin=data)
        yield piped_cell(where + "reader gone", files, 1, closed_pipe, code=SIGPIPE)
        yield piped_cell(where + "reader gone, SIGPIPE ignored", files, 1, closed_pipe, code=4,
                         say=cannot + "Broken pipe", ignore_pipe=True)
        yield piped_cell(where + "socket closed", files, 1, closed_socket, code=SIGPIPE)
        fifo = {}

        def made(cwd, fifo=fifo):
            os.mkfifo(cwd + "/fifo")
            fifo["reader"] = Reader(cwd + "/fifo")
        yield Cell(where + "FIFO", files, ">fifo", prepare=made, after=lambda d, f=fifo, w=want: f["reader"].got(w))
    for verb in ("fit", "info"):  # they read to the end before they write
        yield Cell(verb + "/stdout/input itself, appended", VERBS[verb] + ["a"], ">>a",
                   new={"a": ROWS + plain(VERBS[verb])})
    for verb in ("convert", "assign"):  # they would read what they write
        for what, more, redirect, name in (("operand", ["a"], ">>a", "a"), ("stdin", [], "<a >>a", "standard input")):
            yield Cell("%s/stdout/input itself, appended, %s" % (verb, what), VERBS[verb] + more, redirect, code=2,
                       say=name + ": is the file that the output goes to as well")


def stderr_cells():
    for verb, args in VERBS.items():
        want, files, bad = plain(reads(verb), contents(verb)), args + ["a"], args + ["missing"]
        where = "%s/stderr/" % verb
        for what, redirect in (("closed", "2>&-"), ("full", "2>/dev/full"), ("read-only", "2<a"), ("directory", "2<.")):
            yield Cell(where + what, files, redirect, out=want)
            yield Cell(where + what + ", bad run", bad, redirect, code=4, out=b"", deaf=True)
        yield piped_cell(where + "reader gone, bad run", bad, 2, closed_pipe, code=SIGPIPE, out=b"")
        yield piped_cell(where + "reader gone, SIGPIPE ignored, bad run", bad, 2, closed_pipe, code=4, out=b"",
                         ignore_pipe=True, deaf=True)
        yield piped_cell(where + "reader gone, nothing to say", files, 2, closed_pipe, out=want)
        message = "kclust: missing: cannot open: No such file or directory\n".encode()
        yield piped_cell(where + "non-blocking and full, bad run", bad, 2, full_pipe(message), code=4, out=b"",
                         deaf=True)
        yield Cell(where + "with standard output", bad, "2>&1", code=4, out=message, deaf=True)
    yield Cell("fit/all closed", ["-k", "3", "-o", "out", "a"], "<&- >&- 2>&-", new={"out": plain(VERBS["fit"])})


def full_pipe(message):
    """Standard error is a full pipe: the message must wait until there is room."""
    def make(_):
        r, w = os.pipe()
        unblocked(w)
        before = 0
        try:
            while True:
                before += os.write(w, b"x" * 4096)
        except BlockingIOError:
            pass
        reader = Reader(r)
        return os.fdopen(w, "wb", 0), lambda cwd: reader.got(b"x" * before + message)
    return make


def operand_cells():
    for verb, args in VERBS.items():
        data, wants = contents(verb), "labels" if verb in OF_LABELS else "records"
        want = plain(reads(verb), data)
        where = "%s/operand/" % verb

        def fails(what, operand, say, code=4, **how):
            return Cell(where + what, args + [operand], code=code, say="%s: %s" % (operand, say), out=b"", stdin=None,
                        **how)
        yield Cell(where + "file", args + ["a"], out=want)
        yield Cell(where + "link", args + ["l"], out=want, prepare=lambda d: os.symlink("a", d + "/l"))
        yield Cell(where + "FIFO", args + ["fifo"], out=want, prepare=fifo_input("fifo", data))
        yield Cell(where + "not writable", args + ["a"], out=want, prepare=lambda d: os.chmod(d + "/a", 0o444))
        yield Cell(where + "- is standard input", args + ["-"], stdin=data, out=want)
        yield Cell(where + "/dev/stdin", args + ["/dev/stdin"], stdin=data, out=want)
        yield fails("missing", "x/y", "cannot open: No such file or directory")
        if verb not in OF_LABELS:
            yield Cell(where + "missing behind one that is there", args + ["a", "missing"], code=4, out=b"", stdin=None,
                       say="missing: cannot open: No such file or directory" +
                       ("" if verb == "info" else "; an output is named by -o"))
        yield fails("dangling link", "l", "cannot open: No such file or directory",
                    prepare=lambda d: os.symlink("nothing", d + "/l"))
        yield fails("link loop", "l", "cannot open: Too many levels of symbolic links",
                    prepare=lambda d: os.symlink("l", d + "/l"))
        yield fails("directory", "d", "is a directory", prepare=lambda d: os.mkdir(d + "/d"))
        yield fails("file as a directory", "a/", "cannot open: Not a directory")
        yield fails("name too long", "x" * 300, "cannot open: File name too long")
        yield fails("socket", "s", "cannot open: No such device or address", prepare=bound_socket)
        yield fails("not readable", "a", "cannot open: Permission denied", prepare=lambda d: os.chmod(d + "/a", 0o200),
                    user=NOBODY)
        yield fails("in a closed directory", "d/a", "cannot open: Permission denied", user=NOBODY,
                    prepare=lambda d: (os.mkdir(d + "/d", 0o700), write_file(d + "/d/a", ROWS))[:0])
        yield fails("empty file", "e", "no " + wants, code=1, prepare=lambda d: write_file(d + "/e", b""))
        yield fails("/dev/null", "/dev/null", "no " + wants, code=1)
        yield Cell(where + "empty name", args + [""], code=2, stdin=None, say="operand %d: the file name is empty" %
                   (2 if verb in BEHIND_LABELS else 1))


def bound_socket(cwd):
    here = os.getcwd()
    s = socket.socket(socket.AF_UNIX)
    with BIND:
        os.chdir(cwd)  # the path of a socket must be short
        s.bind("s")
        os.chdir(here)
    s.close()


BIND = threading.Lock()


def read_only_mount():
    """Return a command prefix that makes ./ro a read-only file system, or None."""
    wrap = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs -o size=64k none ro && echo old >ro/out && '
            'mount -o remount,ro ro && exec "$@"', "sh"]
    d = h.folder()
    os.mkdir(d + "/ro")
    try:
        ok = subprocess.run(wrap + ["true"], cwd=d, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        ok = False
    return wrap if ok else None


def output_cells():
    read_only = read_only_mount()
    for verb, option in NAMED:
        base = [x for x in VERBS[verb] if x != "-n" or option != "--save"]  # a dry run saves nothing
        piped, text = base + reads(verb)[len(VERBS[verb]):], contents(verb)
        labels = plain(piped, text)
        want = labels
        if option != "-o":
            made_once = os.path.join(h.folder(), "made")
            if option == "--report":  # the page has the names of what was read
                write_file(os.path.join(h.tmp, "a"), text)
                plain(base + [option, made_once, "a"])
            else:
                plain(piped + [option, made_once], text)
            want = read_file(made_once)
        elsewhere = labels if option != "-o" else b""
        where = "%s/%s/" % (verb, option)
        long = "x" * 255

        def args(name, option=option, base=base):
            return base + [option, name]

        def good(what, name, real=None, prepare=None, data=want, **how):
            how.setdefault("out", elsewhere)
            return Cell(where + what, args(name) + ["a"], prepare=prepare,
                        new={real or name: data} if data is not None else None, **how)

        def bad(what, name, say, prepare=None, streamed=b"", tail=tuple(piped[len(base):]), **how):
            how.setdefault("stdin", None)
            return Cell(where + what, args(name) + list(tail), code=4, say="%s: cannot write: %s" % (name, say), prepare=prepare,
                        out=streamed, **how)

        old = lambda d: write_file(d + "/out", OLD)  # noqa: E731
        yield good("new", "out")
        yield good("old", "out", prepare=old)
        yield good("in a directory", "d/out", prepare=lambda d: os.mkdir(d + "/d"))
        yield good("longest name", long)
        yield good("link", "l", "out", prepare=lambda d: (old(d), os.symlink("out", d + "/l"))[:0])
        yield good("link to a link elsewhere", "l", "d/out",
                   prepare=lambda d: (os.mkdir(d + "/d"), os.symlink("d/m", d + "/l"), os.symlink("out", d + "/d/m"),
                                      write_file(d + "/d/out", OLD))[:0])
        yield good("dangling link", "l", "out", prepare=lambda d: os.symlink("out", d + "/l"))
        yield good("the input", "a")
        yield good("link to the input", "l", "a", prepare=lambda d: os.symlink("a", d + "/l"))
        yield good("other name of the input", "b", prepare=lambda d: os.link(d + "/a", d + "/b"))
        closed = lambda d: (old(d), os.chmod(d + "/out", 0o200))[:0]  # noqa: E731
        if option in ("-m", "--save") and os.geteuid() != 0:  # a model is locked first, which root alone can do then
            yield Cell(where + "not readable", args("out") + list(piped[len(base):]), code=4, stdin=None,
                       say="out: cannot lock: Permission denied", prepare=closed, out=b"")
        else:
            yield good("not readable", "out", prepare=closed)
        yield good("/dev/null", "/dev/null", data=None)
        yield good("descriptor", "/dev/fd/3", "out", redirect="3>out")
        yield good("standard error", "/dev/stderr", "out", redirect="2>out")
        if option == "-o":
            yield good("-", "-", data=None, out=want)
            yield good("/dev/stdout", "/dev/stdout", data=None, out=want)
        fifo = {}

        def made(cwd, fifo=fifo):
            os.mkfifo(cwd + "/out")
            fifo["reader"] = Reader(cwd + "/out")
        yield good("FIFO", "out", prepare=made, data=None, after=lambda d, f=fifo, w=want: f["reader"].got(w))

        if want:
            yield bad("full", "/dev/full", FULL, stdin=text, streamed=elsewhere if verb == "assign" else b"")
        yield bad("directory", "d", "Is a directory", lambda d: os.mkdir(d + "/d"))
        yield bad("link to a directory", "l", "Is a directory",
                  lambda d: (os.mkdir(d + "/d"), os.symlink("d", d + "/l"))[:0])
        yield bad("name of a directory that is not there", "d/", "Is a directory")
        yield bad("directory that is not there", "d/out", "No such file or directory")
        yield bad("file as a directory", "a/out", "Not a directory")
        yield bad("link into a directory that is not there", "l", "No such file or directory",
                  lambda d: os.symlink("d/out", d + "/l"))
        yield bad("link loop", "l", "Too many levels of symbolic links", lambda d: os.symlink("l", d + "/l"))
        yield bad("name too long", "x" * 256, "File name too long")
        yield bad("socket", "s", "No such device or address", bound_socket)
        yield bad("descriptor that is not open", "/dev/fd/9", BAD_FD)
        yield bad("descriptor for reading", "/dev/fd/3", BAD_FD, redirect="3<a")
        yield bad("not writable", "out", "Permission denied", old, user=NOBODY)
        yield bad("in a directory that is not writable", "new", "Permission denied", user=NOBODY)
        yield bad("in a closed directory", "d/out", "Permission denied", lambda d: os.mkdir(d + "/d", 0o700),
                  user=NOBODY)
        yield bad("directory /", "/", "Is a directory")
        if read_only:
            for name in ("out", "new"):
                yield bad("read-only file system, " + name, "ro/" + name, "Read-only file system",
                          lambda d: os.mkdir(d + "/ro"), wrap=read_only)
        yield Cell(where + "empty name", args("") + ["a"], code=2, stdin=None,
                   say="--%s: the file name is empty" %
                   {"-o": "output", "-s": "summary", "-m": "model"}.get(option, option[2:]))
        # what goes wrong later leaves the old file, or none
        if verb not in OF_LABELS:
            yield Cell(where + "bad input", args("out") + piped[len(base):], stdin=ROWS + b"{}\n", prepare=old, code=1, out=b"",
                       say="standard input:31: no field 'vec'; the record has no fields")
        yield Cell(where + "bad input, no old file", args("out") + piped[len(base):], stdin=b"[1, 2", code=1, out=b"")
    fit = VERBS["fit"]
    both = "--summary and --output name the same file"
    yield Cell("fit/-o -m/the same", fit + ["-o", "out", "-m", "./out"], code=2, stdin=None,
               say="--model and --output name the same file")
    yield Cell("fit/-m/standard output", fit + ["-m", "-"], code=2, stdin=None,
               say="--model needs the name of a file")
    link = lambda d: os.symlink("out", d + "/l")  # noqa: E731
    yield Cell("fit/-o -s/the same", fit + ["-o", "out", "-s", "./out"], code=2, say=both, stdin=None)
    yield Cell("fit/-o -s/the same by a link", fit + ["-o", "out", "-s", "l"], code=2, say=both, stdin=None,
               prepare=link)
    yield Cell("fit/-o -s/one cannot be written", fit + ["-o", "out", "-s", "d/side"], code=4, stdin=None,
               say="d/side: cannot write: No such file or directory")
    yield Cell("fit/-o -s/one is full", fit + ["-o", "out", "-s", "/dev/full", "a"], code=4,
               prepare=lambda d: write_file(d + "/out", OLD), say="/dev/full: cannot write: " + FULL)
    yield Cell("fit/-o -s/sidecar, full output", fit + ["-s", "side", "a"], ">/dev/full", code=4,
               say="standard output: cannot write: " + FULL)
    yield Cell("convert/-o x.npy/terms cannot be written", ["convert", "-o", "x.npy"], code=4, stdin=None,
               prepare=lambda d: os.mkdir(d + "/x.npy.terms"), say="x.npy.terms: cannot write: Is a directory")


def update_cells():
    """Cells for the model that update reads and replaces."""
    data, where = read_file(MODEL), "update/-m/"
    put = lambda d: write_file(d + "/m", data)  # noqa: E731
    changed = os.path.join(h.folder(), "m")
    write_file(changed, data)
    want = plain(["update", "-q", "-m", changed])
    new = read_file(changed)
    args = ["update", "-q", "-m", "m"]
    yield Cell(where + "replaced", args + ["a"], out=want, new={"m": new}, prepare=put)
    yield Cell(where + "link", ["update", "-q", "-m", "l", "a"], out=want, new={"m": new},
               prepare=lambda d: (put(d), os.symlink("m", d + "/l"))[:0])
    yield Cell(where + "full output", args + ["a"], ">/dev/full", code=4, prepare=put,
               say="standard output: cannot write: " + FULL)
    yield Cell(where + "sidecar cannot be written", args + ["-s", "d/s"], code=4, stdin=None, prepare=put,
               say="d/s: cannot write: No such file or directory")
    yield Cell(where + "bad input", args, stdin=ROWS + b"{}\n", code=1, out=b"", prepare=put)
    yield Cell(where + "missing", args, code=4, stdin=None, out=b"", say="m: cannot open: No such file or directory")
    yield Cell(where + "not writable", args, code=4, stdin=None, out=b"", user=NOBODY, prepare=put,
               say="m: cannot write: Permission denied")


def edit_cells():
    """Cells for the model that edit reads and replaces, and for labels that are written over those that were read."""
    data, labels, where = read_file(MODEL), read_file(LABELS), "edit/-m/"
    put = lambda d: write_file(d + "/m", data)  # noqa: E731
    edited = os.path.join(h.folder(), "m")
    write_file(edited, data)
    args = ["edit", "-q", "--merge", "0,1", "--split", "2"]
    plain(args + ["-m", edited, "-"])
    new = read_file(edited)
    model = args + ["-m", "m", "rows"]
    rows = lambda d: (put(d), write_file(d + "/rows", ROWS))[:0]  # noqa: E731
    yield Cell(where + "replaced", model, out=b"", new={"m": new}, prepare=rows)
    yield Cell(where + "link", args + ["-m", "l", "rows"], out=b"", new={"m": new},
               prepare=lambda d: (rows(d), os.symlink("m", d + "/l"))[:0])
    yield Cell(where + "another file", model + ["-o", "new"], out=b"", new={"new": new}, prepare=rows)
    yield Cell(where + "nothing is written", model + ["-n"], out=b"", prepare=rows)
    yield Cell(where + "from input to output", args + ["-m", "-", "-o", "-", "rows"], stdin=data, out=new, prepare=rows)
    yield Cell(where + "sidecar cannot be written", model + ["-s", "d/s"], code=4, stdin=None, prepare=rows,
               say="d/s: cannot write: No such file or directory")
    yield Cell(where + "sidecar over the model", model + ["-s", "m"], code=2, stdin=None, prepare=rows)
    yield Cell(where + "bad rows", args + ["-m", "m", "-"], stdin=ROWS + b"{}\n", code=1, out=b"", prepare=put)
    yield Cell(where + "rows of other dimensions", args + ["-m", "m", "-"], stdin=jsonl(vectors(5, 3)), code=1, out=b"", prepare=put)
    yield Cell(where + "no such cluster", ["edit", "-q", "--merge", "0,9", "-m", "m"], code=1, stdin=None, out=b"", prepare=put,
               say="m: --merge 0,9: no cluster '9'; it has 0, 1, 2")
    yield Cell(where + "missing", model, code=4, stdin=None, out=b"", say="m: cannot open: No such file or directory")
    yield Cell(where + "not writable", model, code=4, stdin=None, out=b"", user=NOBODY, prepare=rows,
               say="m: cannot write: Permission denied")
    yield Cell(where + "cut short", model, code=1, stdin=None, out=b"",
               prepare=lambda d: (rows(d), write_file(d + "/m", data[:-1]))[:0])
    yield Cell("edit/-s/full", VERBS["edit"] + ["l", "-s", "/dev/full"], code=4, out=b"", say="/dev/full: cannot write: " + FULL,
               prepare=lambda d: write_file(d + "/l", labels))
    yield Cell("edit/-s/over the labels", VERBS["edit"] + ["l", "-s", "l"], code=2, stdin=None, out=b"",
               say="--summary and the labels name the same file", prepare=lambda d: write_file(d + "/l", labels))
    yield Cell("edit/LABELS/replaced", VERBS["edit"] + ["l", "-o", "l"], out=b"", new={"l": plain(VERBS["edit"], labels)},
               prepare=lambda d: write_file(d + "/l", labels))
    yield Cell("edit/LABELS/a model", VERBS["edit"] + ["m"], code=2, stdin=None, out=b"", prepare=put)


def merge_cells():
    """Cells for the parts that assign writes and merge reads, and for the model that merge writes."""
    folder, where = h.folder(), "merge/"
    part, model = os.path.join(folder, "p"), os.path.join(folder, "m")
    tally = ["assign", "-q", "-m", SAME_MODEL, "--tally"]
    labels = plain(tally + [part])
    plain(["merge", "-q", "-o", model, part])
    data, new = read_file(part), read_file(model)
    put = lambda d: write_file(d + "/p", data)  # noqa: E731
    old = lambda d: (put(d), write_file(d + "/m", OLD))[:0]  # noqa: E731
    args = ["merge", "-q", "-o", "m"]

    def cell(what, say=None, code=4, args=args + ["p"], **how):
        return Cell(where + what, args, code=code, say=say, out=b"", stdin=None, **how)
    yield Cell(where + "new", args + ["p"], stdin=None, out=b"", new={"m": new}, prepare=put)
    yield Cell(where + "replaced", args + ["p"], stdin=None, out=b"", new={"m": new}, prepare=old)
    yield Cell(where + "link", args + ["l"], stdin=None, out=b"", new={"m": new},
               prepare=lambda d: (put(d), os.symlink("p", d + "/l"))[:0])
    yield Cell(where + "from input to output", ["merge", "-q", "-o", "-", "-"], stdin=data, out=new)
    yield cell("missing", "p: cannot open: No such file or directory", prepare=lambda d: write_file(d + "/m", OLD))
    yield cell("directory", "p: is a directory", prepare=lambda d: os.mkdir(d + "/p"))
    yield cell("not readable", "p: cannot open: Permission denied", user=NOBODY, args=["merge", "-q", "-o", "-", "p"],
               prepare=lambda d: (old(d), os.chmod(d + "/p", 0o200))[:0])
    yield cell("cut short", code=1, prepare=lambda d: (old(d), write_file(d + "/p", data[:-1]))[:0])
    yield cell("empty", code=1, args=args + ["/dev/null"])
    yield cell("endless zeros", code=1, args=args + ["/dev/full"])
    yield cell("sidecar cannot be written", "d/s: cannot write: No such file or directory", args=args + ["-s", "d/s", "p"], prepare=old)
    yield cell("full sidecar", "/dev/full: cannot write: " + FULL, args=args + ["-s", "/dev/full", "p"], prepare=old)
    yield cell("not writable", "m: cannot write: Permission denied", user=NOBODY, prepare=old)
    yield cell("over a part", "--output and p name the same file", code=2, args=["merge", "-q", "-o", "p", "p"], prepare=put)
    for what, name, prepare in (("new", "t", None), ("old", "t", lambda d: write_file(d + "/t", OLD)),
                                ("in a directory", "d/t", lambda d: os.mkdir(d + "/d"))):
        yield Cell("assign/--tally/" + what, tally + [name, "a"], out=labels, new={name: data}, prepare=prepare)
    for what, name, link in ("the input", "a", None), ("link to the input", "l", os.symlink), ("other name", "l", os.link):
        yield Cell("assign/--tally/" + what, tally + [name, "a"], code=2, out=b"", stdin=None,
                   say="--tally and a name the same file",
                   prepare=lambda d, link=link: link and link(*(("a", d + "/l") if link is os.symlink else (d + "/a", d + "/l"))))
    yield Cell("assign/--tally/bad input", tally + ["t"], stdin=ROWS + b"{}\n", code=1, out=b"",
               prepare=lambda d: write_file(d + "/t", OLD), say="standard input:31: no field 'vec'; the record has no fields")
    yield Cell("assign/--tally/full", tally + ["/dev/full", "-o", "out", "a"], code=4, out=b"", say="/dev/full: cannot write: " + FULL)
    yield cell("a part twice", "p: the file is two of the parts: its rows would count twice", code=2, args=args + ["p", "p"],
               prepare=old)


def model_cells():
    """Cells for the model of assign, which must be read before the rows."""
    want = plain(VERBS["assign"])
    data = read_file(MODEL)

    def cell(what, name, say=None, code=4, **how):
        how.setdefault("stdin", None)
        return Cell("assign/-m/" + what, ["assign", "-q", "-m", name], code=code, say=say and "%s: %s" % (name, say),
                    out=b"", **how)
    put = lambda d: write_file(d + "/m", data)  # noqa: E731
    yield Cell("assign/-m/link", ["assign", "-q", "-m", "l", "a"], out=want,
               prepare=lambda d: (put(d), os.symlink("m", d + "/l"))[:0])
    yield Cell("assign/-m/not writable", ["assign", "-q", "-m", "m", "a"], out=want,
               prepare=lambda d: (put(d), os.chmod(d + "/m", 0o444))[:0])
    yield Cell("assign/-m/replaced by the labels", ["assign", "-q", "-m", "m", "-o", "m", "a"], code=2, prepare=put,
               say="--output and --model name the same file")
    yield cell("missing", "m", "cannot open: No such file or directory")
    yield cell("dangling link", "l", "cannot open: No such file or directory",
               prepare=lambda d: os.symlink("m", d + "/l"))
    yield cell("link loop", "l", "cannot open: Too many levels of symbolic links",
               prepare=lambda d: os.symlink("l", d + "/l"))
    yield cell("directory", "d", "is a directory", prepare=lambda d: os.mkdir(d + "/d"))
    yield cell("not readable", "m", "cannot open: Permission denied", user=NOBODY,
               prepare=lambda d: (put(d), os.chmod(d + "/m", 0o200))[:0])
    yield cell("socket", "s", "cannot open: No such device or address", prepare=bound_socket)
    yield cell("rows instead", "a", code=1)
    yield cell("empty", "/dev/null", code=1)
    yield cell("endless zeros", "/dev/full", code=1)
    yield cell("cut short", "m", code=1, prepare=lambda d: write_file(d + "/m", data[:-1]))


def beside_cells():
    """Cells for other files that are read: labels of score and diff, gold labels, fields, terms."""
    labels, fields = read_file(LABELS), b"".join(b'{"no": %d}\n' % i for i in range(30))
    stop = b"is\nof\n"
    terms = b"".join(b"name %d\n" % i for i in range(30))
    for verb, before, behind, name, good, wants in (
            ("score", ["score", "-q"], ["a"], "LABELS", labels, "labels"),
            ("score", ["score", "-q", LABELS, "--gold"], ["a"], "--gold", labels, "labels"),
            ("diff", ["diff", "-q"], [LABELS], "OLD", labels, "labels"),
            ("fit", VERBS["fit"] + ["--where", "no < 20", "--metadata"], ["a"], "--metadata", fields, None),
            ("convert", VERBS["convert"] + ["--terms"], ["a"], "--terms", terms, None),
            ("fit", VERBS["fit"] + ["--keywords", "2", "--stop-words"], ["a"], "--stop-words", stop, None),
            ("fit", VERBS["fit"] + ["--pairs"], ["a"], "--pairs", b"t0\tt1\tmust\nt2\tt3\tcannot\n", "pairs"),
            ("fit", ["fit", "-q", "--centroids"], ["a"], "--centroids", jsonl(vectors(3, 4)), None),
            ("fit", VERBS["fit"] + ["--like"], ["a"], "--like", read_file(MODEL), None),
            ("fit", VERBS["fit"] + ["--like", MODEL, "--like-labels"], ["a"], "--like-labels", labels, "labels"),
            ("plot", ["plot", "k", "-q", "--from"], [], "--from", read_file(SUMMARY), None),
            ("plot", ["plot", "sizes", "-q", "-m"], [], "-m", read_file(MODEL), None),
            ("plot", ["plot", "map", "-q", "--map"], [LABELS, "a"], "--map", read_file(PLACES), None),
            ("plot", ["plot", "flow", "-q", LABELS, "--old"], [], "--old", labels, "labels"),
            ("plot", ["plot", "confusion", "-q", LABELS, "--gold"], [], "--gold", labels, "labels")):
        where = "%s/%s/" % (verb, name)
        whole = os.path.join(h.folder(), "f")
        write_file(whole, good)
        # (score names the file of gold labels, a picture that of the old ones)
        want = None if name in ("--gold", "--old") else plain(before + [whole] + ["-" if x == "a" else x for x in behind])

        def cell(what, file, say=None, code=4, args=(before, behind), **how):
            how.setdefault("stdin", None)
            return Cell(where + what, args[0] + [file] + args[1], code=code, say=say and "%s: %s" % (file, say),
                        out=b"", **how)
        put = lambda d, good=good: write_file(d + "/f", good)  # noqa: E731
        yield Cell(where + "file", before + ["f"] + behind, out=want, prepare=put)
        yield Cell(where + "link", before + ["l"] + behind, out=want,
                   prepare=lambda d, put=put: (put(d), os.symlink("f", d + "/l"))[:0])
        yield cell("missing", "f", "cannot open: No such file or directory")
        yield cell("link loop", "l", "cannot open: Too many levels of symbolic links",
                   prepare=lambda d: os.symlink("l", d + "/l"))
        yield cell("directory", "d", "is a directory", prepare=lambda d: os.mkdir(d + "/d"))
        yield cell("not readable", "f", "cannot open: Permission denied", user=NOBODY,
                   prepare=lambda d, put=put: (put(d), os.chmod(d + "/f", 0o200))[:0])
        yield cell("socket", "s", "cannot open: No such device or address", prepare=bound_socket)
        if wants:
            yield cell("empty", "/dev/null", "no " + wants, code=1)
        if name != "--stop-words":
            yield cell("endless zeros", "/dev/full", code=1)


def all_cells():
    yield from beside_cells()
    yield from model_cells()
    yield from update_cells()
    yield from edit_cells()
    yield from merge_cells()
    yield from stdin_cells()
    yield from stdout_cells()
    yield from stderr_cells()
    yield from operand_cells()
    yield from output_cells()


def plant(what, script, **cell):
    """Run a cell with a wrong kclust: a script that calls the real one."""
    fake = os.path.join(h.folder(), "kclust")
    write_file(fake, b"#!/bin/sh\n" + script.replace("KCLUST", KCLUST).encode() + b"\n")
    os.chmod(fake, 0o755)
    h.planted(what, Cell(what, VERBS["fit"] + ["-o", "out"] + cell.pop("more", []), kclust=fake, **cell).run())


def main():
    for name, data in (("", ROWS), ("-many", MANY)):
        plain(VERBS["fit"] + ["-m", MODEL + name, "-o", LABELS + name], data)
        os.chmod(MODEL + name, 0o644)
        write_file(SAME_MODEL + name, read_file(MODEL + name))
        os.chmod(LABELS + name, 0o644)
    plain(["fit", "-q", "-k", "2:4", "-o", os.devnull, "-s", SUMMARY])
    plain(["map", "-q", "--method", "pca", "-o", os.devnull, "--save-map", PLACES])
    missing = {"more": ["missing"], "code": 4, "say": "missing: cannot open: No such file or directory"}
    plant("exit 1 for exit 4", 'KCLUST "$@" || exit 1', **missing)
    plant("a message twice", 'KCLUST "$@" 2>e; s=$?; cat e e >&2; rm e; exit $s', **missing)
    plant("a temporary file that stays", 'touch .out.kclust-abcdef; KCLUST "$@"', **missing)
    plant("an old file cut short", ': >out; KCLUST "$@"', prepare=lambda d: write_file(d + "/out", OLD), **missing)
    plant("another output", 'KCLUST "$@" && sed -i 1d out', more=["a"], new={"out": plain(VERBS["fit"])})
    as_nobody = os.geteuid() == 0 and subprocess.run([KCLUST, "--version"], user=NOBODY, group=NOBODY, cwd="/",
                                                     capture_output=True, check=False).returncode == 0
    cells = [c for c in all_cells() if h.wanted(c.label)]
    for c in [c for c in cells if c.user and not as_nobody]:
        h.skip(c.label, "needs root, to become another user that may run kclust")
        cells.remove(c)
    if not any(c.wrap and "unshare" in c.wrap for c in cells) and not h.only:
        h.skip("a read-only file system", "needs to mount one")
    for c, complaint in zip(cells, h.map(Cell.run, cells)):
        h.ok(c.label, complaint)
    channels = {"/".join(c.label.split("/")[:2]) for c in cells}
    h.end("contract: %d cells, %d channels of %d verbs" % (len(cells), len(channels), len(VERBS)))


main()
