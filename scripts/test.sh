#!/usr/bin/env bash
# test.sh <preset>: builds everything of a preset and runs its tests.
set -euo pipefail
preset=$1
scripts/build.sh "$preset"
printf '\033[1m== testing %s\033[0m\n' "$preset"
export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1
export LSAN_OPTIONS=suppressions=$PWD/tests/sanitizers/lsan.txt:print_suppressions=0
export TSAN_OPTIONS=suppressions=$PWD/tests/sanitizers/tsan.txt:halt_on_error=1:second_deadlock_stack=1
# Plays wait more than they work: three at a time keep two cores busy.
ctest --test-dir "build/$preset" --output-on-failure --no-tests=error --parallel 3
