"""Keywords: class-based TF-IDF as BERTopic's ClassTfidfTransformer computes it, on the counts of CountVectorizer."""

import json
import os
import re

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize

import sets
from tool import Fit

GAP = re.compile(r"\s+|[-']", re.ASCII)
STOP = ["the", "and", "of", "to", "in", "is", "for", "Or", "business news", "leave act 1993"]
WEIGHT_DECIMALS = 6


def texts_of(path, count):
    """ASCII texts of a set; what is not ASCII becomes a question mark, which ends a word here and there."""
    with open(path, encoding="utf-8") as f:
        texts = [json.loads(line)["text"].encode("ascii", "replace").decode() for line in f]
    return texts[::max(1, len(texts) // count)]


def made_up(rng, count):
    """Random texts with everything that ends a word or a pair, and what does not count."""
    words = ["w%d" % i for i in range(200)] + ["The", "of", "a", "I", "42", "2024", "x_y", "__", "B2", "Business", "news"]
    gaps = [" "] * 8 + ["-", "'", " - ", "  ", "\t", "\n", ". ", ", ", "/", "--", "?", "\x1f"]
    rank = np.minimum((rng.pareto(0.8, count * 14) * 3).astype(int), len(words) - 1)
    pick = np.where(rng.random(count * 14) < 0.3, rng.integers(200, len(words), count * 14), rank)
    return ["".join(words[w] + gaps[g] for w, g in zip(row, rng.integers(len(gaps), size=14)))
            for row in pick.reshape(count, 14)]


def runs(text):
    """The words of a text in lower case, in runs that follow each other without a break."""
    out, end = [], None
    for m in re.finditer(r"\w+", text.lower(), re.ASCII):
        if end is None or not GAP.fullmatch(text[end:m.start()]):
            out.append([])
        out[-1].append(m.group())
        end = m.end()
    return out


def analyzer(stop):
    """A CountVectorizer's analyzer: words that count, and pairs of such words without a break."""
    phrases = sorted((tuple(s.lower().split()) for s in stop), key=len, reverse=True)

    def analyze(text):
        terms = []
        for run in runs(text):
            before, i = None, 0
            while i < len(run):
                phrase = next((p for p in phrases if tuple(run[i:i + len(p)]) == p), None)
                word = run[i]
                i += len(phrase) if phrase else 1
                if phrase or len(word) < 2 or not re.search("[a-z]", word):
                    before = None
                    continue
                terms += [word] if before is None else [word, before + " " + word]
                before = word
        return terms
    return analyze


def weights(texts, labels, k, stop):
    """Terms, and W (k, terms)."""
    counter = CountVectorizer(lowercase=False, analyzer=analyzer(stop))
    counts = counter.fit_transform(texts)
    terms = counter.get_feature_names_out()
    classes = np.array([np.asarray(counts[labels == c].sum(axis=0)).ravel() for c in range(k)], dtype=np.float64)
    keep = np.array([" " not in t for t in terms]) | (classes.sum(axis=0) > 1)
    classes, terms = classes[:, keep], terms[keep]
    idf = np.log(1 + classes.sum(axis=1).mean() / classes.sum(axis=0))
    return terms, normalize(classes, axis=1, norm="l1") * idf


def differences(keywords, terms, w):
    """What is wrong with a cluster's keywords, beside W (terms) of it."""
    half = 0.5000001 * 10 ** -WEIGHT_DECIMALS
    want = dict(zip(terms, w))
    bad = ["%s: %g, expected %g" % (x["word"], x["weight"], want.get(x["word"], np.nan)) for x in keywords
           if not abs(x["weight"] - want.get(x["word"], np.nan)) <= half]
    if any(a["weight"] < b["weight"] for a, b in zip(keywords, keywords[1:])):
        bad.append("not the best first")
    listed = {x["word"] for x in keywords}
    least = min((x["weight"] for x in keywords), default=0)
    missing = [t for t in terms if want[t] > (least + half if len(keywords) == 1000 else 0) and t not in listed]
    return bad + ["%s is missing" % t for t in missing[:3]]


def bad_label(cluster):
    """What is wrong with a label."""
    if not cluster["keywords"]:
        return "" if cluster["label"] is None else "a label without words"
    parts = cluster["label"].split(", ")
    words = [w for p in parts for w in set(p.split())]
    if len(parts) > 3 or len(set(words)) < len(words):
        return "'%s' is too long or repeats a word" % cluster["label"]
    first = [x["word"] for x in cluster["keywords"][:10]]
    return "" if all(p in first for p in parts) else "'%s' is not among %s" % (cluster["label"], first)


def one_set(tally, folder, name, texts, x, stop):
    """One set of texts with rows."""
    path = os.path.join(folder, "rows.jsonl")
    sets.write(path, sets.jsonl(texts, x))
    own = os.path.join(folder, "stop")
    with open(own, "w", encoding="ascii") as f:
        f.write("".join(s + "\n" for s in stop))
    fit = Fit(folder, [path], ["-k", 6, "--n-init", 2, "--keywords", 1000, "--stop-words", "none", "--stop-words", own])
    terms, w = weights(texts, fit.labels, fit.side["k"], stop)
    # The words alone, by scikit-learn's own way to find them: the checker's are these.
    alone = CountVectorizer(token_pattern=r"(?a)\b\w\w+\b", binary=True).fit(texts).get_feature_names_out()
    mine = CountVectorizer(lowercase=False, analyzer=analyzer([])).fit(texts).get_feature_names_out()
    tally.check(name + ": the checker's words", [t for t in mine if " " not in t] == [
        t for t in alone if re.search("[a-z]", t)])
    for c in fit.side["clusters"]:
        bad = differences(c["keywords"], terms, w[c["id"]])
        tally.check("%s: keywords of cluster %d" % (name, c["id"]), not bad, "; ".join(bad[:3]))
        bad = bad_label(c)
        tally.check("%s: label of cluster %d" % (name, c["id"]), not bad, bad)
    # Planted: another weight, and a word that is left out.
    seen = fit.side["clusters"][0]["keywords"]
    tally.check(name + ": planted", differences([{**seen[0], "weight": seen[0]["weight"] + 2e-6}, *seen[1:]], terms, w[0])
                and differences(seen[1:], terms, w[0]))
    for j in 1, 3:
        again = Fit(folder, [path], ["-k", 6, "--n-init", 2, "--keywords", 1000, "--stop-words", "none", "--stop-words", own,
                                     "-j", j])
        tally.check("%s: -j %d" % (name, j), again.side["clusters"] == fit.side["clusters"])
    builtin = Fit(folder, [path], ["-k", 6, "--n-init", 2, "--keywords", 1000])
    found = {x["word"] for c in builtin.side["clusters"] for x in c["keywords"]}
    bad = found & {"the", "of", "and", "is", "to", "in"}
    tally.check(name + ": the built-in stop words", found and not bad, "%s" % sorted(bad))


def run_all(tally, folder, seed, data, names):
    """Made-up texts, and those of the real sets that have some."""
    rng = np.random.default_rng(seed)
    texts = made_up(rng, 3000)
    one_set(tally, folder, "made-up texts", texts, sets.blobs(rng, len(texts), 8, 6, 0.8).astype(np.float32), STOP)
    for name in names:
        path = os.path.join(data, name, "texts.jsonl")
        if not os.path.exists(path):
            continue
        texts = texts_of(path, 3000)
        x = sets.blobs(rng, len(texts), 8, 6, 0.8).astype(np.float32)
        one_set(tally, folder, name + " texts", texts, x, STOP)
