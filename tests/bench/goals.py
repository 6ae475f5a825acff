"""Goals of a job: a line each, with the figure and whether it is met. `ours` and `peers` are runs of programs.py."""

import statistics

from programs import MIB, SAME


def verdict(what, figure, met):
    return "goal: %s: %s, %s" % (what, figure, "met" if met else "MISSED")


def absent(what):
    return "goal: %s: not judged, its peer is absent" % what


def fastest(runs, time):
    """The least time, where `time` names the peer's: wall, own, or one of its parts."""
    return min(r[time] if time in ("wall", "own") else r["parts"][time] for r in runs)


def faster(factor, time, whom):
    """kclust's whole process is `factor` times as fast as the fastest peer, by that time of the peer."""
    def judge(ours, peers):
        what = ("%g times as fast as %s" % (factor, whom)).removeprefix("1 times ")
        if not peers:
            return absent(what)
        x = fastest(peers, time) / fastest(ours, "wall")
        return verdict(what, "%.1f (%.2f s, %.2f s)" % (x, fastest(ours, "wall"), fastest(peers, time)), x >= factor)
    return judge


def objective(whom):
    """The objective of the labels is no worse than any peer's."""
    def judge(ours, peers):
        what = "objective no worse than %s" % whom
        if not peers:
            return absent(what)
        ratio = min(u["objective"] for u in ours) / max(p["objective"] for p in peers)
        return verdict(what, "ratio %.6f" % ratio, ratio >= 1 - SAME)
    return judge


def objective_each_k(whom):
    """The objective is no worse than any peer's at any k."""
    def judge(ours, peers):
        what = "objective no worse than %s at any k" % whom
        if not peers:
            return absent(what)
        ratios = {k: min(u["each_k"][k] for u in ours) / max(p["each_k"][k] for p in peers)
                  for k in peers[0]["each_k"] if all(k in u["each_k"] for u in ours)}
        if len(ratios) < len(peers[0]["each_k"]):
            return verdict(what, "%d of %d k judged on all rows" % (len(ratios), len(peers[0]["each_k"])), False)
        low = min(ratios, key=ratios.get)
        worse = sum(r < 1 - SAME for r in ratios.values())
        return verdict(what, "min ratio %.6f (k = %d), median %.6f, worse at %d of %d k" % (
            ratios[low], low, statistics.median(ratios.values()), worse, len(ratios)), not worse)
    return judge


def seconds(limit):
    """The fastest run takes no longer."""
    def judge(ours, _):
        wall = fastest(ours, "wall")
        return verdict("%g s" % limit, "%.2f s" % wall, wall <= limit)
    return judge


def memory(limit, what):
    """No run's resident memory was ever larger than `limit` bytes."""
    def judge(ours, _):
        most = max(u["peak_rss"] for u in ours)
        return verdict("%s, %.0f MiB" % (what, limit / MIB), "%.0f MiB" % (most / MIB), most <= limit)
    return judge


def same_labels(ours):
    """A line when the labels depend on the number of threads, else none."""
    return [] if len({u["sha"] for u in ours}) == 1 else ["LABELS DIFFER between numbers of threads"]
