"""Run the steps of a Dockerfile without Docker: dockerfile.py FILE BASE.tar WORK [CALLS].

FROM unpacks the base system or copies an earlier stage, RUN is a command in a chroot, COPY copies (the context is what
git tracks). Then the HEALTHCHECK of each stage that has one runs as its USER. If the stage has no ENTRYPOINT, its CMD is
a server: it is started for that, in a network of its own, and the shell script CALLS must succeed beside it. It knows
what our file uses and refuses everything else. It needs root. It prints [FOLDER, USER, WORKDIR, ENTRYPOINT] of the last
stage."""

import json
import os
import re
import shutil
import subprocess
import sys
import time

# A container has a network of its own, so that ports of this machine are neither taken nor seen. Its processes end
# with it.
ALONE = ["unshare", "--net", "--pid", "--fork", "--kill-child"]
LOOPBACK = """import fcntl, socket, struct, sys, os
with socket.socket() as s:
    fcntl.ioctl(s, 0x8914, struct.pack("16sh22x", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP
os.execvp(sys.argv[1], sys.argv[1:])"""


def instructions(path):
    """Return (word, rest) of each instruction."""
    with open(path, encoding="utf-8") as f:
        text = re.sub(r"\\\n", "", re.sub(r"^\s*#.*\n", "", f.read(), flags=re.M))
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line.strip()]


class Stage:
    """A stage: a folder with a system in it, from the archive of one or from the stage before it."""

    def __init__(self, folder, base, before=None):
        self.folder, self.user, self.workdir = folder, "root", "/"
        self.health = self.entrypoint = self.command = None
        os.makedirs(folder)
        if before:
            self.user, self.workdir = before.user, before.workdir
            subprocess.run(["cp", "-a", before.folder + "/.", folder], check=True)
        else:
            subprocess.run(["tar", "-C", folder, "-xf", base], check=True)
            shutil.copy("/etc/resolv.conf", folder + "/etc/resolv.conf")

    def words(self, command, *settings):
        """Return the words that run a shell command in the stage as its user."""
        return ["chroot", "--userspec", self.user + ":", self.folder, "/usr/bin/env", "-i",
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive",
                "HOME=/", *settings, "/bin/sh", "-c", "cd %s || exit 1\n%s" % (self.workdir, command)]

    def run(self, command):
        """Run a shell command in the stage. Return the end of what it wrote if it failed, else None."""
        return failure(self.words(command))

    def serve(self, calls):
        """Start the stage's CMD, wait until it is healthy, and run the calls. Return what is wrong, or None."""
        with open(calls, encoding="utf-8") as f:
            script = f.read()
        server = " ".join(self.command)
        # A minute of checks is far more than it needs.
        inside = """%s & server=$!
for i in $(seq 300); do
    kill -0 $server || exit 1
    (%s) >/dev/null 2>&1 && break
    sleep 0.2
done
(%s) || { echo 'it is not healthy'; exit 1; }
%s""" % (server, self.health, self.health, script)
        return failure([*ALONE, "--mount-proc=" + self.folder + "/proc", "--", sys.executable, "-c", LOOPBACK,
                        *self.words(inside, "MIN_SIZE=3", "MAX_SIZE=")])


def failure(words):
    """Run a command. Return the end of what it wrote if it failed, else None."""
    done = subprocess.run(words, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return done.stdout.decode(errors="replace")[-2000:] + "(exit %d)" % done.returncode if done.returncode else None


def copy_context(to):
    """Copy the files that git tracks: a superset of what .dockerignore leaves."""
    os.makedirs(to, exist_ok=True)
    files = subprocess.run(["git", "ls-files", "-z"], stdout=subprocess.PIPE, check=True).stdout
    pack = subprocess.Popen(["tar", "--null", "-T", "-", "-cf", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    unpack = subprocess.Popen(["tar", "-C", to, "-xf", "-"], stdin=pack.stdout)
    pack.stdin.write(files)
    pack.stdin.close()
    if unpack.wait() or pack.wait():
        raise OSError("cannot copy the source")


def do(word, rest, stages, names, base, work):
    """Carry an instruction out. Return what is wrong with it, or None."""
    if word == "FROM":
        image, _, name = rest.split()
        if image not in ("debian:bookworm-slim", *names):
            return "an unknown image"
        stages.append(Stage(os.path.join(work, name), base, names.get(image)))
        names[name] = stages[-1]
        return None
    stage = stages[-1]
    if word == "RUN":
        return stage.run(rest)
    if word == "COPY":
        origin = re.match(r"--from=(\S+)\s+(\S+)\s+(\S+)$", rest)
        if origin:
            source = names[origin[1]].folder + origin[2]
            subprocess.run(["cp", "-a", source + "/.", stage.folder + origin[3]], check=True)
        elif rest.split()[0] == ".":
            copy_context(stage.folder + rest.split()[1])
        else:
            return "an unknown COPY"
    elif word in ("USER", "WORKDIR"):
        setattr(stage, word.lower(), rest.strip())
    elif word == "HEALTHCHECK":
        stage.health = rest.split("CMD ", 1)[1]
    elif word in ("ENTRYPOINT", "CMD"):
        setattr(stage, {"ENTRYPOINT": "entrypoint", "CMD": "command"}[word], json.loads(rest))
    elif word != "EXPOSE":
        return "an unknown instruction"
    return None


def main(path, base, work, calls=None):
    stages, names = [], {}
    for word, rest in instructions(path):
        wrong = do(word, rest, stages, names, base, work)
        if wrong:
            print("%s %s: %s" % (word, rest, wrong), file=sys.stderr)
            return 1
    for stage in stages:
        if not stage.health:
            continue
        if stage.user == "root":
            print("%s runs as root" % stage.folder, file=sys.stderr)
            return 1
        served = stage.command and not stage.entrypoint
        wrong = stage.serve(calls) if served else stage.run(stage.health)
        if wrong:
            print("%s, or its health check, failed: %s" % (stage.folder, wrong), file=sys.stderr)
            return 1
    last = stages[-1]
    print(json.dumps([last.folder, last.user, last.workdir, last.entrypoint]))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:5]))
