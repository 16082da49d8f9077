#!/usr/bin/env bash
# Makes what a release has, in build/package: the .deb and the tarball of the release build, the npm package, and their SHA-256.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$PWD/build/package
stage=$PWD/build/package-stage
rm -rf "$out" "$stage"
mkdir -p "$out" "$stage"
trap 'rm -rf "$stage"' EXIT

# The same sources give the same bytes: everything is as old as the last change.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)}
version=$(bin/imcaxy --version)
case $(uname -m) in
  x86_64) deb_architecture=amd64 node_architecture=x64 ;;
  aarch64) deb_architecture=arm64 node_architecture=arm64 ;;
  *) echo "there is no libvips to bundle for $(uname -m)" >&2; exit 1 ;;
esac
export SOURCE_DATE_EPOCH version deb_architecture node_architecture out stage
umask 022

printf '\033[1m== packaging imcaxy %s\033[0m\n' "$version"
# Everywhere the same: lib/imcaxy has the programs and the libraries that are found beside them, bin/imcaxy leads there.
cmake --install build/release --prefix "$stage/program" --component imcaxy --strip >/dev/null
mkdir "$stage/program/bin"
ln -s ../lib/imcaxy/imcaxy "$stage/program/bin/imcaxy"
scripts/package/help.sh "$stage/program"

scripts/package/tarball.sh
scripts/package/deb.sh
scripts/package/npm.sh
(cd "$out" && sha256sum -- * >SHA256SUMS)
(cd "$out" && du -h --apparent-size -- * | sed 's/^/   /')
