#!/usr/bin/env bash
# Write the source as an archive: dist.sh VERSION FOLDER makes FOLDER/kclust-VERSION.tar.gz.
# The same commit gives the same bytes everywhere: the tracked files in the order of their names, without owners, with
# the time of the commit (or SOURCE_DATE_EPOCH), and gzip without a name and time. In an unpacked archive, all files are
# taken, with the time that they have from it: that gives the same bytes again.
set -euo pipefail
export LC_ALL=C TZ=UTC
cd "$(dirname "$0")/.."
version=$1 folder=$2
name=kclust-$version
mkdir -p "$folder"
list=$(mktemp)
trap 'rm -f "$list" "$folder/$name.tar.gz.new"' EXIT

if [ "$(git rev-parse --show-prefix 2>/dev/null || echo none)" = '' ]; then
    git ls-files -z | sort -z >"$list"
    epoch=$(git log -1 --format=%ct)
    git diff --quiet HEAD -- || echo 'dist: the archive has changes that are in no commit' >&2
else
    find . \( -path ./build -o -path ./debian -o -name __pycache__ \) -prune -o \
        -type f ! -path ./kclust ! -path ./kclust.cgi -printf '%P\0' | sort -z >"$list"
    epoch=$(stat -c %Y LICENSE)
fi
tar --null --no-recursion --verbatim-files-from --files-from="$list" --format=ustar \
    --owner=0 --group=0 --numeric-owner --mode='u=rwX,go=rX' \
    --mtime="@${SOURCE_DATE_EPOCH:-$epoch}" --transform="s,^,$name/,S" -cf - |
    gzip -9 -n >"$folder/$name.tar.gz.new"
mv "$folder/$name.tar.gz.new" "$folder/$name.tar.gz"
printf 'dist: %s, %d files\n' "$folder/$name.tar.gz" "$(tr -cd '\0' <"$list" | wc -c)"
