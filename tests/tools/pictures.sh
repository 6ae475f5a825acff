#!/usr/bin/env bash
# Draw the pictures that README.md shows, of the bundled sample: pictures.sh FOLDER. They are the same bytes on every
# machine, so that a check can draw them again.
set -euo pipefail
cd "$(dirname "$0")/../.."
kclust=$(realpath "${KCLUST:-./kclust}")
to=${1:-testdata/pictures}
data=testdata/debian-packages.jsonl.gz
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$kclust" -q --min-size 15 -k 2:30 --k-by auto --keywords 8 -s "$work/summary.json" -o "$work/labels.tsv" "$data"
draw() {
    "$kclust" plot "$1" -q --from "$work/summary.json" "${@:2}" -o "$to/$1.svg" "$work/labels.tsv" "$data"
}
draw map --title '1,503 Debian packages, by their descriptions'
draw keywords --width 960
draw silhouette --width 720
