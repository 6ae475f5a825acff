"""The recipes of the manual, as a reader sees them, and a shell to run them in."""

import os
import re
import subprocess

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
KCLUST = os.path.abspath(os.environ.get("KCLUST") or os.path.join(ROOT, "kclust"))
MANUAL = os.path.join(ROOT, "man", "kclust-recipes.7")


def recipe(name):
    """Return the commands between the marks of the manual, as a reader sees them."""
    with open(MANUAL, encoding="utf-8") as f:
        lines = re.search(r'^\.\\" recipe: %s$(.*?)^\.\\" recipe: end$' % name, f.read(), re.M | re.S).group(1)
    text = "\n".join(line for line in lines.splitlines() if not line.startswith("."))
    for escape, sign in (("\\(dq", '"'), ("\\(aq", "'"), ("\\-", "-"), ("\\&", ""), ("\\e", "\\")):
        text = text.replace(escape, sign)
    return text


def shell(folder, script, **variables):
    environment = dict(os.environ, PATH=os.path.join(folder, "bin") + ":" + os.environ["PATH"], **variables)
    return subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=environment,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
