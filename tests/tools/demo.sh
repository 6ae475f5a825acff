#!/usr/bin/env bash
# Cluster the sample of Debian packages, show the clusters' members, and write the report.
# Run after the build, with the binary at ./kclust (or at $KCLUST).
set -euo pipefail

cd "$(dirname "$0")/../.."
kclust=${KCLUST:-./kclust}
data=testdata/debian-packages.jsonl.gz
width=80

if [ ! -x "$kclust" ]; then
    printf 'demo: %s is not there; run make first\n' "$kclust" >&2
    exit 1
fi

out=$(mktemp)
trap 'rm -f "$out"' EXIT

report=build/demo.html
mkdir -p build
command=("$kclust" --min-size 15 --keywords 8 --columns 'term,cluster,similarity' --report "$report" "$data")
printf '%s\n\n' "\$ ${command[*]}"
"${command[@]}" >"$out"
printf '\n'

if [ ! -s "$out" ]; then
    printf 'demo: %s wrote no lines\n' "$kclust" >&2
    exit 1
fi

# By cluster, the rows nearest to the centroid first. General numeric order, as
# a similarity may be written with an exponent. Ties go by name.
tab=$(printf '\t')
LC_ALL=C sort -t "$tab" -k2,2n -k3,3gr -k1,1 "$out" | LC_ALL=C awk -F '\t' -v width="$width" '
    # One line a cluster: names as long as they fit, and "..." if some are left.
    function flush_cluster(	line, rest, i) {
        if (size == 0)
            return
        line = sprintf("cluster %s (%d):", id, size)
        for (i = 1; i <= size; i++) {
            rest = i < size ? 4 : 0
            if (length(line) + 1 + length(name[i]) + rest > width)
                break
            line = line " " name[i]
        }
        print i <= size ? line " ..." : line
    }
    NF != 3 || $2 !~ /^[0-9]+$/ {
        print "demo: not a term, a cluster and a similarity: " $0 > "/dev/stderr"
        failed = 1
        exit 1
    }
    NR == 1 || $2 != id {
        flush_cluster()
        id = $2
        size = 0
    }
    # Names beyond one line are never shown, so they are only counted.
    {
        size++
        if (size <= width)
            name[size] = $1
    }
    END {
        if (!failed)
            flush_cluster()
    }
'

printf '\nThe report, a map and tables to look at in a browser: %s\n' "$PWD/$report"
