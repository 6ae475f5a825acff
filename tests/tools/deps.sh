#!/usr/bin/env bash
# Install the Debian packages that are missing: deps.sh [test|packages]. By default these are the packages that kclust
# needs to be built and to run; with "test", also those that the tests of `make check` need; with "packages", those that
# `make packages` needs beyond the program. Only if a package is missing does it need root, or sudo without a password.
# Otherwise it changes nothing, uses no network and prints one line.
set -euo pipefail

# One package per line, and its purpose. "a|b" means: a if it is installed or can be installed, else b.
program='
gcc                                    compiles kclust
libc6-dev                              the headers of the C library
make                                   drives the build
zlib1g-dev                             reads gzip
libzstd-dev                            reads zstd
liblz4-dev                             reads pages of Parquet
libunistring-dev                       knows words and letters for keywords
'
tests='
python3                                compares with other programs
python3-numpy                          compares with other programs
python3-sklearn                        compares with other programs
python3-faiss                          compares with other programs
ccache                                 keeps what was compiled for the tests
clang                                  is the second compiler, and fuzzes
libclang-rt-dev|libclang-rt-14-dev     has the sanitizers and the fuzzer of clang
valgrind                               watches memory
gzip                                   makes compressed input
zstd                                   makes compressed input
strace                                 watches system calls
mandoc                                 checks the manual pages
groff-base                             checks the manual pages
shellcheck                             checks the shell scripts
cppcheck                               checks the C sources
clang-tidy                             checks the C sources
clang-format                           checks how they are laid out
gcovr                                  computes the coverage
sqlite3                                runs the recipes for databases
libsqlite3-dev                         compiles kclust.cgi
lighttpd                               serves kclust.cgi
curl                                   asks it
libopenmpi-dev                         compiles kclust-mpi
openmpi-bin                            starts its ranks
zsh                                    reads the completion for zsh
fish                                   reads the completion for fish
'
packaging='
debhelper                              builds the packages of Debian
dpkg-dev                               builds the packages of Debian
libsqlite3-dev                         compiles kclust.cgi
lintian                                checks them
debootstrap                            makes the system that they are installed in
python3                                runs the steps of the Dockerfile
binutils                               looks into the static binary
gcc-aarch64-linux-gnu                  compiles for arm64
libc6-dev-arm64-cross                  compiles for arm64
qemu-user-static                       runs what was compiled for arm64
'

say() { printf 'deps: %s\n' "$*"; }

die() {
    printf 'deps: %s\n' "$*" >&2
    exit 1
}

# Print the packages of a list, one a line.
packages() { awk 'NF { print $1 }' <<<"$1"; }

case ${1:-} in
    '') tests= ;;
    test) ;;
    packages) tests=$packaging ;;
    *) die "expected 'test', 'packages' or nothing, not '$1'" ;;
esac

# Not Debian: there is nothing to install from, so only look.
if ! command -v dpkg-query >/dev/null 2>&1; then
    if printf '#include <zlib.h>\n#include <zstd.h>\n#include <lz4.h>\n#include <unicase.h>\n' |
        "${CC:-cc}" -E -x c - >/dev/null 2>&1; then
        say 'this is no Debian; zlib.h, zstd.h, lz4.h and unicase.h are there, so kclust can be built'
        exit 0
    fi
    printf 'deps: this is no Debian. Install the like of these packages of Debian yourself:\n' >&2
    printf 'deps: the program needs %s\n' "$(packages "$program" | paste -sd ' ')" >&2
    [ -z "$tests" ] || printf 'deps: the tests need also %s\n' "$(packages "$tests" | paste -sd ' ')" >&2
    exit 1
fi

# dpkg-query exits with 1 when it does not know one of the names: no failure here.
declare -A installed=()
mapfile -t every < <(packages "$program$tests" | tr '|' '\n')
while read -r state name; do
    if [[ $state == ?i ]]; then
        installed[$name]=1
    fi
done < <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "${every[@]}" 2>/dev/null || true)

# Print the packages of a list of which no alternative is installed.
missing() {
    local choice
    while read -r choice; do
        if [ -z "${installed[${choice%%|*}]:-}" ] && [ -z "${installed[${choice#*|}]:-}" ]; then
            printf '%s\n' "$choice"
        fi
    done < <(packages "$1")
}
mapfile -t for_program < <(missing "$program")
mapfile -t for_tests < <(missing "$tests")

if [ $((${#for_program[@]} + ${#for_tests[@]})) -eq 0 ]; then
    say "all packages are installed: $(packages "$program" | wc -l) for the program${tests:+, $(packages "$tests" | wc -l) for the tests}"
    exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        as_root=(sudo -n)
    else
        {
            printf 'deps: packages are missing, and this user may not install them. As root, run apt-get update, then\n'
            [ ${#for_program[@]} -eq 0 ] ||
                printf 'deps: for the program: apt-get install --no-install-recommends %s\n' "${for_program[*]%%|*}"
            [ ${#for_tests[@]} -eq 0 ] ||
                printf 'deps: for the tests: apt-get install --no-install-recommends %s\n' "${for_tests[*]%%|*}"
            [ ${#for_program[@]} -gt 0 ] || printf 'deps: the program needs none of them: make and make demo work\n'
        } >&2
        exit 1
    fi
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Run apt-get without a word; when it fails, once more, since mirrors fail now and then; then show what it wrote.
apt() {
    local try
    for try in 1 2; do
        if "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1; then
            return
        fi
        [ "$try" -eq 2 ] || sleep 5
    done
    cat "$log" >&2
    die "failed: apt-get $*"
}

# Print the first of the alternatives that apt knows, else the last.
pick() {
    local choice=$1
    while [[ $choice == *'|'* ]] && ! apt-cache show "${choice%%|*}" >/dev/null 2>&1; do
        choice=${choice#*|}
    done
    printf '%s\n' "${choice%%|*}"
}

all=("${for_program[@]}" "${for_tests[@]}")
say "installing ${all[*]%%|*}"
apt update
install=()
for choice in "${all[@]}"; do
    install+=("$(pick "$choice")")
done
apt install -y --no-install-recommends "${install[@]}"
say "installed ${install[*]}"
