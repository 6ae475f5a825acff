#!/usr/bin/env python3
"""Print where the tracked text files depart from .editorconfig: check-style.py [--clang-format | --planted].

.editorconfig is checked to the letter: UTF-8, LF, no trailing blanks, a final newline, no tabs where spaces are asked for,
and the length of lines. With --clang-format the C sources are compared with .clang-format instead. clang-format cannot
keep tables and comments in columns, so that rule is a limit: it may want to change at most SHARE of the lines.
--planted looks at a text with every fault, and prints how many rules saw theirs: all six."""
import os
import subprocess
import sys

SHARE = 0.05  # of the lines of C that clang-format 14 may want otherwise: 4.4 % when the limit was set
CODE = (".c", ".h", ".py", ".sh", ".bash", "/run", "/run-cases", "/run-python")  # whose lines have a limit
COLUMNS = 120
COLUMNS_OF_TESTS = 160


def tracked():
    """The files that git knows; in an unpacked release, all but those of a build."""
    out = subprocess.run(["git", "ls-files", "-z"], capture_output=True)
    if out.returncode == 0:
        names = out.stdout.decode().split("\0")
    else:
        names = [os.path.join(folder, name)[2:] for folder, _, files in os.walk(".") for name in files]
        names = [name for name in names if not name.startswith(("build/", ".git/")) and name != "kclust"]
    return [name for name in names if name and os.path.isfile(name) and not os.path.islink(name)]


def findings_in(name, data):
    """The findings in one file, as (line, what)."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return [(1, "not UTF-8")]
    found = []
    case = name.endswith(".case")
    most = COLUMNS_OF_TESTS if name.startswith("tests/") else COLUMNS
    if text and not text.endswith("\n") and not case:
        found.append((text.count("\n") + 1, "no newline at the end"))
    tabs_allowed = name in ("Makefile", "packaging/debian/rules") or name.startswith("man/")
    for number, line in enumerate(text.split("\n"), 1):
        if line.endswith((" ", "\t")) and not case:
            found.append((number, "trailing blanks"))
        if line.endswith("\r") and not case:
            found.append((number, "CR at the end"))
        if line.startswith("\t") and not tabs_allowed and not case:
            found.append((number, "indented with a tab"))
        if len(line) > most and name.endswith(CODE):
            found.append((number, "%d columns, at most %d" % (len(line), most)))
    return found


def editorconfig():
    """The findings in all files."""
    skip = ("testdata/", "completions/", "LICENSE")
    found = []
    for name in tracked():
        if name.startswith(skip):
            continue
        with open(name, "rb") as f:
            data = f.read()
        if b"\0" in data[:8192]:
            continue
        found += ["%s:%d: %s" % (name, number, what) for number, what in findings_in(name, data)]
    return found


def clang_format():
    """A finding if clang-format wants more lines otherwise than SHARE."""
    lines = wanted = 0
    for name in tracked():
        if not name.startswith("src/") or not name.endswith((".c", ".h")) or name.endswith(("num_pow10.h", "stopwords_iso.c")):
            continue
        formatted = subprocess.run(["clang-format", name], capture_output=True, check=True).stdout.split(b"\n")
        with open(name, "rb") as f:
            own = f.read().split(b"\n")
        lines += len(own)
        kept = set(formatted)
        wanted += sum(1 for line in own if line not in kept)
    share = wanted / lines
    return ["clang-format would change %.1f %% of the lines, at most %.0f %%" % (100 * share, 100 * SHARE)] if share > SHARE else []


def main():
    args = sys.argv[1:]
    if args == ["--planted"]:
        found = findings_in("src/planted.c", b"a \n\tb\nc\r\n" + b"d" * (COLUMNS + 1) + b"\nend") + findings_in("x", b"\xff\n")
        print("%d rules see their fault" % len({what.split(",")[0].lstrip("0123456789 ") for _, what in found}))
        return
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
    for finding in clang_format() if args == ["--clang-format"] else editorconfig():
        print(finding)


if __name__ == "__main__":
    main()
