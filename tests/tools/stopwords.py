#!/usr/bin/env python3
"""Write src/text/stopwords_iso.c from the stop words of the npm package stopwords-iso:

    npm pack stopwords-iso && tar xzf stopwords-iso-*.tgz
    tests/tools/stopwords.py package/stopwords-iso.json > src/text/stopwords_iso.c
"""

import json
import sys
import unicodedata

OWN = {"en", "vi"}  # src/text/stop_lists.c has them: function words only
COLUMNS = 110


def entries(words):
    """The words in lower case and NFC, once each, sorted; without those that have no letter."""
    clean = {unicodedata.normalize("NFC", " ".join(word.split()).lower()) for word in words}
    return sorted(w for w in clean if any(c.isalpha() for c in w) and not set(w) & set('|"\\'))


def lines(code, words):
    """The C lines of a list, cut between entries."""
    line = '    {"%s", "' % code
    for i, word in enumerate(words):
        text = word + ("|" if i + 1 < len(words) else "")
        if len(line) + len(text) > COLUMNS:
            yield line + '"'
            line = '     "'
        line += text
    yield line + '"},'


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        lists = {code: entries(words) for code, words in json.load(f).items() if code not in OWN}
    print("/* Stop words of %d languages, by ISO 639-1 code: entries separated by '|', sorted. Made by" % len(lists))
    print(" * tests/tools/stopwords.py from the npm package stopwords-iso 1.1.0; do not edit. The lists are Copyright (c) 2016")
    print(" * Gene Diaz, under the MIT licence, which is in stopwords-iso.LICENSE. */")
    print('#include "text/stops.h"\n')
    print("const struct kc_stop_list kc_stop_lists_iso[] = {")
    for code in sorted(lists):
        for line in lines(code, lists[code]):
            print(line)
    print("    {NULL, NULL}};")


main()
