#!/usr/bin/env bash
# Check the architecture (src/README.md): which room may include which, what only src/cli may do, and which symbols the
# library exports: check-layers.sh [LIBKCLUST.A]. It can be run from any folder; by default the archive is that of the
# release build. The last line counts.
set -u
export LC_ALL=C
lib=${1:-}
[ -z "$lib" ] || lib=$(realpath -m "$lib")
cd "$(dirname "$0")/../.." || exit 1
lib=${lib:-build/release/libkclust.a}

passed=0 failed=0
# verdict WHAT COMPLAINTS: count a test, which passes if there are no complaints.
verdict() {
    if [ -z "$2" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED %s\n%s\n' "$1" "$2"
    fi
}

# The rooms from the bottom up, and the rooms below each that it may include; a room always includes itself. A room is a
# folder of src, nested ones too: in/formats is a room beside in.
cores='core core/cluster core/judge core/kmeans core/track core/parts core/graph core/near core/map core/density core/linkage core/choice'
walls="
base:
io:            base
par:           base
json:          base io
la:            base par
text:          base par
in/fields:     base io json
in/piece:      base io json la in/fields
in/formats:    base io par json la in/fields in/piece
in:            base io par json la in/fields in/piece in/formats
core/cluster:  base par json la
core/judge:    base par la core/cluster
core/kmeans:   base par json la core/cluster core/judge
core/track:    base la core/cluster core/judge
core/parts:    base par la core/cluster core/judge
core/graph:    base par la core/cluster
core/near:     base par la core/cluster core/kmeans core/graph
core/map:      base par la core/cluster core/graph core/near
core/density:  base par la core/cluster core/judge core/kmeans core/graph core/near
core/linkage:  base par la core/cluster core/judge core/kmeans core/graph core/near core/density
core/choice:   base par la core/cluster core/judge core/kmeans core/graph
core:          base core/cluster core/kmeans core/density core/linkage
model:         base io par json la in/fields in core core/cluster core/judge core/kmeans core/track core/graph core/map
report:        base io json text la in/fields in/piece in $cores
view:          base io par json text la in/fields in core/cluster core/judge core/track model report
picture:       base core/track report view
page:          base io core/track view picture
job:           base io par json text la in/fields in/piece in $cores model report view picture page
cli:           base io par json text in/fields in/piece in $cores model report view picture page job
cgi:           base io json la model
core/ref:      base io par json la core/cluster core/judge core/kmeans core/track core/parts core/graph core/density core/linkage core/choice
"

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
rooms=$(sed -n 's/:.*//p' <<<"$walls")
while IFS= read -r dir; do
    room=${dir#src/}
    grep -qxF "$room" <<<"$rooms" || verdict "rooms" "src/$room is no room that this check knows"
done < <(find src -mindepth 2 -name '*.[ch]' -printf '%h\n' | sort -u)
mapfile -t files < <(find src/*/ -name '*.[ch]' | sort)
verdict 'src has files' "$([ ${#files[@]} -gt 0 ] || echo 'none')"

# In $work/code the files without their comments, every line behind its number; in $work/calls with the strings emptied
# too, so that a word in a message is no call. All at once: a process for each file and check takes half a minute.
find src -type d -exec mkdir -p "$work/code/{}" \;
awk -v to="$work/code/" '
FNR == 1 { close(path); path = to FILENAME; inside = 0 }
{
    line = $0; out = ""
    while (line != "") {
        if (inside) {
            at = index(line, "*/")
            if (!at) break
            line = substr(line, at + 2); inside = 0
        } else {
            at = match(line, /\/[*\/]|"([^"\\]|\\.)*"|\047([^\047\\]|\\.)*\047/)
            if (!at) { out = out line; break }
            piece = substr(line, at, RLENGTH)
            out = out substr(line, 1, at - 1)
            line = substr(line, at + RLENGTH)
            if (piece == "//") break
            else if (piece == "/*") { out = out " "; inside = 1 }
            else out = out piece
        }
    }
    print FNR ": " out >path
}' "${files[@]}"
cp -R "$work/code" "$work/calls"
(cd "$work/calls" && sed -i -E 's/"([^"\\]|\\.)*"/""/g' "${files[@]}")
verdict 'all of src was read' \
    "$(diff <(printf '%s\n' "${files[@]}") <(cd "$work/calls" && find src -type f -size +0 | sort))"

# seen code|calls PATTERN FILE...: the lines that match, as FILE:LINE: CODE.
seen() {
    (cd "$work/$1" && grep -HE "$2" "${@:3}")
}

# each WHAT COMPLAINTS FILE...: a verdict on every file; complaints begin with the name of theirs.
each() {
    local what=$1 complaints=$2 file bad=0
    shift 2
    while IFS= read -r file; do
        [ -n "$file" ] || continue
        bad=$((bad + 1))
        verdict "$file $what" "$(grep -F "$file:" <<<"$complaints")"
    done < <(cut -d: -f1 <<<"$complaints" | sort -u)
    passed=$((passed + $# - bad))
}

# FILE:LINE: #include "ROOM/NAME" that a file of its room may not have.
beyond() {
    awk '
        function room_of(path) { return sub(/\/[^\/]*$/, "", path) ? path : "" }
        NR == FNR { if (split($0, wall, ":") == 2) allowed[wall[1]] = " " wall[1] " " wall[2] " "; next }
        {
            file = $0; sub(/:.*/, "", file); sub(/^src\//, "", file)
            split($0, quoted, "\""); target = room_of(quoted[2])
            if (target == "") print $0 " (without its room)"
            else if (!index(allowed[room_of(file)], " " target " ")) print
        }' <(tr -s ' ' <<<"$walls") <(seen code '^[0-9]+: *# *include *"' "${files[@]}")
}

# No circle of files but inside one room: a header that is reached from itself by way of another room's header.
circles() {
    awk '
        { file = $0; sub(/:.*/, "", file); sub(/^src\//, "", file); split($0, quoted, "\""); edge[file] = edge[file] " " quoted[2] }
        function visit(at, path,   n, i, to) {
            if (state[at] == 1) { print path; return }
            if (state[at] == 2) return
            state[at] = 1; n = split(edge[at], to, " ")
            for (i = 1; i <= n; i++) visit(to[i], path " -> " to[i])
            state[at] = 2
        }
        END { for (f in edge) visit(f, f) }' <(seen code '^[0-9]+: *# *include *"' "${files[@]}")
}

# A header outside base that more than 25 files include is a door to too much. The files of the verbs do not count: what
# all verbs share has as many as there are verbs.
crowded() {
    seen code '^[0-9]+: *# *include *"' "${files[@]}" | awk -F'"' '
        $1 !~ /cli\/cmd_/ && $2 !~ /^base\// { n[$2]++ } END { for (h in n) if (n[h] > 25) print h ": included by " n[h] " files" }'
}

prints='(f|v|vf|d|w)?printf|f?puts|f?putc|putchar|perror'
streams='(stdin|stdout|stderr)'
not_part_of_a_word='(^|[^A-Za-z0-9_])'
quiet=() without_blas=()
for file in "${files[@]}"; do
    case $file in
    src/cli/* | src/cgi/* | src/core/ref/*) ;; # another program; the slow twins are in the tests only
    *) quiet+=("$file") ;;
    esac
    [[ $file = src/la/* ]] || without_blas+=("$file")
done
words="($prints|_?exit|quick_exit|abort|isatty) *\(|$streams\\b"
each 'includes rooms below it only' "$(beyond)" "${files[@]}"
verdict 'no circle of headers' "$(circles)"
verdict 'no header outside base is included by more than 25 files' "$(crowded)"
each 'neither prints nor exits' "$(seen calls "$not_part_of_a_word($words)" "${quiet[@]}")" "${quiet[@]}"
each 'leaves the locale alone' "$(seen calls "$not_part_of_a_word(set|use|new)locale *\(" "${files[@]}")" "${files[@]}"
each 'knows no cblas.h' "$(seen code 'include.*cblas\.h' "${without_blas[@]}")" "${without_blas[@]}"
long=$(wc -l "${files[@]}" | awk '$1 > 600 && $2 != "total" && $2 !~ /\/stopwords_iso\.c$/ { print $2 ": " $1 " lines" }')
each 'has at most 600 lines' "$long" "${files[@]}"

if [ -f "$lib" ]; then
    symbols=$(nm -A --defined-only -g "$lib" 2>/dev/null | awk 'NF >= 3')
    verdict "$lib has symbols" "$([ -n "$symbols" ] || echo 'nm shows none')"
    verdict "$lib shows kc_ names only" "$(awk '$NF !~ /^kc_/' <<<"$symbols")"
    # What the compiler made of it: a macro cannot hide a call here.
    called="$prints|_?exit|abort|v?warnx?|v?errx?|isatty|setlocale|uselocale|$streams"
    verdict "$lib calls nothing that prints, exits or sets the locale" \
        "$(nm -A -u "$lib" 2>/dev/null | grep -E " (_IO_)?(__)?($called)(_chk)?\$")"
else
    verdict "$lib" 'is not there: run make first, or name the archive'
fi

echo "layers: $passed passed, $failed failed"
[ $failed = 0 ]
