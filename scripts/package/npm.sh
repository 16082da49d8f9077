#!/usr/bin/env bash
# Part of package.sh. The React library as `npm install` takes it.
set -euo pipefail
npm run --silent --prefix packages/react build
folder=$stage/npm
mkdir "$folder"
cp -r packages/react/{package.json,README.md,dist} LICENSE "$folder/"
npm pack --silent --ignore-scripts --pack-destination "$out" "$folder" >/dev/null
