#!/usr/bin/env bash
# help.sh <prefix>: adds the manual page and the completions, as the program itself writes them.
set -euo pipefail
program=$1/bin/imcaxy share=$1/share
mkdir -p "$share"/man/man1 "$share"/bash-completion/completions "$share"/zsh/vendor-completions "$share"/fish/vendor_completions.d
"$program" man | gzip -9n >"$share/man/man1/imcaxy.1.gz"
"$program" completion bash >"$share/bash-completion/completions/imcaxy"
"$program" completion zsh >"$share/zsh/vendor-completions/_imcaxy"
"$program" completion fish >"$share/fish/vendor_completions.d/imcaxy.fish"
