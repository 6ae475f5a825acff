#!/bin/sh
# The recipes for SQLite and PostgreSQL in the manual, run: run.sh. $KCLUST names the binary (default
# ./kclust). The last line counts; the exit status is 1 when a test failed.
set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1

for python in "${PYTHON:-python3}" /usr/bin/python3; do
    if "$python" -c 'import sys' 2>/dev/null; then
        "$python" -B "$here/check.py" "$@"
        status=$?
        # 0 and 1 come with a count; anything else is a crash of the checker, which has none.
        if [ "$status" -gt 1 ]; then
            echo 'databases: 0 passed, 1 failed, 0 skipped'
            status=1
        fi
        exit "$status"
    fi
done
echo 'skip: no python3'
echo 'databases: 0 passed, 0 failed, 1 skipped'
