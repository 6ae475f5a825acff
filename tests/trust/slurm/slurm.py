"""The batch job of man kclust-mpi, word for word, on a real Slurm: its daemons run on this machine, with a configuration, a
key and ports of their own, and play the four machines of the job. It must have the bytes of one process, and pass on the exit
status. What cannot be started here is skipped."""
import os
import re
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import numpy as np  # noqa: E402
from harness import KCLUST, ROOT, Harness, environment, read_file, temporary, write_file  # noqa: E402

NODES = 4
NEVER_S = 120
OUTPUTS = ("labels.tsv", "summary.json", "topics.model")
CONFIG = """ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={tmp}/munge/socket
CredType=cred/munge
StateSaveLocation={tmp}/state
SlurmdSpoolDir={tmp}/spool/%n
SlurmctldPidFile={tmp}/slurmctld.pid
SlurmdPidFile={tmp}/slurmd-%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
KillWait=5
{nodes}
PartitionName=test Nodes=ALL Default=YES MaxTime=30 State=UP
"""


def recipe():
    """Return the batch job of the manual as a shell reads it."""
    text = read_file(os.path.join(ROOT, "man", "kclust-mpi.1")).decode()
    found = re.search(r"\n\\&(#!/bin/sh\n#SBATCH.*?)\.Ed\n", text, re.S)
    return found.group(1).replace("\\e\n", "\\\n").replace("\\&", "") if found else ""


def free_ports(n):
    """Return ports that nothing listens on now."""
    sockets = [socket.socket() for _ in range(n)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Slurm(Harness):
    def __init__(self):
        super().__init__("slurm")
        self.daemons = []
        # (kclust runs with four times 16 threads on what this machine has; as root, Open MPI asks)
        self.env = environment(SLURM_CONF=self.path("slurm.conf"), OMPI_MCA_mpi_yield_when_idle="1",
                               OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                               PATH=os.path.join(ROOT, "build", "release", os.environ["MPICC"]) + ":" + os.environ["PATH"])

    def path(self, *names):
        return os.path.join(self.tmp, *names)

    def start(self, name, argv):
        """Start a daemon that ends with this harness. Its log is NAME.log."""
        with open(self.path(name + ".log"), "wb") as log:
            self.daemons.append((name, subprocess.Popen(argv, env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)))

    def why_not(self, sign):
        """Wait until sign() says that daemons are ready; return why they are not."""
        until = time.monotonic() + 60
        while not sign():
            ended = [name for name, p in self.daemons if p.poll() is not None]
            if ended or time.monotonic() > until:
                log = read_file(self.path((ended or [self.daemons[-1][0]])[0] + ".log")).decode("utf-8", "replace").strip()
                return "%s %s: %s" % (ended[0] if ended else "Slurm", "has ended" if ended else "is not ready",
                                      log.splitlines()[-1][-200:] if log else "")
            time.sleep(0.2)
        return ""

    def set_up(self):
        """Start munged, slurmctld and a slurmd for each machine. Return why that cannot be had here."""
        ports = free_ports(1 + NODES)
        host = socket.gethostname().split(".")[0]
        nodes = "\n".join("NodeName=n%d NodeHostname=%s NodeAddr=127.0.0.1 Port=%d CPUs=16 State=UNKNOWN" % (i + 1, host, p)
                          for i, p in enumerate(ports[1:]))
        config = CONFIG.format(host=host, ports=ports, tmp=self.tmp, nodes=nodes).encode()
        for x in ("munge", "state", "spool"):
            os.mkdir(self.path(x))
        os.chmod(self.path("munge"), 0o711)
        write_file(self.path("munge", "key"), os.urandom(1024))
        os.chmod(self.path("munge", "key"), 0o600)
        write_file(self.path("slurm.conf"), config)
        self.start("munged", ["munged", "--foreground", "--force"] + ["--%s=%s" % (x, self.path("munge", x.split("-")[0]))
                              for x in ("socket", "key-file", "pid-file", "log-file", "seed-file")])
        wrong = self.why_not(lambda: os.path.exists(self.path("munge", "socket")))
        if wrong:
            return wrong
        self.start("slurmctld", ["slurmctld", "-D", "-c"])
        for i in range(1, NODES + 1):  # each with a place of its own for the sockets of PMIx
            os.makedirs(self.path("n%d" % i, "pmix"))
            write_file(self.path("n%d" % i, "slurm.conf"), config)
            write_file(self.path("n%d" % i, "mpi.conf"), b"PMIxCliTmpDirBase=%s\n" % self.path("n%d" % i, "pmix").encode())
            self.start("slurmd%d" % i, ["slurmd", "-D", "-N", "n%d" % i, "-f", self.path("n%d" % i, "slurm.conf")])
        return self.why_not(lambda: self.ask("sinfo", "-h", "-t", "idle", "-o", "%D").strip() == b"%d" % NODES) or \
            ("" if b"pmix" in self.ask("srun", "--mpi=list") else "this Slurm has no PMIx")

    def ask(self, *argv):
        got = subprocess.run(argv, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             timeout=NEVER_S, check=False)
        return got.stdout

    def submit(self, script, folder):
        """Run a batch job in a folder to its end. Return its exit status and what it wrote. Open MPI 4.1.4 at times jumps to
        address 0 in MPI_Init (its TCP receives a message of a faster rank): such a job is repeated."""
        write_file(os.path.join(folder, "job"), script.encode())
        argv = ["sbatch", "--wait", "--quiet", "--output=out", "job"]
        for _ in range(3):
            got = subprocess.run(argv, cwd=folder, env=self.env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                 timeout=NEVER_S, check=False)
            out = os.path.join(folder, "out")
            said = (read_file(out) if os.path.exists(out) else b"") + got.stderr
            if b"Failing at address: (nil)" not in said or b"kclust: " in said:
                break
            print("note: MPI_Init has crashed")
        return got.returncode, said

    @staticmethod
    def bytes_of(folder, name):
        """Return an output; of the summary what does not tell of the run itself."""
        path = os.path.join(folder, name)
        return read_file(path).split(b'  "storage"')[0] if os.path.exists(path) else None

    def compare(self, script):
        """Run the job and one process on the same files."""
        many, one = self.path("many"), self.path("one")
        x = np.random.RandomState(self.seed).standard_normal((52000, 8)).astype("f4")
        x[:, :4] += 4 * np.eye(4, dtype="f4")[np.arange(len(x)) % 4]
        for folder in (many, one):
            os.mkdir(folder)
            np.save(os.path.join(folder, "part-1.npy"), x[:30000])
            np.save(os.path.join(folder, "part-2.npy"), x[30000:])
        options = script.split("kclust-mpi", 1)[1].replace("\\\n", " ")
        subprocess.run(["sh", "-c", "exec \"$0\" " + options, KCLUST], cwd=one, env=environment(), check=True)
        status, said = self.submit(script, many)
        wrong = [] if status == 0 and not said else ["exit %d: %r" % (status, said[-400:])]
        wrong += [name for name in OUTPUTS if self.bytes_of(one, name) is None or self.bytes_of(one, name) != self.bytes_of(many, name)]
        wrong += temporary(many)
        self.ok("the job of the manual", ", ".join(wrong))
        write_file(os.path.join(many, OUTPUTS[0]), b"cut")
        self.planted("other labels", "" if self.bytes_of(one, OUTPUTS[0]) == self.bytes_of(many, OUTPUTS[0]) else "they differ")

    def fail(self, script):
        """Run the job where there are no files."""
        folder = self.path("empty")
        os.mkdir(folder)
        status, said = self.submit(script, folder)
        ours = [x for x in said.splitlines() if x.startswith(b"kclust: ")]
        self.ok("no files", "" if status == 4 and len(ours) == 1 and not temporary(folder) else "exit %d: %r" % (status, said[-400:]))

    def stop(self):
        """End what was started: jobs, then the daemons, of which munged is the first."""
        if len(self.daemons) > 1:
            self.ask("scancel", "--full", "--user=root")
        for _, p in reversed(self.daemons):
            p.terminate()
            try:
                p.wait(timeout=30)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()


def main():
    h = Slurm()
    script = recipe()
    h.ok("the manual has a batch job", "" if "--nodes=%d " % NODES in script and "srun" in script else "%r" % script)
    try:
        why = h.set_up()
        if why:
            h.skip("slurm", why)
        else:
            h.compare(script)
            h.fail(script)
    finally:
        h.stop()
    h.end()


if __name__ == "__main__":
    sys.exit(main())
