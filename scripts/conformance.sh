#!/usr/bin/env bash
# Compares the server with the recorded answers of the real Imaginary, where those are at hand.
set -euo pipefail
set_dir=../shared/conformance
if [ ! -d "$set_dir" ]; then
  echo "== conformance with Imaginary: skipped, its recorded answers are not part of a clone"
  exit 0
fi
printf '\033[1m== conformance with Imaginary\033[0m\n'
venv=build/conformance-venv
if [ ! -x "$venv/bin/python" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r deps/conformance.txt
fi
report=build/conformance.txt
floor=0.98
"$venv/bin/python" -W ignore "$set_dir/check.py" --bin bin/imcaxy --min "$floor" >"$report" || { cat "$report"; exit 1; }
# Each difference has to be explained to those who come from Imaginary.
while read -r case; do
  grep -qF "\`$case\`" docs/from-imaginary.md || { echo "$case differs, and docs/from-imaginary.md does not say why"; exit 1; }
done < <(sed -n 's/^FAIL \([^:]*\):.*/\1/p' "$report")
tail -n 1 "$report"
