#!/usr/bin/env bash
# Format, and the direction of dependencies.
set -euo pipefail
printf '\033[1m== linting\033[0m\n'
git ls-files -z '*.cpp' '*.hpp' | xargs -0 -r clang-format-14 --dry-run --Werror
python3 tests/lint/dependencies_test.py
