#!/usr/bin/env bash
# Build kclust for arm64 on another machine, with Debian's cross compiler: arm64.sh [TARGET]...
# The libraries for arm64 are fetched into build/arm64/sysroot by an apt with a state of its own, so that nothing on
# this machine changes. Without targets, it builds the program, its unit tests and the static binary in build/arm64.
set -euo pipefail
cd "$(dirname "$0")/.."
top=$PWD
dir=$top/build/arm64
root=$dir/sysroot
packages='libc6 libc6-dev linux-libc-dev libgcc-s1 libcrypt1 zlib1g zlib1g-dev libzstd1 libzstd-dev liblz4-1 liblz4-dev
    libunistring2 libunistring-dev libsqlite3-0 libsqlite3-dev'

die() {
    printf 'arm64: %s\n' "$*" >&2
    exit 1
}

# Fetch and unpack the libraries.
make_root() {
    local apt=$dir/apt options package
    command -v apt-get >/dev/null || die 'there is no apt-get to fetch the libraries with'
    options=()
    if [ -e /etc/apt/sources.list.d/debian.sources ]; then # without lists of others, who may have nothing for arm64
        options+=(-o Dir::Etc::sourcelist=/etc/apt/sources.list.d/debian.sources -o Dir::Etc::sourceparts=/dev/null)
    fi
    options+=(-qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o "Dir::State=$apt/state"
        -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root)
    rm -rf "$root" "$root.new"
    mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$apt/debs" "$root.new"
    : >"$apt/status"
    apt-get "${options[@]}" update || die 'apt-get knows no packages for arm64'
    # shellcheck disable=SC2086 # a list of words
    (cd "$apt/debs" && apt-get "${options[@]}" download $packages)
    for package in "$apt"/debs/*_arm64.deb; do
        dpkg-deb -x "$package" "$root.new"
    done
    # Links to a library begin at the root of the machine that they are for.
    find "$root.new" -type l -lname '/*' -printf '%p %l\n' | while read -r link to; do
        ln -sfn -r "$root.new$to" "$link"
    done
    rm -rf "$apt"
    mv "$root.new" "$root"
}

command -v aarch64-linux-gnu-gcc >/dev/null ||
    die 'there is no aarch64-linux-gnu-gcc: run make deps-packages (gcc-aarch64-linux-gnu, libc6-dev-arm64-cross)'
[ -d "$root" ] || make_root
[ $# -gt 0 ] || set -- "build/arm64/kclust" "build/arm64/unit" "build/arm64/kclust-static"
lib=usr/lib/aarch64-linux-gnu
# shellcheck disable=SC2086 # MAKE may have options
exec ${MAKE:-make} --no-print-directory B=build/arm64 CC=aarch64-linux-gnu-gcc AR=aarch64-linux-gnu-ar \
    CPPFLAGS="-isystem $root/usr/include -isystem $root/usr/include/aarch64-linux-gnu" \
    LDFLAGS="--sysroot=$root -L$root/$lib -Wl,-rpath-link,$root/$lib" "$@"
