#!/usr/bin/env bash
# cleanup-tests.sh: ends the MinIO and MongoDB-compatible servers that interrupted tests of this user left, and removes the folders of tests
# that no process uses any more.
set -euo pipefail
cd "$(dirname "$0")/.."
shopt -s nullglob
here=${TMPDIR:-/tmp}

# Whether a process has a file of the folder open, or names it on its command line.
in_use() {
  local place
  for place in /proc/[0-9]*; do
    tr '\0' ' ' 2>/dev/null <"$place/cmdline" | grep -qF -- "$1" && return 0
    find "$place/fd" "$place/cwd" -maxdepth 1 -lname "$1*" 2>/dev/null | grep -q . && return 0
  done
  return 1
}

# Whether the test that started the servers of the folder runs: who does not say whom they are for takes a few minutes.
is_wanted() {
  if [ -s "$1/until" ]; then
    [ -e "/proc/$(cat "$1/until")" ]
  else
    [ -z "$(find "$1" -maxdepth 0 -mmin +10)" ]
  fi
}

ended=0 removed=0 kept=0
for folder in "$here"/imcaxy-{services,minio}-*; do
  [ -O "$folder" ] || continue
  if is_wanted "$folder"; then
    kept=$((kept + 1))
  else
    scripts/services/stop.sh "$folder" --clean
    ended=$((ended + 1))
  fi
done
for folder in "$here"/imcaxy-{disk,folder,invalidations,play,proxy,repository,world}-*; do
  [ -O "$folder" ] || continue
  if in_use "$folder"; then
    kept=$((kept + 1))
  else
    rm -rf "$folder"
    removed=$((removed + 1))
  fi
done
echo "== $ended servers' folders and $removed others removed; $kept are in use by tests that run"
