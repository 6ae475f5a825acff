#!/usr/bin/env bash
# Check that gcc and clang build without a warning, and that install and uninstall leave the right files.
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

installed() {
    make --no-print-directory install DESTDIR="$tmp/root" PREFIX=/usr &&
        "$tmp/root/usr/bin/kclust" --version | grep -q '^kclust [0-9]' &&
        test -s "$tmp/root/usr/share/man/man1/kclust.1" && test -s "$tmp/root/usr/share/man/man5/kclust-formats.5" &&
        test "$(find "$tmp/root/usr/share/man" -type f | wc -l)" -eq "$(find man -type f | wc -l)" &&
        test "$(find "$tmp/root" -type f | wc -l)" -eq $(($(find man -type f | wc -l) + 4))
}

uninstalled() {
    make --no-print-directory uninstall DESTDIR="$tmp/root" PREFIX=/usr &&
        test "$(find "$tmp/root" -type f | wc -l)" -eq 0
}

check 'gcc and clang, warnings as errors' make --no-print-directory warnings
check install installed
check uninstall uninstalled
printf 'build: %d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
