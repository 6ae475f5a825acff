"""Clients that do anything to the same few runs of kclust.cgi at once, while its processes are killed now and then:
storm.py URL STATE TOKEN CALLS SEED [CGI], so many calls of each client. Without CGI nothing is killed. When it is over,
the database and the files must agree: a line for each row, a label for each row of a completed run, sizes that add up, a
model; no run that works on, and no answer that says that the server has failed. What is wrong is printed, and nothing
else."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

url, state, token, calls, seed = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
cgi = sys.argv[6] if len(sys.argv) > 6 else None
wrong = []
over = threading.Event()


def ask(method, path, body=None):
    data = body if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, {"Authorization": "Bearer " + token}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        text = error.read().decode()
        if error.code not in (404, 409, 422) and not cgi:
            wrong.append((method, path, error.code, text))
        return error.code, text
    except OSError as error:
        if not cgi:
            wrong.append((method, path, str(error)))
        return 0, ""


def client(number):
    rng = random.Random(seed * 100 + number)
    for _ in range(calls):
        run = "storm%d" % rng.randrange(3)
        term = "d%d" % rng.randrange(40)
        items = [{"term": "d%d" % rng.randrange(40), "vec": [rng.random() for _ in range(3)]} for _ in range(20)]
        fit = rng.choice([{"k_min": 2, "k_max": 4, "n_init": 1}, {"algorithm": "hdbscan"}, {"k": 2}])
        verb = rng.choice(["cancel", "pause", "resume", "recluster"])
        thing = rng.choice(["report", "result", "clusters", "suggest-k?k_max=3", "result?format=csv"])
        ask(*rng.choices([("POST", "/start", {"run_id": run}),
                          ("POST", "/append", {"run_id": run, "items": items}),
                          ("POST", "/finalize", {"run_id": run, **fit}),
                          ("POST", "/runs", {"run_id": run, **fit}),
                          ("POST", "/runs/%s/update" % run, {"items": items}),
                          ("DELETE", "/runs/" + run),
                          ("DELETE", "/documents/" + term),
                          ("POST", "/runs/%s/%s" % (run, verb), {}),
                          ("GET", "/runs/%s/%s" % (run, thing)),
                          ("POST", "/runs/%s/assign" % run, {"vec": [1, 0, 0]}),
                          ("GET", "/statistics")],
                         [2, 6, 2, 2, 4, 1, 2, 2, 2, 2, 1])[0])


def killer():
    rng = random.Random(seed)
    mine = ("KCLUST_STATE=" + state).encode()
    while not over.wait(rng.random() / 2):
        found = subprocess.run(["pgrep", "-f", "^" + cgi], capture_output=True, text=True, check=False).stdout.split()
        rng.shuffle(found)
        for pid in found:
            try:
                with open("/proc/%s/environ" % pid, "rb") as environ:
                    if mine in environ.read().split(b"\0"):
                        os.kill(int(pid), signal.SIGKILL)
                        break
            except OSError:
                pass


def check():
    db = sqlite3.connect(state + "/kclust.db")
    for seq, status, rows, size, model in db.execute("SELECT seq, status, rows, bytes, model FROM runs"
                                                     " WHERE id LIKE 'storm%' OR origin LIKE 'storm%'"):
        folder = "%s/runs/%d/" % (state, seq)
        lines = 0
        if os.path.exists(folder + "rows.jsonl"):
            with open(folder + "rows.jsonl", "rb") as file:
                lines = file.read()[:size].count(b"\n")
        labels, noise = db.execute("SELECT count(*), coalesce(sum(cluster < 0), 0) FROM labels WHERE run = ?",
                                   (seq,)).fetchone()
        sizes = db.execute("SELECT coalesce(sum(size), 0) FROM clusters WHERE run = ?", (seq,)).fetchone()[0]
        if lines != rows or status in ("running", "pending"):
            wrong.append((seq, status, "rows", rows, "lines", lines))
        if status == "completed" and (labels != rows or sizes + noise != rows):
            wrong.append((seq, "rows", rows, "labels", labels, "sizes", sizes, "noise", noise))
        if status == "completed" and not os.path.exists(folder + "model.%d" % model):
            wrong.append((seq, "has no model"))


threads = [threading.Thread(target=client, args=(n,)) for n in range(6)]
killing = [threading.Thread(target=killer)] if cgi else []
for t in threads + killing:
    t.start()
for t in threads:
    t.join()
over.set()
for t in killing:
    t.join()
for _ in range(600):
    left = [json.loads(ask("GET", "/runs?status=" + s)[1] or '{"total": 1}')["total"] for s in ("running", "pending")]
    if left == [0, 0]:
        break
    time.sleep(0.1)
for n in range(3): # a request that was killed may have left rows to be settled
    ask("POST", "/append", {"run_id": "storm%d" % n, "items": []})
ask("DELETE", "/documents/none")
check()
print(*wrong[:10], sep="\n", end="")
