#!/usr/bin/env bash
# Installs the Debian packages of a list that are missing; says nothing when there are none.
set -euo pipefail
mapfile -t wanted < <(grep -vE '^\s*(#|$)' "$1")
missing=()
for package in "${wanted[@]}"; do
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
# Make may install two lists at a time, apt does not.
mkdir -p .stamps
exec 9>.stamps/apt.lock
flock 9
printf '\033[1m== installing %s\033[0m\n' "${missing[*]}"
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
if ! { "${as_root[@]}" apt-get update -q && "${as_root[@]}" apt-get install -y -q --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -n 20 "$log"
  echo "apt could not install: ${missing[*]}. Imcaxy is built on Debian 12; install these by hand elsewhere and run make again." >&2
  exit 1
fi
rm -f "$log"
