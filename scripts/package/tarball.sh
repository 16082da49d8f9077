#!/usr/bin/env bash
# Part of package.sh. imcaxy-linux-<x64|arm64>.tar.gz: runs from any folder of a system with a C library that is new enough. Not in it is
# imcaxy-codec, which brings 70 libraries of Debian's and belongs to what Debian keeps safe.
set -euo pipefail
folder=$stage/imcaxy-$version
cp -a "$stage/program" "$folder"
rm -f "$folder/lib/imcaxy/imcaxy-codec"

# Everything that it is linked with, but for the C library, which has to be that of the system.
packages=()
while read -r library path; do
  package=$(dpkg-query -S "$(readlink -f "$path")" 2>/dev/null || dpkg-query -S "$path")
  package=${package%%:*}
  [ "$package" != libc6 ] || continue
  cp -L "$path" "$folder/lib/imcaxy/$library"
  packages+=("$package")
done < <(ldd "$folder/lib/imcaxy/imcaxy" | awk '$2 == "=>" && $1 !~ /^libvips-cpp/ {print $1, $3}')
chmod 644 "$folder"/lib/imcaxy/*.so*
mapfile -t packages < <(printf '%s\n' "${packages[@]}" | sort -u)
scripts/package/licences.sh "$folder/licences" "${packages[@]}"

glibc=$(objdump -T "$folder"/lib/imcaxy/* 2>/dev/null | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -n 1)
cat >"$folder/README.md" <<TEXT
# Imcaxy $version

    bin/imcaxy serve --data-dir data      # serves on port 8080
    man -l share/man/man1/imcaxy.1.gz     # everything else

It runs from any folder, on Linux with the C library glibc ${glibc#GLIBC_} or later (\`ldd --version\` shows it) and /proc. Everything else is in
lib/imcaxy. Text in pictures needs fonts and a fontconfig on the system. PDF, HEIC, JPEG XL and JPEG 2000 need the program
imcaxy-codec, which the Debian package has. Licences are in licences/.
TEXT
cp CHANGELOG.md "$folder/"
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -C "$stage" -cf - "imcaxy-$version" |
  gzip -9n >"$out/imcaxy-linux-$node_architecture.tar.gz"
