"""Run the steps of a Dockerfile without Docker, in folders made from a base system: dockerfile.py FILE BASE.tar WORK.

FROM unpacks the base system, RUN is a command in a chroot, COPY copies (the context is what git tracks), the last stage's
HEALTHCHECK runs as its USER. It knows what our file uses and refuses everything else. It needs root. It prints
`stage FOLDER USER WORKDIR ENTRYPOINT` of the last stage, as JSON."""

import json
import os
import re
import shutil
import subprocess
import sys


def instructions(path):
    """Return (word, rest) of each instruction."""
    with open(path, encoding="utf-8") as f:
        text = re.sub(r"\\\n", "", re.sub(r"^\s*#.*\n", "", f.read(), flags=re.M))
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line.strip()]


class Stage:
    """A stage: a folder with a system in it."""

    def __init__(self, folder, base):
        self.folder, self.user, self.workdir, self.health, self.entrypoint = folder, "root", "/", None, None
        os.makedirs(folder)
        subprocess.run(["tar", "-C", folder, "-xf", base], check=True)
        shutil.copy("/etc/resolv.conf", folder + "/etc/resolv.conf")

    def run(self, command, **options):
        """Run a shell command in the stage as its user."""
        inside = "cd %s && %s" % (self.workdir, command)
        return subprocess.run(["chroot", "--userspec", self.user + ":", self.folder, "/usr/bin/env", "-i",
                               "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                               "DEBIAN_FRONTEND=noninteractive", "HOME=/", "/bin/sh", "-c", inside], check=False, **options)


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
        stages.append(Stage(os.path.join(work, name), base))
        names[name] = stages[-1]
        return None
    stage = stages[-1]
    if word == "RUN":
        done = stage.run(rest, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.stdout.decode(errors="replace")[-2000:] if done.returncode else None
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
        stage.entrypoint = stage.entrypoint or json.loads(rest)
    elif word != "EXPOSE":
        return "an unknown instruction"
    return None


def main(path, base, work):
    stages, names = [], {}
    for word, rest in instructions(path):
        wrong = do(word, rest, stages, names, base, work)
        if wrong:
            print("%s %s: %s" % (word, rest, wrong), file=sys.stderr)
            return 1
    last = stages[-1]
    health = last.run(last.health, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if health.returncode:
        print("the health check failed: %s" % health.stdout.decode(errors="replace"), file=sys.stderr)
        return 1
    print(json.dumps([last.folder, last.user, last.workdir, last.entrypoint]))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
