#!/usr/bin/env python3
"""Check the options of every verb against the manual and the completions: check-options.py MANUAL FOLDER VERBS.

For each verb the folder has VERB.options, as `kclust help --options VERB` prints them; VERB.SHELL, the verb's part of
each completion script; and VERB.page, the manual's pages about the verb. Prints a line for each verdict: what was
checked, a tab, and the complaint, which is empty if there is none."""
import os
import re
import sys

manual, folder, verbs = sys.argv[1:]


def lines(path):
    with open(path, encoding="utf-8") as f:
        return f.read().splitlines()


def holds(where, text, *patterns):
    """Return a complaint for each pattern that no line matches."""
    return ["no line of %s matches %s" % (where, p) for p in patterns if not any(map(re.compile(p).search, text))]


variables = lines(manual)
for verb in verbs.split():
    items = [line for line in lines(os.path.join(folder, verb + ".page")) if line.startswith(".It ")]
    part = {shell: lines(os.path.join(folder, verb + "." + shell)) for shell in ("bash", "zsh", "fish")}
    for line in lines(os.path.join(folder, verb + ".options")):
        long, letter, arg, _, env = (line.split("\t") + [""] * 5)[:5]
        name = "--" + long if long else "-" + letter
        item = r"^\.It (.* )?"
        wanted = [item + "Fl " + re.escape(letter) + "( |$)"] if letter else []
        if long:
            wanted.append(item + "Fl -" + re.escape(long) + "( |$)")
            if arg:
                wanted.append(item + "Fl -" + re.escape(long) + " Ar " + re.escape(arg) + "( |$)")
        about = holds(verb + "'s page", items, *wanted)
        if env:
            about += holds(manual, variables, r"^\.It Ev " + re.escape(env) + "$")
        print("the manual has %s of %s\t%s" % (name, verb, "; ".join(about)))
        print("bash completes %s of %s\t%s" % (name, verb, "; ".join(
            holds("bash's " + verb, part["bash"], " %s " % re.escape(name)))))
        zsh, fish = [], []
        if long:
            zsh.append("--" + re.escape(long) + r"[\]=\[', }]")
            fish.append(" -l " + re.escape(long) + "( |$)")
        if letter:
            zsh.append("-" + re.escape(letter) + r"[\]+\[', }]")
            fish.append(" -s " + re.escape(letter) + "( |$)")
        print("zsh and fish complete %s of %s\t%s" % (name, verb, "; ".join(
            holds("zsh's " + verb, part["zsh"], *zsh) + holds("fish's " + verb, part["fish"], *fish))))
