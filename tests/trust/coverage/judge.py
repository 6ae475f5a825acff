"""Compare the coverage of each room, from gcovr's summary, with the goals: judge.py SUMMARY FLOORS."""

import json
import sys


def main(summary, floors):
    rooms = {}
    with open(summary, encoding="utf-8") as f:
        for one in json.load(f)["files"]:
            room = rooms.setdefault(one["filename"].split("/")[1], [0, 0, 0, 0])
            for i, key in enumerate(("line_covered", "line_total", "branch_covered", "branch_total")):
                room[i] += one[key]
    passed = failed = 0
    figures = []
    with open(floors, encoding="utf-8") as f:
        lines = [line.split() for line in f if line.strip() and not line.startswith("#")]
    known = {room for room, *_ in lines}
    for room in sorted(set(rooms) - known):
        failed += 1
        print("FAIL coverage: src/%s has no line in floors.txt" % room)
    for room, line_floor, branch_floor in lines:
        if room not in rooms:
            continue
        covered = rooms[room]
        got = []
        for what, floor, hit, total in (("lines", line_floor, *covered[:2]), ("branches", branch_floor, *covered[2:])):
            share = 100 * hit / total if total else 100.0
            got.append("%.1f" % share)
            if share >= float(floor):
                passed += 1
            else:
                failed += 1
                print("FAIL coverage: src/%s: %.2f %% of %d %s, expected %s\n     again: tests/trust/coverage/run" % (
                    room, share, total, what, floor))
        figures.append("%s %s/%s" % (room, *got))
    print("lines/branches in %%: %s" % ", ".join(figures))
    print("coverage: %d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
