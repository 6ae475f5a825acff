"""What may be on a disk after a power failure: a weak model of a file system, fed with the system calls of a run.

strace records the calls. A write or a truncation is on disk for certain once a later fsync of that file has returned;
until then it may be there whole, in part from its beginning, as zeros (the size has grown, the data has not come), or
not at all, each independently of the others. A name made, removed or renamed is on disk for certain once a later fsync
of its directory has returned; until then it may have happened or not, again each independently of the others (journals
keep their order; this model does not assume it), but a rename is never half done. The fsync of a file makes nothing of
its name certain.
"""
import itertools
import os
import re

READS_ONLY = {
    "read", "pread64", "newfstatat", "fstat", "stat", "lstat", "statx", "access", "faccessat", "faccessat2", "readlink",
    "readlinkat", "ioctl", "poll", "fadvise64", "getcwd", "execve", "fchmod", "fchown", "fcntl", "lgetxattr",
    "getxattr", "fgetxattr", "flistxattr", "llistxattr", "fsetxattr", "statfs", "fstatfs", "getdents64", "umask", "pipe2", "fchmodat",
    "chmod", "utimensat", "readv", "flock", "ppoll", "select", "pselect6"}
TRACED = ["-e", "trace=%file,%desc"]
LINE = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+|\?)")


class Unknown(Exception):
    """A call that the model has no rule for: nothing may be concluded."""


def text(arg):
    """Return the bytes of a string as strace -xx writes it."""
    if not arg.startswith('"') or arg.endswith("..."):
        raise Unknown("no whole string: %s" % arg[:60])
    return bytes.fromhex(arg.strip('"').replace("\\x", ""))


class Inode:
    def __init__(self, data=b"", device=False):
        self.safe = data  # on disk for certain
        self.pending = []  # (offset, bytes), or (None, size)
        self.device = device

    def now(self):
        data = self.safe
        for op in self.pending:
            data = put(data, op)
        return data


def put(data, op, part=None, zeros=False):
    """Apply a write to contents: all of it, or its first `part` bytes, or zeros instead of these."""
    at, what = op
    if at is None:
        return data[:what].ljust(what, b"\0")
    what = what if part is None else what[:part]
    if zeros:
        what = bytes(len(what))
    return data[:at].ljust(at, b"\0") + what + data[at + len(what):]


class Disk:
    """The names below a folder, their contents, and which of both is not yet certain."""

    def __init__(self, folder):
        self.cwd = folder
        self.safe = {}  # path: inode, on disk for certain
        self.pending = []  # ("link", path, inode), ("unlink", path), ("rename", from, to, inode)
        self.fds = {}  # fd: [inode or None, position, append, path]
        for at, _, files in os.walk(folder):
            for f in files:
                path = os.path.join(at, f)
                if not os.path.islink(path):
                    with open(path, "rb") as g:
                        self.safe[path] = Inode(g.read())
        self.names = dict(self.safe)  # as the running program sees them

    def path(self, arg, dirfd="AT_FDCWD"):
        p = os.fsdecode(text(arg))
        base = self.cwd if dirfd == "AT_FDCWD" else self.fds[int(dirfd)][3]
        return os.path.normpath(os.path.join(base, p))

    def inside(self, path):
        return path == self.cwd or path.startswith(self.cwd + "/")

    def names_op(self, op):
        self.pending.append(op)
        self.names = apply_name(dict(self.names), op)

    def opened(self, path, flags, fd):
        flags = set(flags.split("|"))
        write = flags & {"O_WRONLY", "O_RDWR"}
        if "O_TMPFILE" in flags or not self.inside(path):
            self.fds[fd] = [Inode(device=True), 0, False, path]
            return False
        inode = self.names.get(path)
        changed = False
        if inode is None and "O_CREAT" in flags:
            inode = Inode()
            self.names_op(("link", path, inode))
            changed = True
        elif inode is not None and write and "O_TRUNC" in flags:
            inode.pending.append((None, 0))
            changed = True
        self.fds[fd] = [inode, 0, "O_APPEND" in flags, path]
        return changed

    def wrote(self, fd, data, at=None):
        if fd not in self.fds:
            return False  # inherited: a terminal, a pipe
        inode, position, append, _ = self.fds[fd]
        if inode.device:
            return False
        where = len(inode.now()) if append else position if at is None else at
        inode.pending.append((where, data))
        if at is None:
            self.fds[fd][1] = where + len(data)
        return True

    def synced(self, fd):
        inode, _, _, path = self.fds[fd]
        if inode is not None:
            inode.safe = inode.now()
            inode.pending = []
            return True
        keep = []
        for op in self.pending:
            where = {os.path.dirname(p) for p in op[1:] if isinstance(p, str)}
            if where <= {path}:
                self.safe = apply_name(self.safe, op)
            elif path in where:
                raise Unknown("a rename between directories")
            else:
                keep.append(op)
        self.pending = keep
        return True

    def call(self, line):
        """Process one line of the trace. Return True if it may have changed something on disk."""
        m = LINE.match(line)
        if not m or m.group(3) == "?" or int(m.group(3)) < 0:
            return False
        name, args, rc = m.group(1), m.group(2).split(", "), int(m.group(3))
        if name == "openat":
            return self.opened(self.path(args[1], args[0]), args[2], rc)
        if name in ("open", "creat"):
            return self.opened(self.path(args[0]), args[1] if name == "open" else "O_WRONLY|O_CREAT|O_TRUNC", rc)
        if name == "close":
            self.fds.pop(int(args[0]), None)
            return False
        if name in ("dup", "dup2", "dup3") or (name == "fcntl" and "F_DUPFD" in args[1]):
            if int(args[0]) in self.fds:
                self.fds[rc] = self.fds[int(args[0])]
            else:
                self.fds.pop(rc, None)
            return False
        if name == "lseek":
            if int(args[0]) in self.fds:
                self.fds[int(args[0])][1] = rc
            return False
        if name == "write":
            return self.wrote(int(args[0]), text(args[1])[:rc])
        if name == "pwrite64":
            return self.wrote(int(args[0]), text(args[1])[:rc], int(args[3]))
        if name in ("fsync", "fdatasync"):
            return self.synced(int(args[0]))
        if name == "ftruncate":
            self.fds[int(args[0])][0].pending.append((None, int(args[1])))
            return True
        if name in ("rename", "renameat", "renameat2"):
            a, b = (self.path(args[0]), self.path(args[1])) if name == "rename" else \
                   (self.path(args[1], args[0]), self.path(args[3], args[2]))
            self.names_op(("rename", a, b, self.names[a]))
            return True
        if name in ("unlink", "unlinkat"):
            path = self.path(args[0]) if name == "unlink" else self.path(args[1], args[0])
            if path in self.names:
                self.names_op(("unlink", path))
            return True
        if name in ("link", "linkat"):
            a, b = (self.path(args[0]), self.path(args[1])) if name == "link" else \
                   (self.path(args[1], args[0]), self.path(args[3], args[2]))
            self.names_op(("link", b, self.names[a]))
            return True
        if name == "mmap":
            if "MAP_SHARED" in args[3] and "PROT_WRITE" in args[2] and args[4] != "-1":
                raise Unknown("a file that is written through memory")
            return False
        if name in READS_ONLY:
            return False
        raise Unknown(line[:120])


def apply_name(names, op):
    names = dict(names)
    if op[0] == "link":
        names[op[1]] = op[2]
    elif op[0] == "unlink":
        names.pop(op[1], None)
    else:
        names.pop(op[1], None)
        names[op[2]] = op[3]
    return names


def parts(data, random):
    """Return which parts of a write may have reached the disk, as (bytes, zeros); None is all of it."""
    n = len(data)
    cuts = {1, n // 2, n - 1} | {random.randrange(n) for _ in range(6)}
    cuts |= set(range(512, n, 4096 if n < 1 << 16 else 1 << 16))
    yield None
    yield (0, False)
    yield (n, True)
    for c in sorted(c for c in cuts if 0 < c < n):
        yield (c, False)
        yield (c, True)


def contents(inode, random, most):
    """Return the contents that a file may have: all combinations, or about `most` drawn at random."""
    choices = [[None, (0, False)] if at is None else list(parts(what, random)) if what else [None]
               for at, what in inode.pending]
    total = 1
    for c in choices:
        total *= len(c)
    if total <= most:
        combinations = itertools.product(*choices)
    else:
        combinations = ([random.choice(c) for c in choices] for _ in range(most))
    seen = set()
    for combination in combinations:
        data = inode.safe
        for op, part in zip(inode.pending, combination):
            if part is None:
                data = put(data, op)
            elif part != (0, False):
                data = put(data, op, part[0], part[1])
        if data not in seen:
            seen.add(data)
            yield data


def states(disk, random, most):
    """Return every {path: contents} that the disk may hold now; if there are too many, about `most` of them."""
    n = len(disk.pending)
    if n <= 8:
        chosen = list(itertools.product((False, True), repeat=n))
    else:
        chosen = [[random.random() < 0.5 for _ in range(n)] for _ in range(256)] + [[False] * n, [True] * n]
    spaces = []
    for subset in chosen:
        names = disk.safe
        for op, happened in zip(disk.pending, subset):
            names = apply_name(names, op) if happened else names
        if names not in spaces:
            spaces.append(names)
    each = max(4, most // len(spaces))
    possible = {}
    for names in spaces:
        unsure = [i for i in names.values() if i.pending]
        for i in unsure:
            if id(i) not in possible:
                possible[id(i)] = list(contents(i, random, most))
        lists = [possible[id(i)] for i in unsure]
        total = 1
        for x in lists:
            total *= len(x)
        combinations = itertools.product(*lists) if total <= each else \
            ([random.choice(x) for x in lists] for _ in range(each))
        for combination in combinations:
            data = {id(i): c for i, c in zip(unsure, combination)}
            yield {path: data.get(id(i), i.safe) for path, i in names.items()}
