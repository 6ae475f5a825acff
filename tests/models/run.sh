#!/bin/sh
# What models are for, on the labelled sets of $KCLUST_TEST_DATA: run.sh [-v]. $KCLUST names the binary (default
# ./kclust). The last line counts; the exit status is 1 when a test failed.
set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
for python in "${PYTHON:-python3}" /usr/bin/python3; do
    if "$python" -c 'import sklearn' 2>/dev/null; then
        exec "$python" -B "$here/goals.py" "$@"
    fi
done
echo 'skip: no python3 with scikit-learn (Debian: python3-sklearn)'
echo 'models: 0 passed, 0 failed, 1 skipped'
