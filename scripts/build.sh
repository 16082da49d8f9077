#!/usr/bin/env bash
# build.sh <preset> [target...]: configures when needed and builds; quiet unless there is something to do or to say.
set -euo pipefail
preset=$1
shift
dir=build/$preset
# Another checkout of the same sources finds what was compiled here.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
if [ ! -f "$dir/build.ninja" ] || [ CMakePresets.json -nt "$dir/build.ninja" ]; then
  printf '\033[1m== configuring %s\033[0m\n' "$preset"
  cmake --preset "$preset" >"/tmp/imcaxy-configure-$$.log" 2>&1 || { cat "/tmp/imcaxy-configure-$$.log"; exit 1; }
  rm -f "/tmp/imcaxy-configure-$$.log"
fi
printf '\033[1m== building %s\033[0m\n' "$preset"
NINJA_STATUS='   [%f/%t] ' ninja -C "$dir" "${@:-all}"
