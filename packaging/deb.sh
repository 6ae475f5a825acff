#!/usr/bin/env bash
# Build the packages of Debian from the archive of the source: deb.sh VERSION FOLDER writes FOLDER/deb/*.deb.
# The archive is unpacked and gets packaging/debian as its debian/, with a changelog of the version and the commit's
# time. There is a package kclust-cgi if there is src/cgi. DEB_EMAIL is the address of who builds them.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$1 folder=$(realpath "$2")
name=kclust-$version
work=$folder/deb

die() {
    printf 'deb: %s\n' "$*" >&2
    exit 1
}
command -v dh >/dev/null || die 'there is no debhelper: run make deps-packages (Debian: debhelper dpkg-dev)'
rm -rf "$work"
mkdir -p "$work"
tar -C "$work" -xzf "$folder/$name.tar.gz"
cd "$work/$name"
cp -a packaging/debian debian
if [ -d src/cgi ]; then
    cat debian/control.cgi >>debian/control
    sed -i '/^Build-Depends:/,/^[A-Z]/s/^\( *\)liblz4-dev,/\1liblz4-dev,\n\1libsqlite3-dev,/' debian/control
else
    rm -f debian/kclust-cgi.*
fi
rm -f debian/control.cgi
email=${DEB_EMAIL:-kclust@packages.invalid}
sed -i "s/@EMAIL@/$email/" debian/control
SOURCE_DATE_EPOCH=$(stat -c %Y LICENSE)
export SOURCE_DATE_EPOCH
cat >debian/changelog <<END
kclust ($version) unstable; urgency=medium

  * Release $version; NEWS.md lists what is new.

 -- kclust authors <$email>  $(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")
END
log=$work/build.log
DEB_BUILD_OPTIONS="parallel=$(nproc) ${DEB_BUILD_OPTIONS:-}" dpkg-buildpackage -us -uc -b >"$log" 2>&1 ||
    { tail -n 30 "$log" >&2; die "dpkg-buildpackage failed; all it wrote is in $log"; }
cd "$work"
for package in *.deb; do
    printf 'deb: %s, %d bytes\n' "$2/deb/$package" "$(stat -c %s "$package")"
done
