#!/usr/bin/env bash
# install.sh [minio] [mongo] [imaginary] [helm]: brings the real parts that the tests use into .services/, at the versions that are pinned here,
# in deps/services.txt and in deps/imaginary; without names all. A second call does nothing. What this machine can't build is said in one line, and
# the tests that need it are skipped; where CI=true is set it is an error instead.
set -euo pipefail
cd "$(dirname "$0")/../.."
minio_version=v0.0.0-20260212201848-7aac2a2c5b7c
minio_needs_go=1.24
imaginary_needs_go=1.21
helm_version=v3.18.6
helm_needs_go=1.24
home=$PWD/.services
mkdir -p "$home/bin" "$home/stamps"

say() { printf '\033[1m== %s\033[0m\n' "$1"; }
cannot() {
  echo "== $1 is not installed: $2" >&2
  [ "${CI:-}" != true ] || exit 1
}

# A line every ten seconds while a command runs, and its last words when it fails.
patiently() {
  local what=$1 log pid begun=$SECONDS next=10
  shift
  log=$(mktemp)
  "$@" >"$log" 2>&1 &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.5
    [ $((SECONDS - begun)) -lt "$next" ] || { printf '   %s: %d s so far\n' "$what" "$next"; next=$((next + 10)); }
  done
  if ! wait "$pid"; then
    tail -n 15 "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}

at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

install_minio() {
  local stamp=$home/stamps/minio-$minio_version have
  [ ! -e "$stamp" ] || return 0
  have=$(go env GOVERSION 2>/dev/null || true)
  if [ -z "$have" ] || ! at_least "$minio_needs_go" "${have#go}"; then
    cannot MinIO "it is built from its source, which takes Go $minio_needs_go or newer (https://go.dev/dl); here is ${have:-none}"
    return 0
  fi
  say "building MinIO $minio_version: about two minutes, once"
  if ! GOBIN=$home/bin CGO_ENABLED=0 patiently MinIO go install -trimpath -ldflags '-s -w' "github.com/minio/minio@$minio_version"; then
    cannot MinIO "it could not be built, see above"
    return 0
  fi
  rm -f "$home"/stamps/minio-*
  touch "$stamp"
}

install_imaginary() {
  local stamp=$home/stamps/imaginary have
  [ "$stamp" -ot deps/imaginary/go.sum ] || return 0
  have=$(go env GOVERSION 2>/dev/null || true)
  if [ -z "$have" ] || ! at_least "$imaginary_needs_go" "${have#go}"; then
    cannot Imaginary "it is built from its source, which takes Go $imaginary_needs_go or newer (https://go.dev/dl); here is ${have:-none}"
    return 0
  fi
  say "building Imaginary: half a minute, once"
  if ! patiently Imaginary go -C deps/imaginary build -mod=readonly -trimpath -ldflags '-s -w' -o "$home/bin/imaginary" github.com/h2non/imaginary; then
    cannot Imaginary "it could not be built, see above"
    return 0
  fi
  touch "$stamp"
}

install_helm() {
  local stamp=$home/stamps/helm-$helm_version have
  [ ! -e "$stamp" ] || return 0
  have=$(go env GOVERSION 2>/dev/null || true)
  if [ -z "$have" ] || ! at_least "$helm_needs_go" "${have#go}"; then
    cannot Helm "it is built from its source, which takes Go $helm_needs_go or newer (https://go.dev/dl); here is ${have:-none}"
    return 0
  fi
  say "building Helm $helm_version: about two minutes, once"
  if ! GOBIN=$home/bin CGO_ENABLED=0 patiently Helm go install -trimpath -ldflags '-s -w' "helm.sh/helm/v3/cmd/helm@$helm_version"; then
    cannot Helm "it could not be built, see above"
    return 0
  fi
  rm -f "$home"/stamps/helm-*
  touch "$stamp"
}

install_mongo() {
  local stamp=$home/stamps/mongo
  [ "$stamp" -ot deps/services.txt ] || return 0
  say "installing the MongoDB-compatible server"
  rm -rf "$home/venv"
  if ! python3 -m venv "$home/venv" >&2 ||
    ! patiently SecantusDB "$home/venv/bin/pip" install --quiet --disable-pip-version-check -r deps/services.txt; then
    cannot "the MongoDB-compatible server" "it takes Python 3.11 or newer with its venv module; see above"
    return 0
  fi
  touch "$stamp"
}

[ $# -gt 0 ] || set -- minio mongo imaginary helm
for part in "$@"; do
  case $part in
    minio | mongo | imaginary | helm) "install_$part" ;;
    *) echo "there is no part '$part': minio, mongo, imaginary, helm" >&2; exit 2 ;;
  esac
done
