#!/usr/bin/env bash
# Check that gcc and clang compile without a warning, and that installing and uninstalling leaves the right files.
# gcc has compiled everything already: its warnings lie beside the objects (see compile in the Makefile). clang compiles
# program and library for the suite `fuzz`, which fails on a warning; here it reads what that leaves out. `make warnings`
# compiles everything by both, optimised.
set -u
cd "$(dirname "$0")/../.." || exit 1
passed=0 failed=0
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

check() { # NAME COMMAND...
    local name=$1
    shift
    if "$@" >"$tmp/out" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAIL build: %s\n' "$name"
        tail -n 20 "$tmp/out"
    fi
}

lib=${LIB:-build/release/libkclust.a}
quiet_gcc() { # FOLDER of the objects
    local left
    left=$(find "$1" -name '*.warnings' -exec tail -n 20 {} +)
    printf '%s\n' "$left"
    [ -n "$(find "$1" -name '*.o' -print -quit)" ] && [ -z "$left" ]
}
# clang_reads FILE...: by the same flags as the Makefile's.
clang_reads() {
    local flags
    # shellcheck disable=SC2016 # a name of make
    flags=$(sed -n 's/^WARN = \(.*\) \$(WERROR)$/\1/p' Makefile)
    # shellcheck disable=SC2086 # the flags are words
    printf '%s\0' "$@" | xargs -0 -n 40 -P "$(nproc)" \
        clang -std=c11 -fsyntax-only $flags -Werror -Isrc -Itests/unit -D_GNU_SOURCE '-DKC_VERSION="0"'
}
quiet_clang() {
    local files
    mapfile -t files < <(find tests/unit src/core/ref tests/tools src/cli/main.c -name '*.c'
        [ -z "$(clang -include sqlite3.h -E -x c /dev/null 2>/dev/null)" ] || find src/cgi -name '*.c')
    clang_reads "${files[@]}"
}
# A warning planted in a tree with nothing else must be seen, by both.
planted_warning() {
    mkdir -p "$tmp/tree/src" && cp Makefile "$tmp/tree" &&
        printf 'int f(long x);\nint f(long x) { int unused; return x; }\n' >"$tmp/tree/planted.c" &&
        make --no-print-directory -s -C "$tmp/tree" B=build build/planted.o && ! quiet_gcc "$tmp/tree/build" &&
        ! clang_reads "$tmp/tree/planted.c"
}

installed() {
    make --no-print-directory install DESTDIR="$tmp/root" PREFIX=/usr &&
        "$tmp/root/usr/bin/kclust" --version | grep -q '^kclust [0-9]' &&
        test -s "$tmp/root/usr/share/man/man1/kclust.1" && test -s "$tmp/root/usr/share/man/man5/kclust-formats.5" &&
        test "$(find "$tmp/root/usr/share/man" -type f | wc -l)" -eq $(($(find man -type f | wc -l) - 1)) &&
        test "$(find "$tmp/root" -type f | wc -l)" -eq $(($(find man -type f | wc -l) + 3))
}

uninstalled() {
    make --no-print-directory uninstall DESTDIR="$tmp/root" PREFIX=/usr &&
        test "$(find "$tmp/root" -type f | wc -l)" -eq 0
}

# The service's page and configuration name the program where it was installed, and nothing is where it is not expected.
# A dummy does as the program, so that SQLite is not needed.
cgi() { make --no-print-directory "$@" DESTDIR="$tmp/cgi" PREFIX=/opt/k LIBEXECDIR=/opt/k/libexec -o kclust.cgi; }
installed_cgi() {
    local made='' file
    [ -e kclust.cgi ] || { : >kclust.cgi && made=1; }
    cgi install-cgi
    local rc=$?
    [ -z "$made" ] || rm -f kclust.cgi
    [ $rc -eq 0 ] && (cd "$tmp/cgi" && find . -type f | sort) >"$tmp/files" && diff - "$tmp/files" <<'END' || return 1
./opt/k/libexec/kclust/kclust.cgi
./opt/k/share/doc/kclust-cgi/examples/lighttpd.conf
./opt/k/share/man/man8/kclust-cgi.8
END
    for file in share/doc/kclust-cgi/examples/lighttpd.conf share/man/man8/kclust-cgi.8; do
        grep -q '"/opt/k/libexec/kclust/kclust\.cgi"' "$tmp/cgi/opt/k/$file" && grep -q '"/opt/k/bin/kclust"' "$tmp/cgi/opt/k/$file" &&
            ! grep -n '/usr/local\|cgi-bin' "$tmp/cgi/opt/k/$file" || return 1
    done
}
# README.md says where that is without variables.
named_cgi() {
    local path
    path=$(make --no-print-directory -n install-cgi DESTDIR= PREFIX=/usr/local -o kclust.cgi | sed -n 's/^install .* kclust\.cgi //p')
    [ -n "$path" ] && grep -qF "\`$path\`" README.md && grep -qF "$path" man/kclust-cgi.8
}
uninstalled_cgi() { cgi uninstall-cgi && test "$(find "$tmp/cgi" -name '*kclust*' | wc -l)" -eq 0; }

check 'gcc: no warning' quiet_gcc "${lib%/*}"
check 'clang: no warning' quiet_clang
check 'a planted warning is seen' planted_warning
check install installed
check uninstall uninstalled
check 'install-cgi, with the paths it was given' installed_cgi
check 'README.md and the page name where it is' named_cgi
check 'uninstall-cgi' uninstalled_cgi
printf 'build: %d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
