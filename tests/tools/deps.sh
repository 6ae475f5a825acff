#!/usr/bin/env bash
# Install what a Debian machine lacks to build, test and demonstrate kclust.
# Needs root, or sudo that asks no password, only when something is missing.
# When all is there it changes nothing, uses no network and prints one line.
set -euo pipefail

# One package a line, and why it is here. "a|b" means: a if it is installed or
# can be installed, else b.
packages='
gcc                                    compiles kclust
libc6-dev                              the C library headers
make                                   drives the build
zlib1g-dev                             gzip input
libzstd-dev                            zstd input
libunistring-dev                       words and letters of keywords
python3                                test oracles, the sample data
python3-numpy                          test oracles, the sample data
python3-sklearn                        test oracles, the sample data
python3-faiss                          test oracles
clang                                  second compiler, fuzzers
libclang-rt-dev|libclang-rt-14-dev     sanitizer and fuzzer runtimes for clang
valgrind                               memory tests
gzip                                   makes compressed test input
zstd                                   makes compressed test input
strace                                 tests that watch system calls
mandoc                                 checks the manual pages
groff-base                             checks the manual pages
shellcheck                             checks the shell scripts
cppcheck                               static checks of the C sources
clang-tidy                             static checks of the C sources
gcovr                                  coverage by room
sqlite3                                tests the recipes for databases
zsh                                    tests the zsh completion
fish                                   tests the fish completion
'

say() { printf 'deps: %s\n' "$*"; }

die() {
	printf 'deps: %s\n' "$*" >&2
	exit 1
}

# Not Debian: there is nothing we could install, so only look.
if ! command -v dpkg-query >/dev/null 2>&1; then
	if printf '#include <zlib.h>\n#include <zstd.h>\n#include <unicase.h>\n' |
		"${CC:-cc}" -E -x c - >/dev/null 2>&1; then
		say 'not a Debian system; zlib.h, zstd.h and unicase.h are there, so kclust can be built'
		exit 0
	fi
	die 'not a Debian system: install a C compiler, make, and the headers of zlib, zstd and libunistring; for the tests also python3 with numpy, scikit-learn and faiss, clang with its sanitizers, valgrind, gzip, zstd, strace, mandoc, shellcheck, cppcheck, zsh and fish'
fi

wanted=()
names=()
while read -r choice _; do
	[ -n "$choice" ] || continue
	wanted+=("$choice")
	names+=("${choice%%|*}")
	if [[ $choice == *'|'* ]]; then
		names+=("${choice#*|}")
	fi
done <<<"$packages"

# dpkg-query exits 1 when it does not know one of the names: no failure here.
declare -A installed=()
while read -r state name; do
	if [[ $state == ?i ]]; then
		installed[$name]=1
	fi
done < <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "${names[@]}" 2>/dev/null || true)

missing=()
for choice in "${wanted[@]}"; do
	if [ -z "${installed[${choice%%|*}]:-}" ] && [ -z "${installed[${choice#*|}]:-}" ]; then
		missing+=("$choice")
	fi
done

if [ "${#missing[@]}" -eq 0 ]; then
	say "all ${#wanted[@]} packages are installed"
	exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
	if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
		as_root=(sudo -n)
	else
		printf 'deps: packages are missing and this user is not root; run:\n' >&2
		printf 'apt-get update && apt-get install -y --no-install-recommends %s\n' \
			"${missing[*]%%|*}" >&2
		exit 1
	fi
fi

apt() {
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "$@"
}

# Mirrors fail now and then: once more before giving up.
twice() {
	"$@" || {
		say "failed: $*; trying once more"
		sleep 5
		"$@"
	}
}

# The first of the alternatives that apt knows, else the last.
pick() {
	local choice=$1 name
	while [[ $choice == *'|'* ]]; do
		name=${choice%%|*}
		if apt-cache show "$name" >/dev/null 2>&1; then
			break
		fi
		choice=${choice#*|}
	done
	printf '%s\n' "${choice%%|*}"
}

say "missing: ${missing[*]%%|*}"
twice apt update -q || die 'apt-get update failed'
install=()
for choice in "${missing[@]}"; do
	install+=("$(pick "$choice")")
done
twice apt install -q -y --no-install-recommends "${install[@]}" || die 'apt-get install failed'
say "installed: ${install[*]}"
