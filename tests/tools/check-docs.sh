#!/usr/bin/env bash
# Check the manual and the completions against the program's option tables, and run the manual's examples.
# It can be run from any folder. KCLUST=PATH is the binary (default ./kclust in the project). The last line counts.
set -u
export LC_ALL=C
kclust=${KCLUST:-}
[ -z "$kclust" ] || kclust=$(realpath -m "$kclust")
cd "$(dirname "$0")/../.." || exit 1
kclust=${kclust:-$PWD/kclust}
man=man/kclust.1
pages=(man/*.[1-8])
# page VERB: print the pages that describe the options of VERB, one after the other.
page() {
    cat "$man" "man/kclust-$1.1" 2>/dev/null
}

for v in "${!KCLUST_@}"; do
    unset "$v"
done
work=$(mktemp -d "${TMPDIR:-/tmp}/check-docs.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT

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

# holds FILE PATTERN: nothing, or that no line of FILE matches the extended regular expression.
holds() {
    grep -Eq -e "$2" "$1" || echo "no line of $1 matches $2"
}

verbs='fit assign update merge score diff edit suggest neighbours map why report plot convert info help'
shells='bash zsh fish'
declare -A script=([bash]=completions/kclust.bash [zsh]=completions/_kclust [fish]=completions/kclust.fish)

for verb in $verbs; do
    "$kclust" help --options "$verb" >"$work/$verb.options"
    verdict "help --options $verb" "$([ -s "$work/$verb.options" ] || echo 'lists nothing')"
    # The verb's own part of each completion script.
    sed -En "s/^ +$verb\) words='(.*)' ;;\$/ \1 /p" completions/kclust.bash >"$work/$verb.bash"
    sed -n "/^    $verb)\$/,/^        ;;\$/p" completions/_kclust >"$work/$verb.zsh"
    grep "__kclust_verb $verb'" completions/kclust.fish >"$work/$verb.fish"
    verdict "the manual has $verb" "$(holds $man "^\.It Cm $verb( |\$)")"
    verdict "$verb has a page" "$([ "$verb" = help ] || holds "man/kclust-$verb.1" "^\.Cm $verb\$")"
    page "$verb" >"$work/$verb.page"

done

# Every option of every verb: in one process, since there are some hundred of them, each with three verdicts.
verdicts=0
while IFS=$'\t' read -r what complaint; do
    verdict "$what" "$complaint"
    verdicts=$((verdicts + 1))
done < <(/usr/bin/python3 -B tests/tools/check-options.py $man "$work" "$verbs")
options=$(cat "$work"/*.options | wc -l)
verdict 'every option was looked at' "$([ $verdicts = $((3 * options)) ] || echo "$verdicts verdicts on $options options")"

# And back: no option in the manual that the program does not know.
cat "$work"/*.options | awk -F '\t' '$1 { print "-" $1 } $2 { print $2 }' | sort -u >"$work/known"
unknown=$(grep -h '^\.It .*Fl' "${pages[@]}" | grep -Eo 'Fl -?[A-Za-z0-9-]+' | cut -c 4- | sort -u | comm -23 - "$work/known")
verdict "the manual has no other options" "$unknown"
unknown=$(grep -Eho 'Ev KCLUST_[A-Z_]+' "${pages[@]}" | cut -c 4- | sort -u |
    comm -23 - <({ cut -f 5 "$work"/*.options | grep .; echo KCLUST_CGROUP_ROOT
        grep -Eho '"KCLUST_[A-Z_]+"' src/cgi/*.c | tr -d '"'; } | sort -u))
verdict "the manual has no other variables" "$unknown"

for shell in $shells; do
    "$kclust" help --completions "$shell" >"$work/completion"
    verdict "${script[$shell]} is as the program prints it" "$(cmp "$work/completion" "${script[$shell]}" 2>&1)"
    if command -v "$shell" >/dev/null; then
        verdict "$shell reads ${script[$shell]}" "$("$shell" -n "${script[$shell]}" 2>&1)"
    fi
done

# The pictures of README.md are those that the program draws.
mkdir "$work/pictures"
KCLUST=$kclust tests/tools/pictures.sh "$work/pictures"
for picture in map keywords silhouette; do
    verdict "testdata/pictures/$picture.svg is as the program draws it" \
        "$(cmp "$work/pictures/$picture.svg" "testdata/pictures/$picture.svg" 2>&1)"
    verdict "README.md shows $picture.svg" "$(holds README.md "testdata/pictures/$picture\.svg")"
done

# The presets in the manual are those of the program, and these are all that there are.
presets=$(awk -F '\t' '$1 == "preset"' "$work/fit.options" | wc -l)
verdict 'fit has presets' "$([ "$presets" = 1 ] || echo 'no option --preset')"
sed -n '/^\.\\" presets: begin/,/^\.\\" presets: end/p' "${pages[@]}" |
    awk -v dir="$work" '/^\.Cm / { name = $2 } /^\.Ed/ { on = 0 } on { print >(dir "/preset." name) } /^\.Bd/ { on = 1 }'
read -ra names < <(grep '__kclust_verb fit' completions/kclust.fish | sed -n "s/.* -l preset .* -a '\([^']*\)'.*/\1/p")
for name in "${names[@]}"; do
    verdict "the manual has the preset $name" "$("$kclust" help --preset "$name" | cmp - "$work/preset.$name" 2>&1)"
done
verdict 'the completions have the presets' "$([ ${#names[@]} -gt 0 ] || echo 'none after fit --preset')"

# What bash offers at some places: line, then a word that must be among the offers and one that must not.
while IFS='|' read -r line wanted unwanted; do
    offers=$(bash -c '
        compopt() { :; }
        . completions/kclust.bash
        read -ra COMP_WORDS <<<"$1"
        [[ $1 = *" " ]] && COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _kclust 2>&1
        printf "%s\n" "${COMPREPLY[@]}"' - "$line")
    bad=
    grep -qxFe "$wanted" <<<"$offers" || bad="does not offer $wanted"
    ! grep -qxFe "$unwanted" <<<"$offers" || bad+="offers $unwanted"
    verdict "bash completion of '$line'" "$bad"
done <<'END'
kclust --k-|--k-by|--json
kclust fit --k-by sil|silhouette|davies-bouldin
kclust convert -f n|npy|kvec
kclust info --js|--json|--seed
kclust neighbours --min|--min-similarity|--min-size
kclust con|convert|fit
kclust edit --m|--merge|--min-size
kclust help |info|--seed
kclust fit --columns te|term|cluster
kclust fit --columns term,|term,cluster|term,term
kclust fit --columns cluster,term,si|cluster,term,similarity|cluster,term,row
kclust assign --columns |label|silhouette
kclust --language en,r|en,ru|en,en
END

if command -v fish >/dev/null; then
    offers=$(fish -c 'source completions/kclust.fish; complete -C "kclust fit --columns term,si"' 2>&1 | cut -f 1 | sort)
    verdict "fish completion of 'kclust fit --columns term,si'" "$([ "$offers" = $'term,silhouette\nterm,similarity' ] ||
        echo "offers $offers")"
fi

# The examples, each in a folder with the sample, as a user would type them. kclust must not fail within a pipeline
# either, which pipefail could not tell from `sort` losing its `head`.
mkdir "$work/bin"
cat >"$work/bin/kclust" <<END
#!/bin/sh
"$kclust" "\$@"
code=\$?
[ \$code = 0 ] || echo "exit status \$code: kclust \$*" >>"$work/failures"
exit \$code
END
chmod +x "$work/bin/kclust"
awk -v dir="$work" '/^\.\\" test: begin$/ { n++; on = 1; next } /^\.\\" test: end/ { on = 0 }
    on { gsub(/\\&/, ""); gsub(/\\e/, "\\"); gsub(/\\\(dq/, "\""); gsub(/\\-/, "-"); print > (dir "/example." n) }' "${pages[@]}"
examples=0
for example in "$work"/example.*; do
    [ -f "$example" ] || continue
    examples=$((examples + 1))
    mkdir "$work/run.$examples"
    ln -s "$PWD/testdata" "$work/run.$examples/testdata"
    : >"$work/failures"
    output=$(cd "$work/run.$examples" && PATH=$work/bin:$PATH timeout 120 bash -e "$example" 2>&1 </dev/null)
    code=$?
    [ $code = 0 ] || printf 'exit status %s\n%s\n' $code "$output" >>"$work/failures"
    verdict "example: $(head -n 1 "$example")" "$(cat "$work/failures")"
done
verdict "the manual has examples" "$([ $examples -gt 0 ] || echo 'none between the marks')"

if command -v mandoc >/dev/null; then
    for file in "${pages[@]}"; do
        verdict "mandoc likes $file" "$(mandoc -T lint -W warning "$file" 2>&1)"
    done
else
    echo 'mandoc is not there: the pages are not linted'
fi

echo "docs: $passed passed, $failed failed"
[ $failed = 0 ]
