#!/usr/bin/env bash
# dev.sh start|stop|clean: imcaxy with the real parts of scale-out mode on this machine, in .services/dev. `start` stays with imcaxy and its
# log; MinIO and the MongoDB-compatible server go on behind it until `stop`, which keeps the data, or `clean`, which does not.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$PWD/.services/dev
case ${1:-} in
  start)
    scripts/services/start.sh "$folder" minio mongo
    echo "== MinIO: 127.0.0.1:$(cat "$folder/minio.port"), MongoDB: 127.0.0.1:$(cat "$folder/mongo.port"); their credentials: $folder/env"
    # imcaxy stops at variables that it does not know what to do with; a version that does gets them.
    if (set -a && . "$folder/env" && bin/imcaxy config >/dev/null 2>&1); then
      set -a
      . "$folder/env"
      set +a
    else
      echo "== this version of imcaxy can't use them yet: it keeps its cache in $folder/imcaxy"
    fi
    [ -s "$folder/token" ] || (umask 077 && od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$folder/token")
    IMCAXY_INVALIDATE_SECURITY_TOKEN=$(cat "$folder/token")
    export IMCAXY_INVALIDATE_SECURITY_TOKEN
    echo $$ >"$folder/imcaxy.pid"
    exec bin/imcaxy serve --data-dir "$folder/imcaxy"
    ;;
  stop) scripts/services/stop.sh "$folder" ;;
  clean) scripts/services/stop.sh "$folder" --clean ;;
  *) echo "dev.sh start|stop|clean" >&2; exit 2 ;;
esac
