#!/usr/bin/env bash
# What action.yml runs: fetches imcaxy where it is told to, and calls `imcaxy invalidate` with the action's inputs.
set -euo pipefail

# Prints the path of the program.
find_program() {
  if [ -z "${INPUT_DOWNLOAD:-}" ]; then
    type -P imcaxy || { echo "::error::imcaxy is not installed here: give the input 'download'" >&2; return 2; }
    return
  fi
  local folder file program
  folder=$(mktemp -d -p "${RUNNER_TEMP:-/tmp}" imcaxy.XXXXXX)
  file=$folder/imcaxy.tar.gz
  curl --fail --silent --show-error --location --retry 3 --output "$file" "$INPUT_DOWNLOAD" >&2
  if [ -n "${INPUT_SHA256:-}" ] && ! echo "${INPUT_SHA256,,}  $file" | sha256sum --check --status; then
    echo "::error::the tarball's SHA-256 is $(sha256sum "$file" | cut -d' ' -f1), not $INPUT_SHA256" >&2
    return 2
  fi
  tar -xzf "$file" -C "$folder"
  program=$(find "$folder" -type f -name imcaxy -perm -u+x -print -quit)
  [ -n "$program" ] || { echo "::error::there is no program imcaxy in $INPUT_DOWNLOAD" >&2; return 2; }
  echo "$program"
}

arguments=(--server "$INPUT_SERVER" --repo "${INPUT_REPO:-.}")

# add <flag> <value>: unless the value is empty.
add() {
  [ -z "$2" ] || arguments+=("$1=$2")
}
# add_lines <flag> <text>: once for each line that is not blank.
add_lines() {
  local line
  while IFS= read -r line; do
    line="${line#"${line%%[![:space:]]*}"}"
    add "$1" "${line%"${line##*[![:space:]]}"}"
  done <<<"$2"
}
# add_if <flag> <true or false>
add_if() {
  case "$2" in
    true) arguments+=("$1") ;;
    false | "") ;;
    *) echo "::error::$1 has to be true or false, not '$2'" >&2; exit 2 ;;
  esac
}

add --project "${INPUT_PROJECT:-}"
add_lines --dir "${INPUT_DIR:-}"
add_lines --match "${INPUT_MATCH:-}"
add_lines --map "${INPUT_MAP:-}"
add --max "${INPUT_MAX:-}"
add --since "${INPUT_SINCE:-}"
add_if --all "${INPUT_ALL:-}"
add_if --warm "${INPUT_WARM:-}"
add --rate "${INPUT_RATE:-}"
add_lines --cdn "${INPUT_CDN:-}"
add --cdn-url "${INPUT_CDN_URL:-}"
add_if --dry-run "${INPUT_DRY_RUN:-}"

program=$(find_program)
exec "$program" invalidate "${arguments[@]}"
