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
check() { "$venv/bin/python" -W ignore "$set_dir/check.py" --bin bin/imcaxy --min "$1" >"$2" || { cat "$2"; exit 1; }; }
failed() { sed -n 's/^FAIL \([^:]*\):.*/\1/p' "$1" | sort; }

# As Imaginary mixes samples: each difference has to be explained to those who come from it.
encoded=build/conformance-encoded.txt
IMCAXY_LIGHT=encoded check 0.97 "$encoded"
while read -r case; do
  grep -qF "\`$case\`" docs/from-imaginary.md || { echo "$case differs, and docs/from-imaginary.md does not say why"; exit 1; }
done < <(failed "$encoded")

# As we mix light: what differs only then may do so by its light, and no more.
linear=build/conformance-linear.txt
check 0 "$linear"
while read -r case; do
  grep -qE "^FAIL $case: looks different by (1?[0-9]|2[0-4])\." "$linear" || grep -qF "\`$case\`" docs/from-imaginary.md ||
    { echo "$case differs in linear light by more than light:"; grep "^FAIL $case:" "$linear"; exit 1; }
done < <(comm -13 <(failed "$encoded") <(failed "$linear"))
echo "with IMCAXY_LIGHT=encoded: $(tail -n 1 "$encoded")"
echo "$(comm -13 <(failed "$encoded") <(failed "$linear") | wc -l) more look lighter in linear light"
