# What the cases share; run-cases reads it in front of each.
# shellcheck shell=bash

export PYTHONPATH=$CASES PYTHONDONTWRITEBYTECODE=1

# Seconds and memory differ from run to run.
steady() {
    sed -E 's/, [0-9.]+ s \(read [0-9.]+, (space [0-9.]+, )?sweep [0-9.]+\), peak [0-9.]+ ?[kKMGTB]*$/, TIME, PEAK/'
}

# What a failure must be on standard error: one line "kclust: ..." that is no warning, and no line of another kind.
one_message() {
    awk '/^kclust: warning: / { next } /^kclust: ./ { n++; next } { other++ } END { exit n != 1 || other > 0 }' "$1"
}

# For several commands in one case: standard output of each, then its standard error and its exit status.
try() {
    local code
    "$@" 2>"$TMPDIR/stderr"
    code=$?
    steady <"$TMPDIR/stderr"
    echo "exit $code"
    if [[ $code = [124] ]] && ! one_message "$TMPDIR/stderr"; then
        echo "and not exactly one message"
    fi
}

# Run a command again and again until it succeeds; after 100 s give up, which the case's output will show.
wait_until() {
    local end=$((SECONDS + 100))
    until "$@"; do
        [ $SECONDS -lt $end ] || { echo "waited in vain: $*" >&2; return 1; }
        sleep 0.05
    done
}

# The case cannot run here.
skip() {
    echo "$1" >&2
    exit 77
}

# As another user, who may not do what root may.
nobody() {
    setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

need_nobody() {
    [ "$(id -u)" = 0 ] || skip 'needs root, to become another user'
    nobody "$KCLUST" --version >/dev/null 2>&1 || skip 'needs setpriv, to become another user'
}

# Debian's Python, where it is: one of pyenv takes ten times as long to start.
if [ -x /usr/bin/python3 ]; then
    python3() { /usr/bin/python3 "$@"; }
fi

# Python with the writers of data.py.
py() {
    python3 -c "import sys
from data import *
$1"
}

# Nine rows in three obvious groups: a1 to a4, b1 to b3, c1 and c2. With three clusters they are 0, 1 and 2.
rows() {
    cat <<'END'
{"term": "a1", "vec": [1, 0.125, 0]}
{"term": "b1", "vec": [0, 1, 0.125]}
{"term": "a2", "vec": [1, 0, 0.125]}
{"term": "c1", "vec": [0.125, 0, 1]}
{"term": "a3", "vec": [2, 0.25, 0.25]}
{"term": "b2", "vec": [0.125, 1, 0]}
{"term": "a4", "vec": [0.5, 0, 0]}
{"term": "b3", "vec": [0.125, 1, 0.125]}
{"term": "c2", "vec": [0, 0.125, 1]}
END
}

# Labels as "a1=0 b1=1 ...", for results of one short line.
brief() {
    tr '\t\n' '= ' | sed 's/ $//'
    echo
}
