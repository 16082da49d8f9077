#!/usr/bin/env bash
# install-binary.sh <build dir> <target dir>: the executables, and the libvips that imcaxy finds beside itself.
set -euo pipefail
mkdir -p "$2"
for file in "$1"/cmd/imcaxy/imcaxy "$1"/cmd/imcaxy/imcaxy-codec deps/libvips/node_modules/@img/sharp-libvips-linux-*/lib/libvips-cpp.so.*; do
  [ -e "$2/$(basename "$file")" ] && [ ! "$file" -nt "$2/$(basename "$file")" ] && continue
  cp -p "$file" "$2/.new" && mv "$2/.new" "$2/$(basename "$file")"
done
