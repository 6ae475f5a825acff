#!/usr/bin/env bash
# The walls of the house (src/README.md): which room includes which, what only src/cli may do, what the library shows.
# check-layers.sh [LIBKCLUST.A], run anywhere; without an argument the release build's archive. The last line counts.
set -u
export LC_ALL=C
lib=${1:-}
[ -z "$lib" ] || lib=$(realpath -m "$lib")
cd "$(dirname "$0")/../.." || exit 1
lib=${lib:-build/release/libkclust.a}

passed=0 failed=0
# verdict WHAT COMPLAINTS: there must be none.
verdict() {
    if [ -z "$2" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED %s\n%s\n' "$1" "$2"
    fi
}

# What a room may include: itself and the rooms below it.
below() {
    case $1 in
    base) echo 'base' ;;
    par) echo 'base par' ;;
    text) echo 'base par text' ;;
    la) echo 'base par la' ;;
    in) echo 'base par la in' ;;
    core) echo 'base par la core' ;;
    model) echo 'base par la in core model' ;;
    out) echo 'base par text la in core out' ;;
    job) echo 'base par text la in core model out job' ;;
    cli) echo 'base par text la in core model out job cli' ;;
    esac
}

# The code without its comments, every line behind its number.
code() {
    awk '{
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
        print NR ": " out
    }' "$1"
}

# The same with the strings emptied, so that a word in a message is no call.
calls() {
    code "$1" | sed -E 's/"([^"\\]|\\.)*"/""/g'
}

prints='(f|v|vf|d|w)?printf|f?puts|f?putc|putchar|perror'
streams='(stdin|stdout|stderr)'
not_part_of_a_word='(^|[^A-Za-z0-9_])'

rooms='base par text la in core model out job cli'
for dir in src/*/; do
    room=$(basename "$dir")
    [[ " $rooms " = *" $room "* ]] || verdict "rooms" "src/$room is no room that this check knows"
done

for room in $rooms; do
    allowed=$(below "$room")
    while IFS= read -r file; do
        bad=$(code "$file" | grep -E '^[0-9]+: *# *include *"' | while IFS= read -r line; do
            target=$(sed -E 's/.*include *"([^"]*)".*/\1/' <<<"$line")
            case $target in
            core/ref/*) [[ $file = src/core/ref/* ]] || echo "$file:$line" ;;
            */*) [[ " $allowed " = *" ${target%%/*} "* ]] || echo "$file:$line" ;;
            *) echo "$file:$line (without its room)" ;;
            esac
        done)
        verdict "$file includes rooms below it only" "$bad"

        if [ "$room" != cli ] && [[ $file != src/core/ref/* ]]; then # the slow twins are in the tests only
            words="($prints|_?exit|quick_exit|abort|isatty) *\(|$streams\\b"
            bad=$(calls "$file" | grep -E "$not_part_of_a_word($words)")
            verdict "$file neither prints nor exits" "$bad"
        fi
        verdict "$file leaves the locale alone" "$(calls "$file" | grep -E '(^|[^A-Za-z0-9_])(set|use|new)locale *\(')"
        if [ "$room" != la ]; then
            verdict "$file knows no cblas.h" "$(code "$file" | grep -E 'include.*cblas\.h')"
        fi
        lines=$(wc -l <"$file")
        verdict "$file has at most 600 lines" "$([ "$lines" -le 600 ] || echo "$lines lines")"
    done < <(find "src/$room" -name '*.[ch]' 2>/dev/null | sort)
done

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
