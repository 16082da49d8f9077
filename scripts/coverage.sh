#!/usr/bin/env bash
# Line coverage of the rooms where a mistake would serve wrong bytes; fails below the floor.
set -euo pipefail
floor=90
scripts/build.sh coverage
find build/coverage -name '*.gcda' -delete
ctest --test-dir build/coverage --output-on-failure --no-tests=error >build/coverage/ctest.log || { tail -n 60 build/coverage/ctest.log; exit 1; }
for room in hub cache proxy; do
  printf '\033[1m== src/%s\033[0m\n' "$room"
  gcovr --root . --object-directory build/coverage --filter "src/$room/" --exclude-throw-branches --fail-under-line "$floor" |
    grep -vE '^(-+|GCC|Directory)'
done
