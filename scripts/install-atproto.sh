#!/usr/bin/env bash
# The PLC directory and the Personal Data Server of tests/atproto.
set -euo pipefail
major=$(command -v npm >/dev/null && node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
[ "$major" -ge 20 ] || {
  echo "The plays of AT Protocol need Node.js 20 or later and npm on the PATH; node there is $(node -v 2>/dev/null || echo missing)." >&2
  exit 1
}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
in_tests() {
  (cd tests/atproto && "$@") >"$log" 2>&1 && return
  tail -n 40 "$log"
  echo "$* failed in tests/atproto. It needs npm's registry; with Node.js 20 also python3, make, a C++ compiler and Node's headers." >&2
  exit 1
}
compiled=tests/atproto/node_modules/better-sqlite3 prebuilt=tests/atproto/node_modules/better-sqlite3-prebuilt
if [ "$major" -ge 22 ]; then
  printf '\033[1m== installing the AT Protocol servers of the tests\033[0m\n'
  in_tests npm ci --ignore-scripts --no-audit --no-fund
  # Node.js 24 can't load the release that the server asks for.
  rm -r "$compiled" && mv "$prebuilt" "$compiled"
else
  printf '\033[1m== installing the AT Protocol servers of the tests (compiles SQLite: about a minute)\033[0m\n'
  # Where Node brought its headers along, npm needs to download none.
  prefix=$(dirname "$(dirname "$(node -p process.execPath)")")
  [ ! -e "$prefix/include/node/node.h" ] || export npm_config_nodedir=${npm_config_nodedir:-$prefix}
  export JOBS=max CC='ccache cc' CXX='ccache c++' CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
  in_tests npm ci --ignore-scripts --no-audit --no-fund
  in_tests npm rebuild better-sqlite3
fi
