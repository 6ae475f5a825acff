"""Run one command as a whole process and write what it used: measure.py REPORT COMMAND [ARGUMENT]...

REPORT gets one JSON object: status, wall, user, sys (seconds) and peak_rss (bytes). Linux hands the peak of the
parent's memory on to a child it starts, through exec; so the caller, which has numpy loaded, must not be the
parent. This file imports next to nothing: run it with `python3 -I -S`, and peak_rss has a floor of some 10 MB.
"""

import os
import sys
import time


def main():
    report, command = sys.argv[1], sys.argv[2:]
    start = time.monotonic()
    child = os.posix_spawnp(command[0], command, os.environ)
    _, status, used = os.wait4(child, 0)
    wall = time.monotonic() - start
    with open(report, "w", encoding="ascii") as f:
        f.write('{"status": %d, "wall": %.6f, "user": %.6f, "sys": %.6f, "peak_rss": %d}\n' % (
            os.waitstatus_to_exitcode(status), wall, used.ru_utime, used.ru_stime, used.ru_maxrss * 1024))


main()
