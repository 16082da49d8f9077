#!/usr/bin/env bash
# promtool.sh <folder>: Debian's promtool as <folder>/promtool, without the service that its package would start.
set -euo pipefail
mkdir -p "$1"
[ ! -x "$1/promtool" ] || exit 0
printf '\033[1m== fetching promtool\033[0m\n'
# Nobody changes apt's lists meanwhile.
exec 9>.stamps/apt.lock
flock 9
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
chmod 755 "$temporary"
(cd "$temporary" && apt-get download -q prometheus >log 2>&1) || { tail -n 5 "$temporary/log" >&2; exit 1; }
dpkg-deb -x "$temporary"/prometheus_*.deb "$temporary/files"
mv "$temporary/files/usr/bin/promtool" "$1/promtool"
