#!/usr/bin/env python3
"""How well each criterion of --k-by picks k: choice.py [--noise] [--write].

For each labelled set that spaces.py knows, at most 2,000 of its rows, and for parts of them with the rows of some labels
only, it lets kclust pick one of k = 2..40 by each criterion, in the rows' space and in the graph's, and prints the means
of ARI / AMI of what it picked, the mean of the k, and by how much the worst set falls below what the silhouette gives.

--noise: how many of 200 sets of noise, and of the labelled sets, `--k-by auto` takes for unstructured instead. --write
keeps the figures in RESULTS.md."""

import json
import os
import subprocess
import sys
import tempfile

import numpy as np

import bench
import spaces

CRITERIA = ("auto silhouette macro-silhouette davies-bouldin calinski-harabasz modularity elbow gap stability "
            "prediction-strength").split()
ROWS = 2000
PARTS = {"ruwiki-minilm": (10, 12), "sk-digits": (3, 5), "so-w2v48": (6, 12), "ss-w2v48": (4,), "packages-words": (5,),
         "nouns-words": (7,), "languages-letters": (5,), "packages-tfidf": (4,), "nouns-tfidf": (8,)}


def sets():
    """Name, vectors and labels of each set."""
    for folder in spaces.labelled_sets():
        name = os.path.basename(folder)
        x = np.load(os.path.join(folder, "vectors.npy"))
        with open(os.path.join(folder, "labels.txt"), encoding="utf-8") as f:
            gold = np.array(f.read().split("\n")[:len(x)])
        kept = np.linalg.norm(x, axis=1) > 0
        x, gold = x[kept], gold[kept]
        for of in (0,) + PARTS.get(name, ()):
            r = np.random.default_rng(of)
            labels = sorted(set(gold))
            some = r.permutation(len(labels))[:of] if of else range(len(labels))
            row = np.flatnonzero(np.isin(gold, [labels[i] for i in some]))
            row = np.sort(r.permutation(row)[:ROWS])
            yield name + ("-%d" % of if of else ""), x[row], gold[row]


def noise():
    """200 sets without clusters: normal rows on the sphere, with falling spectra, off centre, of low rank, heavy tails
    (the length of a row does not matter) and in a box."""
    for i in range(200):
        r = np.random.default_rng(i)
        d, n = (16, 32, 64, 128, 256, 384, 768, 1536)[i % 8], (300, 700, 1500)[i // 8 % 3]
        x = r.standard_normal((n, d))
        kind = i // 24 % 7
        if kind in (1, 2):
            x *= np.arange(1, d + 1) ** (-0.5 * kind)
        elif kind == 3:
            x = x / np.sqrt(d) + np.eye(1, d)
        elif kind == 4:
            x = r.standard_normal((n, max(4, d // 8))) @ r.standard_normal((max(4, d // 8), d)) + .1 * x
        elif kind == 5:
            x /= np.sqrt(r.chisquare(3, (n, 1)) / 3)
        elif kind == 6:
            x = r.uniform(0, 1, (n, d))
        yield "noise %d (kind %d, %d x %d)" % (i, kind, n, d), x


def pick(path, space, criterion, folder):
    """The clusters of the rows, and whether there is structure."""
    side = os.path.join(folder, "side.json")
    text = subprocess.run([spaces.KCLUST, "-q", "-k", "2:40", "--k-by", criterion, "--space", space, "--columns", "cluster",
                           "-s", side, path], stdout=subprocess.PIPE, check=True).stdout
    with open(side, encoding="utf-8") as f:
        return np.array(text.split(), dtype=int), json.load(f).get("structure", True)


def compare(say, folder):
    """Print the means of all criteria."""
    path = os.path.join(folder, "x.npy")
    found = {}
    names = []
    for name, x, gold in sets():
        names.append("%s (%d)" % (name, len(set(gold))))
        np.save(path, x.astype(np.float32))
        for space in "cosine", "graph":
            for criterion in CRITERIA:
                cluster, structure = pick(path, space, criterion, folder)
                if not structure:
                    say("  no structure in %s" % name)
                found.setdefault((space, criterion), []).append((*spaces.agreement(gold, cluster), len(set(cluster))))
    say("%d sets: %s" % (len(names), ", ".join(names)))
    for (space, criterion), figures in found.items():
        mean = np.mean(figures, axis=0)
        worst = np.min(np.array(figures)[:, 0] - np.array(found[space, "silhouette"])[:, 0])
        say("  %-7s %-20s %.3f / %.3f  mean k %4.1f  worst %+.2f" % (space, criterion, *mean, worst))


def test_noise(say, folder):
    """Print what is taken for unstructured."""
    path = os.path.join(folder, "x.npy")
    for what, every in ("noise", noise()), ("labelled", ((name, x) for name, x, _ in sets())):
        none, n = [], 0
        for name, x in every:
            np.save(path, x.astype(np.float32))
            structure = pick(path, "cosine", "auto", folder)[1]
            n += 1
            if structure == (what == "noise"):
                say("  %s: %s" % (name, "structure" if structure else "no structure"))
            none.append(not structure)
        say("%s: %d of %d sets have no structure" % (what, sum(none), n))


def main():
    """Print, and keep if asked."""
    lines = []

    def say(text):
        print(text, flush=True)
        lines.append(text)

    with tempfile.TemporaryDirectory() as folder:
        (test_noise if "--noise" in sys.argv else compare)(say, folder)
    if "--write" in sys.argv:
        what = "structure: sets of noise and of texts" if "--noise" in sys.argv else "choice: what picks k, ARI / AMI"
        bench.store([(what, lines)])


if __name__ == "__main__":
    main()
