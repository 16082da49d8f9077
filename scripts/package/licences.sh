#!/usr/bin/env bash
# licences.sh <folder> [Debian package...]: the licences of everything that is handed on: ours, the bundled libvips and what is in it, what is
# compiled in from headers, and the libraries of these packages.
set -euo pipefail
folder=$1
shift
mkdir -p "$folder"
cp LICENSE "$folder/imcaxy.txt"
libvips=$(echo deps/libvips/node_modules/@img/sharp-libvips-linux-*)
cp "$libvips/README.md" "$folder/libvips.md"
cp "$libvips/versions.json" "$folder/libvips-versions.json"
# The terms of libvips, GLib, Pango, librsvg and libheif.
cp /usr/share/common-licenses/LGPL-3 /usr/share/common-licenses/GPL-3 "$folder/"
for package in libboost1.81-dev libcli11-dev libgumbo-dev nlohmann-json3-dev "$@"; do
  cp "/usr/share/doc/$package/copyright" "$folder/$package.txt"
done
cat >"$folder/README.md" <<'TEXT'
Imcaxy itself: imcaxy.txt (MIT).

Bundled, as a library of its own that may be replaced by another build of the same version: libvips with the libraries it is linked with
(libvips.md, libvips-versions.json), as the npm package of the same name carries it. Several of them are under the LGPL-3; where their
sources are and how they were built: https://github.com/lovell/sharp-libvips

The other files are the copyright files of the Debian 12 packages whose code is compiled in or bundled; the sources are Debian's.
TEXT
chmod 644 "$folder"/*
