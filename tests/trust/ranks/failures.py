"""Failures on purpose, at every place where ranks meet and at random ones (shim.c): a rank is killed, ends or gets a signal,
its memory is short, a record is bad, the disk is full, a folder is gone. All ranks then end, with the status of the manual,
at most one message, the old outputs or the new ones, and nothing beside them."""
import concurrent.futures
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

from harness import KCLUST, environment, one_message, read_file, temporary, write_file

HANGS_S = 60      # a run takes half a second; mpirun lets ranks that do not end within one second be
AT_ONCE = 6       # runs: most of the time mpirun waits
OUTPUTS = ("labels", "summary", "clusters")
OLD = b"old\n"
OPTIONS = ["-q", "-j", "1", "-k", "2:4", "--n-init", "1", "-o", "out/labels", "-s", "out/summary", "--clusters", "out/clusters"]
SIGNALS = ("term", "int", "abort", "exit")


class Run:
    """What one run has left: exit status (None: it hangs), messages, whether the shim's failure was made, files."""

    def __init__(self, status, said, folder, failed):
        out = os.path.join(folder, "out")
        self.status, self.said, self.failed = status, said, failed
        self.there = os.path.isdir(out)
        self.files = {x: read_file(os.path.join(out, x)) for x in sorted(os.listdir(out))} if self.there else {}
        self.left = temporary(out) if self.there else []

    def messages(self):
        return [x for x in self.said.splitlines() if x.startswith(b"kclust: ") and not x.startswith(b"kclust: warning: ")]


class Failures:
    """The failures of one harness. command(ranks): mpirun up to the program; env: what mpirun needs."""

    def __init__(self, h, command, env):
        self.h, self.command, self.env = h, command, env
        self.shim = h.compile(os.path.join(os.path.dirname(os.path.abspath(__file__)), "shim.c"), shared=True,
                              cc=os.environ.get("MPICC", "mpicc"))
        self.program = command(1)[-1]
        self.made = self.temporaries = 0
        self.inputs = self.write_inputs()
        self.want, self.counts = {}, {}  # by input: the outputs; by input and ranks: calls and requests of each rank

    @staticmethod
    def write_inputs():
        """Return files by name: rows that ranks read a part of each, and few rows in text, which they pass on to each other."""
        lines = read_file("x.jsonl").splitlines(keepends=True)
        write_file("few.jsonl", b"".join(lines[:2500]))
        write_file("few2.jsonl", b"".join(lines[2500:5000]))
        subprocess.run(["gzip", "-1f", "few2.jsonl"], check=True)
        return {"npy": [os.path.abspath("x.npy")], "text": [os.path.abspath(x) for x in ("few.jsonl", "few2.jsonl.gz")]}

    def run(self, ranks, fail=None, do=None, options=None, files=None, meanwhile=None):
        """Run kclust on ranks, with a failure that the shim makes, or one that meanwhile(process, folder) makes."""
        folder = tempfile.mkdtemp(dir=self.h.tmp)
        os.mkdir(os.path.join(folder, "out"))
        for x in OUTPUTS:
            write_file(os.path.join(folder, "out", x), OLD)
        argv = self.command(ranks)
        argv[-1:] = ["env", "LD_PRELOAD=" + self.shim, "RANKS_TELL=" + os.path.join(folder, "tell")] + \
            (["RANKS_FAIL=" + fail] if fail else []) + (["RANKS_DO=" + do] if do else []) + argv[-1:]
        p = subprocess.Popen(argv + (options or OPTIONS) + (files or self.inputs["npy"]), cwd=folder, env=environment(**self.env),
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            if meanwhile:
                meanwhile(p, folder)
            said = p.communicate(timeout=HANGS_S)[1]
            status = p.returncode
        except subprocess.TimeoutExpired:
            p.terminate()  # ranks have groups of their own: mpirun ends them
            try:
                said, status = p.communicate(timeout=HANGS_S)[1], None
            except subprocess.TimeoutExpired:
                p.kill()
                said, status = p.communicate()[1], None
        told = [self.told(folder, r) for r in range(ranks)]
        got = Run(status, said, folder, not fail or any(t and t[2] == "failed" for t in told))
        got.told = told
        shutil.rmtree(folder, ignore_errors=True)
        return got

    @staticmethod
    def told(folder, rank):
        try:
            return read_file(os.path.join(folder, "tell.%d" % rank)).decode().split()
        except FileNotFoundError:
            return None

    @staticmethod
    def steady(name, data):
        return data.split(b'  "storage"')[0] if name == "summary" else data

    def judge(self, got, statuses, first_killed=False, name="npy"):
        """Return what is wrong with a run that must end with one of some statuses (None: with any but 0).
        first_killed: the first rank had no chance to remove its temporary files. name: of the input."""
        if got.status is None:
            return "it hangs"
        if not got.failed:
            return "the failure was not made: exit %d: %r" % (got.status, got.said[-400:])
        wrong = [] if (got.status != 0 if statuses is None else got.status in statuses) else ["exit %d" % got.status]
        new = [x for x in OUTPUTS if x in got.files and self.steady(x, got.files[x]) == self.steady(x, self.want[name][x])]
        old = [x for x in OUTPUTS if got.files.get(x) == OLD]
        if got.there:
            wrong += ["%s is half made, or gone" % x for x in OUTPUTS if x not in new and x not in old]
        if got.there and new and old:
            wrong.append("%s new, %s old" % (new, old))
        if got.status == 0 and old:
            wrong.append("exit 0, but %s not written" % old)
        if statuses and got.status in (1, 2, 4) and new:
            wrong.append("exit %d, but %s written" % (got.status, new))
        if len(got.messages()) > 1 or (got.status in (1, 2, 4) and statuses is not None and not one_message(got.said)):
            wrong.append("messages")
        self.temporaries += 1 if got.left else 0
        others = [x for x in got.files if x not in OUTPUTS and x not in got.left]
        # MPICH's mpirun kills all ranks by SIGKILL as soon as one has ended or it gets a signal itself
        at_once = "mpich" in os.environ.get("MPIRUN", "") and got.status not in (0, 1, 2, 4)
        if (got.left and not first_killed and not at_once) or others:
            wrong.append("left: %s" % (got.left + others))
        return ", ".join(wrong) + (": %r" % got.said[-400:] if wrong else "")

    def all(self, label, jobs, work):
        """Do jobs side by side, and count each that could be done."""
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for job, complaint in zip(jobs, pool.map(work, jobs)):
                self.made += 1
                self.h.ok("%s %s" % (label, " ".join(map(str, job))), complaint)

    def at_calls(self, each):
        """End a rank before its Nth call of MPI: at each, or at some; by SIGKILL, and at some by other means."""
        jobs, choice = [], self.h.random.choice
        for name, ranks in self.counts:
            for victim in range(ranks):
                calls = range(1, int(self.counts[name, ranks][victim][0]) + 1)
                jobs += [(name, ranks, victim, n, "kill") for n in calls] if each else []
                jobs += [(name, ranks, victim, choice(calls), how) for how in SIGNALS for _ in range(4) if each]
        for how in () if each else ("kill", "kill") + SIGNALS:
            name, ranks = choice(sorted(self.counts))
            victim = self.h.random.randrange(ranks)
            jobs.append((name, ranks, victim, self.h.random.randint(1, int(self.counts[name, ranks][victim][0])), how))

        def work(job):
            name, ranks, victim, n, how = job
            got = self.run(ranks, fail="%d mpi %d %s" % (victim, n, how), files=self.inputs[name])
            # SIGTERM does nothing to a rank that only has to leave
            late = how == "term" and n == int(self.counts[name, ranks][victim][0])
            return self.judge(got, (0,) if late else None, victim == 0 and how in ("kill", "abort", "exit"), name)
        self.all("call", jobs, work)

    def at_requests(self, times):
        """Let a rank's Nth request for memory fail."""
        jobs = []
        for i in range(times):
            name, ranks = self.h.random.choice(sorted(self.counts))
            victim = i % ranks
            jobs.append((name, ranks, victim, self.h.random.randint(1, int(self.counts[name, ranks][victim][1])),
                         self.h.random.choice(("null", "all"))))

        def work(job):
            got = self.run(job[1], fail="%d alloc %d %s" % job[2:], files=self.inputs[job[0]])
            return self.judge(got, (0, 4), name=job[0])
        self.all("memory", jobs, work)

    def gone_folders(self, times):
        """Remove the folder of the outputs before a call of the first rank."""
        jobs = [(2, self.h.random.randint(1, int(self.counts["npy", 2][0][0]) - 1)) for _ in range(times)]

        def work(job):
            got = self.run(job[0], fail="0 mpi %d do" % job[1], do="rm -r out")
            return self.judge(got, (0, 4))
        self.all("gone", jobs, work)

    def bad_records(self, times):
        """Break a record at random, in a file of the format that every rank reads whole and in one that ranks share."""
        lines = read_file("x.jsonl").splitlines(keepends=True)[:3000]
        x = bytearray(read_file("x.npy"))
        jobs = []
        for i in range(times):
            n = self.h.random.randrange(3000 if i % 2 else 60000)
            if i % 2:
                write_file("bad%d" % i, b"".join(lines[:n] + [b'{"term": "bad", "vec": [1]}\n'] + lines[n + 1:]))
            else:
                at = len(x) - 60000 * 48 + 48 * n
                write_file("bad%d" % i, bytes(x[:at]) + b"\0\0\xc0\x7f" + bytes(x[at + 4:]))
            jobs.append((2 + i % 2, "bad%d" % i, n))

        def work(job):
            files = [os.path.abspath(job[1])]
            got = self.run(job[0], files=files)
            one = subprocess.run([KCLUST, "-q", "-k", "2"] + files, env=environment(), stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
            return self.judge(got, (1,)) or ("" if got.said == one.stderr else "%r, not %r" % (got.said, one.stderr))
        self.all("record", jobs, work)

    def full_disks(self, sizes):
        """Write to a disk that is too small for the outputs."""
        for kib in sizes:
            if subprocess.run(["sh", "-c", "mkdir -p small && mount -t tmpfs -o size=%dk none small" % kib], check=False,
                              stderr=subprocess.DEVNULL).returncode != 0:
                self.h.skip("disk of %d kB" % kib, "no file system can be mounted")
                continue
            try:
                before = os.listdir("small")
                got = self.run(2, options=OPTIONS[:7] + ["-o", os.path.abspath("small/labels")])
                left = [x for x in os.listdir("small") if x not in before]
                self.made += 1
                self.h.ok("disk of %d kB" % kib, "" if got.status == 4 and one_message(got.said) and not left else
                          "exit %s, %s left: %r" % (got.status, left, got.said))
            finally:
                subprocess.run(["umount", "small"], check=False)

    def ranks_of(self, pid):
        """Return the processes of kclust below a process, by rank."""
        found = {}
        for name in os.listdir("/proc"):
            try:
                if not name.isdigit() or os.readlink("/proc/%s/exe" % name) != self.program:
                    continue
                if int(read_file("/proc/%s/stat" % name).rsplit(b")", 1)[1].split()[1]) == pid:
                    found[int(re.search(rb"\0(?:OMPI_COMM_WORLD_RANK|PMI_RANK)=(\d+)", read_file("/proc/%s/environ" % name)).group(1))] = \
                        int(name)
            except (OSError, ValueError, AttributeError):
                pass
        return found

    def at_moments(self, times):
        """Kill a rank, or send mpirun a signal, at random moments."""
        jobs = [(self.h.random.choice((2, 3)), self.h.random.choice(("rank", "rank", "TERM", "INT")),
                 "%.3f" % (self.h.random.random() * 0.6)) for _ in range(times)]

        def work(job):
            victim = []

            def strike(p, _):
                while p.poll() is None and len(self.ranks_of(p.pid)) < job[0]:
                    time.sleep(0.01)
                time.sleep(float(job[2]))
                ranks = sorted(self.ranks_of(p.pid).items())
                try:
                    if job[1] != "rank":
                        p.send_signal(getattr(signal, "SIG" + job[1]))
                    elif ranks:
                        rank, pid = ranks[int(job[2][-1]) % len(ranks)]
                        os.kill(pid, signal.SIGKILL)
                        victim.append(rank)
                except ProcessLookupError:
                    pass
            got = self.run(job[0], meanwhile=strike)
            whole = got.status == 0 and all(self.steady(x, got.files[x]) == self.steady(x, self.want["npy"][x]) for x in OUTPUTS)
            return "" if whole else self.judge(got, None, first_killed=victim == [0])  # (perhaps it came too late)
        self.all("moment", jobs, work)

    def go(self, some):
        """Make all failures, or some of each kind."""
        for name, files in self.inputs.items():
            for ranks in (2, 3):
                got = self.run(ranks, files=files)
                self.want.setdefault(name, got.files)
                self.counts[name, ranks] = got.told
                if not self.h.ok("no failure", self.judge(got, (0,), name=name)):
                    return
        broken = Run(0, b"", "/nowhere", True)
        broken.there, broken.files = True, dict(self.want["npy"], labels=self.want["npy"]["labels"][:-9])
        self.h.planted("half an output", self.judge(broken, (0,)))
        self.at_calls(each=not some)
        self.at_requests(3 if some else 240)
        self.bad_records(2 if some else 12)
        self.gone_folders(1 if some else 12)
        self.full_disks([16] if some else [4, 16, 100, 300])
        self.at_moments(3 if some else 100)
        print("failures on purpose: %d; temporary files left by first ranks that were killed: %d" % (self.made, self.temporaries))
