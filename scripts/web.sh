#!/usr/bin/env bash
# web.sh [install]: builds the pages for browsers from web/, or installs what that needs. Without Node.js it says what
# will be missing, and goes on: the rest of the server needs none.
set -euo pipefail
if ! node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null; then
  found=$(node --version 2>/dev/null || echo none)
  printf '\033[1m== no playground and no dashboard: they are made with Node.js 20.19 or later, and there is %s\033[0m\n' "$found"
  exit 0
fi
if [ "${1:-}" = install ]; then
  printf '\033[1m== installing what the pages for browsers are built with\033[0m\n'
  npm ci --prefix web --ignore-scripts --silent --no-audit --no-fund
  exit 0
fi
printf '\033[1m== building the pages for browsers\033[0m\n'
mkdir -p .stamps
npm run --prefix web --silent build
