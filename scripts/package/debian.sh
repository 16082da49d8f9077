#!/usr/bin/env bash
# debian.sh <tar>: a Debian 12 with nothing but what every Debian has, and the lists of its packages, so that the tests can install into it.
set -euo pipefail
# apt and dpkg need root to install into another root: the tests that do it are skipped without.
[ "$(id -u)" = 0 ] || exit 0
printf '\033[1m== fetching an empty Debian\033[0m\n'
mkdir -p "$(dirname "$1")"
log=$(mktemp)
mmdebstrap --variant=minbase --aptopt='Acquire::GzipIndexes "true"' --skip=cleanup/apt bookworm "$1.new.tar" >"$log" 2>&1 || { tail -n 20 "$log" >&2; rm -f "$log" "$1.new.tar"; exit 1; }
rm -f "$log"
mv "$1.new.tar" "$1"
