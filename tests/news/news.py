#!/usr/bin/env python3
"""A news set with planted stories, as an embedding pipeline leaves it; the same for the same arguments.

    news.py [--documents N] [--seed S] [--difficulty X] [--only NAME] OUTDIR

Of documents, events, entities and storylines, OUTDIR gets NAME.index, a flat FAISS index (IxFI, 768 dimensions, unit
rows), NAME.json, the metadata beside it, and NAME.truth, a line `source_id<TAB>what was planted` for each row. A
document has some 5 events, 43 mentions of entities and a storyline: 1,000 of them (the default) make 50,000 rows.

What is planted:
- Domains are broad regions. In them are families of stories ("the same subject again"), and stories; the sizes are
  heavy-tailed: a fifth of the stories has one document, the largest may have a twenty-fifth of all (or 12).
- A story lasts some days, and has events; each of its documents tells some of them. Entities belong to a story, to
  many (more often the more known they are), or turn up a few times; each has aliases, and some have a namesake.
- documents: one cluster for each story. events: one for each event. entities: one for each entity, whatever the
  alias. storylines: one for each family of stories.
- Some rows are near-duplicates (agency copy). Fields are not always right: one domain in 30 is another one, one event
  type in 20, one entity type in 30; an event's date is so to half a day, or, one in 20, that of the document.

A vector is a sum of directions, one for each level it belongs to (table PARTS), noise, and a turn of the axes. As in
real embeddings all lean towards one direction, the spectrum falls (the variance of the levels as (j + 1)^-DECAY; some
50 directions count), and the noise differs from row to row. X scales the noise: at 1, the default, rows have a cosine
of 0.7 to 0.9 with the mean of the others of their cluster, and of 0.5 to 0.7 with the nearest other mean, as the labelled
sets of real embeddings that we know; about one in 200 is nearer to the other.
"""

import argparse
import datetime
import json
import os
import struct
import sys

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "bench"))
import gen  # noqa: E402
import words  # noqa: E402

D = 768
BLOCK = 4096
NAMES = ("documents", "events", "entities", "storylines")
START = datetime.datetime(2026, 1, 1)
DAYS = 90          # the stories begin within these
EVENTS = 5         # of a document, at most
MENTIONS = 43      # of entities in a document
COPIES = 0.1       # rows that are hardly more than a copy
# The squared length of each level in a vector, and of the noise at difficulty 1.
PARTS = {
    "documents": {"common": .26, "domain": .09, "family": .13, "story": .16, "noise": .36},
    "events": {"common": .24, "domain": .06, "family": .06, "story": .11, "event": .22, "document": .05, "noise": .26},
    "entities": {"common": .24, "type": .07, "entity": .37, "alias": .06, "story": .04, "noise": .22},
    "storylines": {"common": .26, "domain": .10, "family": .24, "story": .08, "noise": .32},
}
DECAY = {"domain": 1.0, "family": 0.95, "story": 0.9, "event": 0.9, "document": 0.8, "type": 1.0, "entity": 0.9,
         "alias": 0.8, "noise": 0.9}


def lengths(decay):
    """The standard deviation of each of the D directions; the squares add up to 1."""
    a = (np.arange(D) + 1.0) ** (-decay / 2)
    return (a / np.linalg.norm(a)).astype(np.float32)


def directions(rng, n, decay):
    """n random directions (n, D), of unit length in the mean."""
    return rng.standard_normal((n, D), dtype=np.float32) * lengths(decay)


def heavy_tail(rng, total, most):
    """Sizes that add up to total: a fifth of them 1, the others a Pareto tail from 3 up, cut at `most`."""
    sizes = np.minimum(3 * (1 - rng.random(total)) ** (-1 / 1.4), most).astype(int)
    sizes = np.maximum(1, np.where(rng.random(total) < 0.2, 1, sizes))
    ends = np.cumsum(sizes)
    n = int(np.searchsorted(ends, total)) + 1
    sizes = sizes[:n]
    sizes[-1] -= ends[n - 1] - total
    return sizes


def siblings(rng, own, share, alike):
    """The directions `own`, a share of which lies near an earlier one; alike: their cosine."""
    n = len(own)
    near = np.flatnonzero((rng.random(n) < share) & (np.arange(n) > 0))
    of = (rng.random(len(near)) * near).astype(int)
    own[near] = np.float32(np.sqrt(1 - alike * alike)) * own[near] + np.float32(alike) * own[of]
    return own


class World:
    """What happened, and who wrote about it. Rows of tables are known by their numbers."""

    def __init__(self, documents, seed):
        self.rng = rng = np.random.default_rng([seed, 0])
        self.n = documents
        sizes = heavy_tail(rng, documents, max(12, documents // 25))
        self.nstories = s = len(sizes)
        self.family = np.empty(s, dtype=int)
        self.domain = np.empty(s, dtype=int)
        self.nfamilies = 0
        for i in range(s):  # a third of the stories comes from a family that is there already
            if i and rng.random() < 0.35:
                of = int(rng.integers(i))
                self.family[i], self.domain[i] = self.family[of], self.domain[of]
            else:
                self.family[i], self.nfamilies = self.nfamilies, self.nfamilies + 1
                self.domain[i] = rng.choice(len(words.DOMAINS), p=words.SHARES)
        self.begins = rng.random(s) * DAYS
        lasts = np.minimum(np.exp(rng.normal(1.2, 0.8, s)), 45)
        self.story = rng.permutation(np.repeat(np.arange(s), sizes))
        self.day = self.begins[self.story] + np.minimum(rng.exponential(0.5, documents), 1.5) * lasts[self.story]
        order = np.argsort(self.day, kind="stable")  # documents come in the order of their time
        self.story, self.day = self.story[order], self.day[order]
        self.of_story = np.split(np.argsort(self.story, kind="stable"), np.cumsum(sizes)[:-1])
        self.make_events(sizes)
        self.make_entities(sizes)

    def make_events(self, sizes):
        """Each document tells some events of its story, each of them once."""
        rng, documents, events, self.event_story, self.event_day = self.rng, [], [], [], []
        for s, members in enumerate(self.of_story):
            n = 3 + int(round(0.35 * sizes[s]))
            first = len(self.event_story)
            weight = -np.log(np.arange(1, n + 1))  # the first of a story are told most
            draws = weight + rng.gumbel(size=(len(members), n))
            picked = np.argsort(-draws, axis=1)[:, :EVENTS]
            documents.append(np.repeat(members, picked.shape[1]))
            events.append(first + picked.ravel())
            self.event_story += [s] * n
            self.event_day += list(self.begins[s] + rng.random(n) * (self.day[members].max() - self.begins[s]))
        self.event_document, self.event = np.concatenate(documents), np.concatenate(events)
        self.nevents = len(self.event_story)
        self.event_story, self.event_day = np.array(self.event_story), np.array(self.event_day)
        self.event_type = rng.integers(len(words.EVENT_TYPES), size=self.nevents)
        order = np.argsort(self.event_document, kind="stable")
        self.event_document, self.event = self.event_document[order], self.event[order]

    def make_entities(self, sizes):
        """A third of the mentions is of entities that all know, a tenth of ones that turn up a few times, and the rest
        of those of the story."""
        rng, n = self.rng, self.n * MENTIONS
        known = max(10, int(0.3 * self.n))
        own = 4 + np.round(0.5 * sizes).astype(int)
        first = known + np.concatenate(([0], np.cumsum(own)[:-1]))
        rare = known + int(own.sum())
        document = np.repeat(np.arange(self.n), MENTIONS)
        which = rng.random(n)
        fame = np.cumsum(1 / (np.arange(known) + 6.0))
        of_all = np.searchsorted(fame, rng.random(n) * fame[-1])
        story = self.story[document]
        of_story = first[story] + (own[story] * rng.random(n) ** 1.8).astype(int)
        of_few = rare + (rng.random(n) * max(1, n // 20)).astype(int)
        entity = np.where(which < 0.33, of_all, np.where(which < 0.9, of_story, of_few))
        there, self.entity = np.unique(entity, return_inverse=True)
        self.entity_document, self.nentities = document, len(there)
        self.entity_type = rng.choice(len(words.ENTITY_TYPES), size=self.nentities, p=[.4, .3, .2, .1])
        aliases = 1 + np.minimum(rng.geometric(0.45, self.nentities), 6)
        ends = np.cumsum(aliases)
        self.nalias = int(ends[-1])
        self.alias_entity = np.repeat(np.arange(self.nentities), aliases)
        self.alias_number = np.arange(self.nalias) - (ends - aliases)[self.alias_entity]
        self.alias = (ends - aliases)[self.entity] + (aliases[self.entity] * rng.random(n) ** 1.5).astype(int)


def rows_of(w, name):
    """(truth, parts) of an index: what was planted, and for each level of its vectors the number of each row."""
    if name == "documents":
        s = w.story
        return s, {"domain": w.domain[s], "family": w.family[s], "story": s}
    if name == "events":
        s = w.event_story[w.event]
        return w.event, {"domain": w.domain[s], "family": w.family[s], "story": s, "event": w.event,
                         "document": w.event_document}
    if name == "entities":
        return w.entity, {"type": w.entity_type[w.entity], "entity": w.entity, "alias": w.alias,
                          "story": w.story[w.entity_document]}
    s = w.story
    return w.family[s], {"domain": w.domain[s], "family": w.family[s], "story": s}


def tables(w, seed):
    """The directions of all levels; the same, whichever index is made."""
    count = {"domain": len(words.DOMAINS), "family": w.nfamilies, "story": w.nstories, "event": w.nevents,
             "document": w.n, "type": len(words.ENTITY_TYPES), "entity": w.nentities, "alias": w.nalias}
    out = {level: directions(np.random.default_rng([seed, 1, i]), n, DECAY[level])
           for i, (level, n) in enumerate(count.items())}
    out["event"] = siblings(np.random.default_rng([seed, 2]), out["event"], 0.3, 0.7)
    out["entity"] = siblings(np.random.default_rng([seed, 3]), out["entity"], 0.3, 0.7)
    return out


def vectors(name, parts, table, seed, difficulty):
    """The rows in blocks (m, D) of float32, unit vectors."""
    squares = PARTS[name]
    common = directions(np.random.default_rng([seed, 4]), 1, 0.5)
    common *= np.float32(np.sqrt(squares["common"])) / np.linalg.norm(common)
    turn = gen.Turn(D, np.random.default_rng([seed, 5]))
    rng = np.random.default_rng([seed, 6, NAMES.index(name)])
    shape = lengths(DECAY["noise"]) * np.float32(np.sqrt(squares["noise"]) * difficulty)
    n = len(next(iter(parts.values())))
    for start in range(0, n, BLOCK):
        at = slice(start, min(start + BLOCK, n))
        m = at.stop - at.start
        loud = np.exp(rng.normal(-0.03, 0.25, m)) * np.where(rng.random(m) < COPIES, 0.15, 1)
        x = rng.standard_normal((m, D), dtype=np.float32) * shape * loud.astype(np.float32)[:, None] + common
        for level, rows in parts.items():
            x += np.float32(np.sqrt(squares[level])) * table[level][rows[at]]
        x = turn(x)
        x /= np.linalg.norm(x, axis=1, keepdims=True)
        yield x


def write_index(path, n, blocks):
    with open(path, "wb") as f:
        f.write(b"IxFI" + struct.pack("<iqqqBi", D, n, 1 << 20, 1 << 20, 1, 0) + struct.pack("<Q", n * D))
        for x in blocks:
            f.write(x.astype("<f4").tobytes())


def times(days):
    """Days as RFC 3339, to the minute."""
    minutes = (np.asarray(days) * 1440).astype(int)
    return [(START + datetime.timedelta(minutes=int(m))).strftime("%Y-%m-%dT%H:%M:00Z") for m in minutes]


def mistaken(rng, right, n, share):
    """right, but for a share that is any of n."""
    return np.where(rng.random(len(right)) < share, rng.integers(n, size=len(right)), right)


def records(w, name, seed):
    """For each row its source_id, and what its metadata has, as text of JSON members."""
    rng = np.random.default_rng([seed, 7, NAMES.index(name)])
    text = words.Words(seed)
    truth, parts = rows_of(w, name)
    document = {"events": w.event_document, "entities": w.entity_document}.get(name, np.arange(w.n))
    story = w.story[document]
    domain = mistaken(rng, w.domain[story], len(words.DOMAINS), 1 / 30)
    day = times(w.day)
    if name == "events":
        kind = mistaken(rng, w.event_type[truth], len(words.EVENT_TYPES), 1 / 20)
        told = rng.random(len(truth)) < 1 / 20  # some say when it was told, not when it was
        when = times(np.where(told, w.day[document], w.event_day[truth] + rng.uniform(-.5, .5, len(truth))))
    elif name == "entities":
        kind = mistaken(rng, w.entity_type[truth], len(words.ENTITY_TYPES), 1 / 30)
    for i, d in enumerate(document):
        s, of = int(story[i]), "doc_%06d" % d
        fields = {"domain": words.DOMAINS[domain[i]]}
        if name == "documents":
            source, fields["title"] = of, text.title(s, int(w.domain[s]), i)
            fields["date"] = day[d]
        elif name == "events":
            source = "event_%07d" % i
            fields.update(event_type=words.EVENT_TYPES[kind[i]], date=when[i], document_id=of,
                          text=text.event(int(truth[i]), s, int(w.event_type[truth[i]]), i))
        elif name == "entities":
            e, a = int(truth[i]), int(w.alias_number[w.alias[i]])
            source = "entity_%08d" % i
            fields.update(entity_type=words.ENTITY_TYPES[kind[i]], text=text.entity(e, int(w.entity_type[e]), a),
                          canonical_text=text.entity(e, int(w.entity_type[e]), 0), date=day[d], document_id=of)
        else:
            source = "storyline_%06d" % i
            fields.update(title=text.storyline(int(truth[i]), int(w.domain[s])), date=day[d], document_id=of)
        yield source, fields


def write_metadata(path, truth_path, w, name, truth, seed):
    """The JSON beside an index, and the truth."""
    kind = {"entities": "entity", "events": "event", "documents": "document", "storylines": "storyline"}[name]
    ids = []
    with open(path, "w", encoding="utf-8") as f, open(truth_path, "w", encoding="utf-8") as t:
        f.write('{"metadata_store": {')
        for i, (source, fields) in enumerate(records(w, name, seed)):
            ids.append('"vec_%s_%08x"' % (kind, (i * 2654435761 + seed) & 0xffffffff))
            f.write('%s\n%s: {"source_id": "%s", "embedding_type": "%s", "metadata": %s}' %
                    ("," if i else "", ids[-1], source, kind, json.dumps(fields, ensure_ascii=False)))
            t.write("%s\t%d\n" % (source, truth[i]))
        f.write('\n},\n"id_map": {')
        f.write(", ".join("%s: %d" % (v, i) for i, v in enumerate(ids)))
        f.write('},\n"reverse_id_map": {')
        f.write(", ".join('"%d": %s' % (i, v) for i, v in enumerate(ids)))
        f.write("}}\n")


def write(out, documents, seed, difficulty, only=NAMES):
    os.makedirs(out, exist_ok=True)
    w = World(documents, seed)
    table = tables(w, seed)
    for name in only:
        truth, parts = rows_of(w, name)
        path = os.path.join(out, name)
        write_index(path + ".index", len(truth), vectors(name, parts, table, seed, difficulty))
        write_metadata(path + ".json", path + ".truth", w, name, truth, seed)


def main():
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("--documents", type=int, default=1000, metavar="N")
    a.add_argument("--seed", type=int, default=1, metavar="S")
    a.add_argument("--difficulty", type=float, default=1.0, metavar="X", help="scales the noise")
    a.add_argument("--only", choices=NAMES, help="write this index alone")
    a.add_argument("out", metavar="OUTDIR")
    o = a.parse_args()
    if o.documents < 10:
        a.error("--documents: 10 or more")
    write(o.out, o.documents, o.seed, o.difficulty, (o.only,) if o.only else NAMES)


if __name__ == "__main__":
    main()
