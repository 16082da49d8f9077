#!/usr/bin/env bash
# stop.sh <folder> [--clean]: ends what start.sh began there, by process id, and an imcaxy whose id lies there, too; --clean also removes
# the folder with all data, and so does not wait for anything to be written.
set -euo pipefail
[ -d "${1:-}" ] || exit 0
folder=$(cd "$1" && pwd)
signal=TERM
[ "${2:-}" != --clean ] || signal=KILL
. "$(dirname "$0")/common.sh"
for part in imcaxy minio mongo; do end_part "$part"; done
rm -f "$folder/env"
[ "$signal" = TERM ] || rm -rf "$folder"
