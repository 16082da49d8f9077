#!/usr/bin/env bash
# Part of package.sh. The Debian package: linked with Debian's libraries, which it depends on, and with a libvips of its own.
set -euo pipefail
root=$stage/deb
mkdir -p "$root/DEBIAN" "$root/etc/imcaxy" "$root/lib/systemd/system" "$root/usr/share/doc/imcaxy"
cp -a "$stage/program/." "$root/usr/"
cp deploy/systemd/imcaxy.service "$root/lib/systemd/system/"
cp deploy/systemd/imcaxy.toml "$root/etc/imcaxy/"

doc=$root/usr/share/doc/imcaxy
mkdir "$doc/docs"
cp README.md "$doc/"
cp docs/*.md "$doc/docs/"
gzip -9nc CHANGELOG.md >"$doc/CHANGELOG.md.gz"
gzip -9nc >"$doc/changelog.gz" <<TEXT
imcaxy ($version) unstable; urgency=medium

  * What changed for users: CHANGELOG.md.gz

 -- $(sed -n 's/^Maintainer: //p' deploy/debian/control)  $(date -u -R -d "@$SOURCE_DATE_EPOCH")
TEXT
scripts/package/licences.sh "$doc/licences"
# Debian has these two texts.
rm "$doc/licences/LGPL-3" "$doc/licences/GPL-3"
{
  cat LICENSE
  echo
  echo "The licences of what is bundled and compiled in are in the folder licences beside this file; those of the LGPL-3 and GPL-3 in"
  echo "/usr/share/common-licenses."
} >"$doc/copyright"

# What Debian's own tool finds; the libraries of imcaxy-codec can be left out, and the bundled one is in no package.
mkdir -p "$stage/shlibs/debian"
printf 'Source: imcaxy\n\nPackage: imcaxy\nArchitecture: any\n' >"$stage/shlibs/debian/control"
substvars=$(cd "$stage/shlibs" && dpkg-shlibdeps --ignore-missing-info -O -l"$root/usr/lib/imcaxy" \
  -dRecommends -e"$root/usr/lib/imcaxy/imcaxy-codec" -dDepends -e"$root/usr/lib/imcaxy/imcaxy" 2>"$stage/shlibs/log") ||
  { cat "$stage/shlibs/log" >&2; exit 1; }
depends=$(sed -n 's/^shlibs:Depends=//p' <<<"$substvars")
recommends=$(sed -n 's/^shlibs:Recommends=//p' <<<"$substvars")
[ -n "$depends" ] && [ -n "$recommends" ] || { echo "dpkg-shlibdeps found no libraries: $substvars" >&2; exit 1; }

sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$deb_architecture/" -e "s/@DEPENDS@/$depends/" -e "s/@RECOMMENDS@/$recommends/" \
  -e "s/@SIZE@/$(du -sk --apparent-size --exclude=DEBIAN "$root" | cut -f1)/" deploy/debian/control >"$root/DEBIAN/control"
cp deploy/debian/conffiles "$root/DEBIAN/"
install -m 755 deploy/debian/{postinst,prerm,postrm} "$root/DEBIAN/"
(cd "$root" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
chmod -R u=rwX,go=rX "$root"
dpkg-deb --root-owner-group --build "$root" "$out/imcaxy_${version}_$deb_architecture.deb" >/dev/null
