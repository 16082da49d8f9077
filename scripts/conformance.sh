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
# The share that this version reaches: options and formats that it does not know yet count as wrong.
floor=0.80
"$venv/bin/python" -W ignore "$set_dir/check.py" --bin bin/imcaxy --min "$floor" | tail -n 1
