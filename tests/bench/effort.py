"""Quality per second: the time to reach scikit-learn's objective with 10 restarts, and the best objective that
kclust reaches in scikit-learn's time. kclust's effort rises by its number of restarts."""

import os

import numpy as np

import common
import figures
from programs import SAME

N_INIT = 10  # scikit-learn's
LADDER = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)
KS = (5, 10, 20)
KS_M = (10, 20, 40)


def objective(run):
    """Of the result."""
    return run["side"]["objective"]


def climb(runner, path, k, target, seconds):
    """The first rung of the ladder (n_init, run) with the target, or None, and the best within the seconds, or None.
    Goes on after the time is over only as long as the target is not reached, and not beyond four times the time."""
    first = best = None
    for n_init in LADDER:
        run = runner.kclust_raw(path, k, n_init, runner.cores)
        if not first and objective(run) >= target * (1 - SAME):
            first = n_init, run
        if run["wall"] <= seconds and (not best or objective(run) > objective(best[1])):
            best = n_init, run
        if run["wall"] > seconds * (1 if first else 4):
            break
    return first, best


def rows_of(runner, s, ks):
    """A row of the table for each k. Both programs read the rows that have a direction as npy; scikit-learn's time is
    that of the fit alone, with one thread or all, whichever is less, and kclust's the whole process."""
    path = runner.path("effort.npy")
    np.save(path, figures.without_zero_rows(s.rows()))
    s = common.Dataset("effort-" + s.name, path)
    peers = runner.sklearn(s, ",".join(map(str, ks)), N_INIT, "none")
    rows = []
    for k in ks:
        seconds = min(p["trained"][k] for p in peers)
        target = max(p["each_k"][k] for p in peers)
        first, best = climb(runner, path, k, target, seconds)
        rows.append([s.name.removeprefix("effort-"), k, "%.2f" % seconds, "%.2f" % target])
        rows[-1] += [first[0], "%.3f" % first[1]["wall"], "%.1f" % (seconds / first[1]["wall"])] if first else ["-"] * 3
        rows[-1] += [best[0], "%.6f" % (objective(best[1]) / target)] if best else ["-"] * 2
    os.remove(path)
    return rows


def report(rows):
    """The lines of the section, from the rows of all sets."""
    head = ["set", "k", "fit s", "objective", "n-init", "kclust s", "x faster", "n-init", "best ratio"]
    never = sum(row[4] == "-" for row in rows)
    rungs = ", ".join(map(str, LADDER[:4]))
    return ["scikit-learn KMeans(n_init=%d): seconds of the fit, and objective." % N_INIT,
            "kclust: the first --n-init of %s, ... that reaches it, and the best objective within" % rungs,
            "scikit-learn's seconds, as a ratio to its own.", "", *common.table(head, rows), "",
            "not reached: %d of %d" % (never, len(rows))]
