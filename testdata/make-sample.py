#!/usr/bin/python3
"""Make the sample: Debian packages, embedded by what their descriptions say.

    testdata/make-sample.py [DIRECTORY]

Writes debian-packages.jsonl.gz and debian-packages.labels.txt to DIRECTORY
(the default is the one of this script). Needs Debian with apt, the network, and
python3-sklearn; no root. The package lists go to a temporary directory, the
system's own stay as they are. The same lists and the same library versions give
the same bytes.
"""

import collections
import gzip
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile

# One thread: the number of threads may change the last bits.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer

SOURCE = "deb [arch=amd64] http://deb.debian.org/debian bookworm main\n"
SECTIONS = (
    "database editors electronics fonts games graphics "
    "hamradio mail science sound vcs video"
).split()
PER_SECTION = 165  # packages taken from one section at most
PER_PREFIX = 40  # at most so many vim-..., postgresql-..., but any number of fonts-...
MIN_TEXT = 250  # shorter descriptions say too little, in characters
TITLE_WEIGHT = 3  # a word of the short description counts as three of the long one
MIN_DF = 6  # a word must be in as many descriptions,
MAX_DF = 0.2  # and in no more than this share of them
DIMENSIONS = 128
# Singular values are raised to this power. 1 is plain truncated SVD; a little
# more gives the broad topics more weight and the odd words less.
POWER = 1.5
DECIMALS = 4

# Parts of a program that repeat the description of the whole, and libraries,
# which all sound alike.
PART = re.compile(
    r"-(dev|dbg|docs?|data|common|l10n|i18n|locales?|examples?|demos?|help|manual"
    r"|headers|source|dkms|plugins?|extras?|all|tests?)(-|$)"
    r"|^(lib|python3?-|ruby-|golang-|php|node-|r-|elpa-|librust|task-|texlive"
    r"|gir1|hunspell-|aspell-)"
)
EMPTY = re.compile(r"transitional|dummy|meta-?package|obsolete")

# Words that are in every other description whatever the package is for.
BOILERPLATE = """
    allow allows also application applications available based contain contains
    create debian designed different does easy feature features featuring file
    files free gnome gnu gtk include included includes including just kde like
    line linux make multiple need new number open package packages program
    programs provide provided provides qt run running set simple software source
    support supported supporting supports time tool tools usage use used user
    users uses using various version versions want way work works written able
    well
"""
STOP = frozenset(ENGLISH_STOP_WORDS) | frozenset(BOILERPLATE.split())


def fetch():
    """The text of the package list and of the English descriptions."""
    with tempfile.TemporaryDirectory() as tmp:
        for name in ("lists/partial", "cache/archives/partial"):
            os.makedirs(os.path.join(tmp, name))
        with open(os.path.join(tmp, "sources.list"), "w") as f:
            f.write(SOURCE)
        options = []
        for option in (
            "Dir::Etc::SourceList=" + tmp + "/sources.list",
            "Dir::Etc::SourceParts=/dev/null",
            "Dir::State::Lists=" + tmp + "/lists",
            "Dir::Cache=" + tmp + "/cache",
            "APT::Architecture=amd64",
            "APT::Architectures=amd64",
            "APT::Sandbox::User=root",
            "Acquire::Languages=en",
        ):
            options += ["-o", option]
        subprocess.run(["apt-get", "update", "-qq"] + options, check=True)
        targets = subprocess.run(
            ["apt-get", "indextargets", "--format", "$(CREATED_BY) $(FILENAME)"] + options,
            check=True, stdout=subprocess.PIPE, encoding="utf-8",
        ).stdout
        paths = dict(line.split(" ", 1) for line in targets.splitlines())
        return [
            subprocess.run(
                ["/usr/lib/apt/apt-helper", "cat-file", paths[kind]],
                check=True, stdout=subprocess.PIPE, encoding="utf-8",
            ).stdout
            for kind in ("Packages", "Translations")
        ]


def stanzas(text):
    """The paragraphs of a Debian control file, as dictionaries."""
    for paragraph in text.split("\n\n"):
        fields = {}
        key = None
        for line in paragraph.split("\n"):
            if line[:1] in (" ", "\t"):
                fields[key] += "\n" + line[1:]
            elif ":" in line:
                key, _, value = line.partition(":")
                fields[key] = value.strip()
        if fields:
            yield fields


Package = collections.namedtuple("Package", "name section short long")


def digest(package):
    return hashlib.sha256(package.name.encode()).digest()


def select(packages_text, translations_text):
    """The packages of the sample, by name: one of each source package, and of
    sections with too many those whose names have the smallest hashes."""
    texts = {
        s["Description-md5"]: s.get("Description-en", "")
        for s in stanzas(translations_text)
    }
    best = {}
    for s in stanzas(packages_text):
        text = texts.get(s.get("Description-md5"), "")
        if s.get("Section") not in SECTIONS or len(text) < MIN_TEXT:
            continue
        name, short = s["Package"], s["Description"]
        if PART.search(name) or EMPTY.search(short.lower()):
            continue
        # The section of science is many fields; one is enough.
        if s["Section"] == "science" and "field::biology" not in s.get("Tag", ""):
            continue
        source = s.get("Source", name).split()[0]
        order = (name != source, len(name), name)
        key = (source, s["Section"])
        if key not in best or order < best[key][0]:
            long = text.partition("\n")[2]  # the first line is the short description
            best[key] = (order, Package(name, s["Section"], short, long))
    in_section = collections.Counter()
    with_prefix = collections.Counter()
    chosen = {}
    for package in sorted((p for _, p in best.values()), key=digest):
        prefix = package.name.split("-")[0]
        if package.name in chosen or in_section[package.section] == PER_SECTION:
            continue
        if prefix != "fonts" and with_prefix[prefix] == PER_PREFIX:
            continue
        in_section[package.section] += 1
        with_prefix[prefix] += 1
        chosen[package.name] = package
    return [chosen[name] for name in sorted(chosen)]


def words(text):
    """The words that tell something, in lower case and mostly in the singular."""
    found = []
    for word in re.findall(r"[a-z]{2,}", re.sub(r"https?://\S+", " ", text.lower())):
        if word in STOP:
            continue
        if len(word) > 4 and word.endswith("ies"):
            word = word[:-3] + "y"
        elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
            word = word[:-1]
        if len(word) > 2 and word not in STOP:
            found.append(word)
    return found


def embed(packages):
    """(n, DIMENSIONS) rows of length 1 before the rounding."""
    tfidf = TfidfVectorizer(
        analyzer=lambda p: words(p.short) * TITLE_WEIGHT + words(p.long),
        sublinear_tf=True, min_df=MIN_DF, max_df=MAX_DF,
    ).fit_transform(packages)
    svd = TruncatedSVD(DIMENSIONS, algorithm="arpack", random_state=1)
    rows = svd.fit_transform(tfidf) * svd.singular_values_ ** (POWER - 1)
    norms = np.linalg.norm(rows, axis=1)
    if not norms.min() > 1e-6:
        sys.exit("make-sample: no known word in " + packages[int(norms.argmin())].name)
    return rows / norms[:, None]


def number(x):
    """The shortest text of a rounded number; 0 has no sign."""
    text = "%.*f" % (DECIMALS, x)
    text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def main():
    target = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    packages = select(*fetch())
    lines = []
    for package, row in zip(packages, embed(packages)):
        vec = ",".join(number(x) for x in row)
        lines.append('{"term":%s,"vec":[%s]}\n' % (json.dumps(package.name), vec))
    with open(os.path.join(target, "debian-packages.jsonl.gz"), "wb") as f:
        # No name and no time in the header: the same bytes every time.
        with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=f, mtime=0) as z:
            z.write("".join(lines).encode())
    with open(os.path.join(target, "debian-packages.labels.txt"), "w") as f:
        f.writelines(p.section + "\n" for p in packages)
    counts = collections.Counter(p.section for p in packages)
    print(len(packages), "packages:", *("%s %d" % c for c in sorted(counts.items())))


if __name__ == "__main__":
    main()
