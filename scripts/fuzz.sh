#!/usr/bin/env bash
# fuzz.sh [target...]: builds the fuzz targets (all, unless some are named) and lets each look for FUZZ_SECONDS (60), FUZZ_JOBS (1) of
# them at a time. What was learned stays in build/fuzz/corpus; what breaks a promise is written to build/fuzz/findings, and fails this.
set -euo pipefail
seconds=${FUZZ_SECONDS:-60} jobs=${FUZZ_JOBS:-1}
sources=tests/fuzz out=build/fuzz
targets=("$@")
if [ $# = 0 ]; then
  for file in "$sources"/*_fuzz.cpp; do
    file=${file##*/}
    targets+=("${file%_fuzz.cpp}")
  done
fi
for target in "${targets[@]}"; do
  [ -f "$sources/${target}_fuzz.cpp" ] || { echo "there is no fuzz target $target: see $sources/*_fuzz.cpp" >&2; exit 2; }
done

scripts/build.sh fuzz "${targets[@]/#/fuzz_}"
printf '\033[1m== fuzzing: %s for %s s each\033[0m\n' "${targets[*]}" "$seconds"
mkdir -p "$out/findings" "$out/logs"

# One line when a target begins and one when it ends; the fuzzer's own words go to its log.
fuzz_one() {
  local target=$1 log=$out/logs/$1.log dictionary=$sources/dictionaries/$1 options=() code=0
  mkdir -p "$out/corpus/$target"
  [ ! -f "$dictionary" ] || options+=("-dict=$dictionary")
  printf '   %-12s begins\n' "$target"
  nice "$out/tests/fuzz/fuzz_$target" "$out/corpus/$target" "$sources/corpus/$target" \
    "${options[@]}" -max_total_time="$seconds" -timeout=25 -rss_limit_mb=2048 -max_len=4096 -print_final_stats=1 \
    -artifact_prefix="$out/findings/$target-" >"$log" 2>&1 || code=$?
  local runs coverage
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)
  coverage=$(grep -o 'cov: [0-9]*' "$log" | tail -n 1 || true)
  if [ "$code" = 0 ]; then
    printf '   %-12s ends: %s inputs, %s, nothing found\n' "$target" "${runs:-0}" "${coverage:-no coverage}"
  else
    printf '   %-12s FOUND SOMETHING after %s inputs; the end of %s:\n' "$target" "${runs:-some}" "$log"
    grep -vE '^(stat::|#[0-9]+\s+(NEW|REDUCE|pulse))' "$log" | tail -n 30
    return 1
  fi
}
export -f fuzz_one
export out sources seconds
ASAN_SYMBOLIZER_PATH=$(command -v llvm-symbolizer-19 || true)
UBSAN_OPTIONS=print_stacktrace=1:external_symbolizer_path=$ASAN_SYMBOLIZER_PATH
export ASAN_SYMBOLIZER_PATH UBSAN_OPTIONS
if printf '%s\n' "${targets[@]}" | xargs -P "$jobs" -I{} bash -c 'fuzz_one {}'; then
  printf '\033[1m== fuzzing: nothing found\033[0m\n'
else
  printf '\033[1m== fuzzing: found something; the inputs are in %s/findings\033[0m\n' "$out"
  exit 1
fi
