#!/usr/bin/env bash
# start.sh <folder> [options] minio|mongo...: starts the real parts as processes of this machine, on 127.0.0.1, with data, logs, process
# ids and made-up credentials in the folder. <folder>/env then holds the variables that imcaxy takes. What runs already stays as it is;
# what ran before gets its port and its credentials again.
#   --minio-port N, --mongo-port N   instead of a free one
#   --location NAME                  of MinIO; else it takes any
#   --certs FOLDER                   both speak TLS with public.crt and private.key of it
#   --until PID                      everything ends when that process has
set -euo pipefail
umask 077
here=$(cd "$(dirname "$0")" && pwd)
home=$(cd "$here/../.." && pwd)/.services
[ $# -gt 0 ] || { sed -n '2,9s/^# //p' "$0" >&2; exit 2; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift
minio_port='' mongo_port='' location='' certs='' until_pid='' parts=()
while [ $# -gt 0 ]; do
  case $1 in
    --minio-port) minio_port=$2; shift ;;
    --mongo-port) mongo_port=$2; shift ;;
    --location) location=$2; shift ;;
    --certs) certs=$2; shift ;;
    --until) until_pid=$2; shift ;;
    minio | mongo) parts+=("$1") ;;
    *) echo "start.sh does not know '$1'; see the head of $0" >&2; exit 2 ;;
  esac
  shift
done
. "$here/common.sh"

random() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }
free_port() { "$here/../free_port.py"; }
remembered() { cat "$folder/$1" 2>/dev/null; }
# remember <name> <value...>: the value of the last time, or else what the command gives, kept for the next.
remember() {
  local name=$1
  shift
  [ -s "$folder/$name" ] || "$@" >"$folder/$name"
  remembered "$name"
}

# begin <part> <command...>: in the background, apart from this terminal.
begin() {
  local part=$1
  shift
  setsid nohup "$@" >>"$folder/$part.log" 2>&1 </dev/null &
  echo $! >"$folder/$part.pid"
  # Until then it is a copy of this shell, in which `pid_of` does not see the part.
  while [ "/proc/$!/exe" -ef /proc/$$/exe ]; do sleep 0.01; done
}

# ready <part> <what> <command...>: waits until the command succeeds; not within a minute, or the part has ended: why.
ready() {
  local part=$1 what=$2 begun=$SECONDS next=5
  shift 2
  until "$@" >/dev/null 2>&1; do
    if [ -z "$(pid_of "$part")" ] || [ $((SECONDS - begun)) -ge 60 ]; then
      echo "$what did not start; the end of $folder/$part.log:" >&2
      tail -n 15 "$folder/$part.log" >&2
      end_part "$part"
      exit 1
    fi
    [ $((SECONDS - begun)) -lt "$next" ] || { echo "   waiting for $what: $next s so far"; next=$((next + 5)); }
    sleep 0.1
  done
}

start_minio() {
  [ -x "$home/bin/minio" ] || { echo "MinIO is not installed: run scripts/services/install.sh" >&2; exit 3; }
  [ -n "$minio_port" ] || minio_port=$(remember minio.port free_port)
  local access secret scheme=http
  access=$(remember minio.access random 10) secret=$(remember minio.secret random 20)
  if [ -z "$(pid_of minio)" ]; then
    mkdir -p "$folder/minio" "$folder/minio-certs"
    [ -z "$certs" ] || cp "$certs/public.crt" "$certs/private.key" "$folder/minio-certs/"
    # With the domain, <bucket>.localhost works besides localhost/<bucket>.
    MINIO_DOMAIN=localhost MINIO_ROOT_USER=$access MINIO_ROOT_PASSWORD=$secret MINIO_SITE_REGION=$location MINIO_BROWSER=off MINIO_UPDATE=off \
      begin minio "$home/bin/minio" server --quiet --certs-dir "$folder/minio-certs" --address "127.0.0.1:$minio_port" "$folder/minio"
  fi
  [ ! -e "$folder/minio-certs/public.crt" ] || scheme=https
  ready minio MinIO curl --silent --fail --insecure --max-time 2 "$scheme://127.0.0.1:$minio_port/minio/health/ready"
  variables+="IMCAXY_MINIO_ENDPOINT=127.0.0.1:$minio_port
IMCAXY_MINIO_ACCESS_KEY=$access
IMCAXY_MINIO_SECRET_KEY=$secret
IMCAXY_MINIO_BUCKET=imcaxy
IMCAXY_MINIO_LOCATION=${location:-us-east-1}
IMCAXY_MINIO_SSL=$([ "$scheme" = https ] && echo true || echo false)
"
  [ "$scheme" = http ] || variables+="IMCAXY_MINIO_CA=$folder/minio-certs/public.crt
"
}

mongo() { IMCAXY_CA=$mongo_ca "$home/venv/bin/python" "$here/mongo.py" "$@"; }
begin_mongo() {
  local tls=()
  [ -z "$mongo_ca" ] || tls=(--tls-cert-file "$mongo_ca" --tls-key-file "$folder/mongo-certs/private.key")
  begin mongo "$home/venv/bin/secantusd-py" --host 127.0.0.1 --port "$mongo_port" --cache-size 128M --storage-path "$folder/mongo" \
    "${tls[@]}" "$@"
}
start_mongo() {
  [ -x "$home/venv/bin/secantusd-py" ] ||
    { echo "the MongoDB-compatible server is not installed: run scripts/services/install.sh" >&2; exit 3; }
  [ -n "$mongo_port" ] || mongo_port=$(remember mongo.port free_port)
  if [ -n "$certs" ]; then
    mkdir -p "$folder/mongo-certs"
    cp "$certs/public.crt" "$certs/private.key" "$folder/mongo-certs/"
  fi
  local password mongo_ca=''
  [ ! -e "$folder/mongo-certs/public.crt" ] || mongo_ca=$folder/mongo-certs/public.crt
  password=$(remember mongo.password random 20)
  if [ ! -e "$folder/mongo.user" ]; then
    # Who may use it has to be said to it before it begins to ask.
    begin_mongo
    ready mongo "the MongoDB-compatible server" mongo "$mongo_port" ping
    IMCAXY_PASSWORD=$password mongo "$mongo_port" add-user
    end_part mongo
    touch "$folder/mongo.user"
  fi
  [ -n "$(pid_of mongo)" ] || begin_mongo --auth
  ready mongo "the MongoDB-compatible server" mongo "$mongo_port" ping
  variables+="IMCAXY_MONGO_CONNECTION_STRING=mongodb://imcaxy:$password@127.0.0.1:$mongo_port/imcaxy?authSource=admin${mongo_ca:+&tls=true&tlsCAFile=$mongo_ca}
"
}

variables=''
for part in "${parts[@]}"; do "start_$part"; done
printf %s "$variables" >"$folder/env"
if [ -n "$until_pid" ]; then
  echo "$until_pid" >"$folder/until"
  (while [ -e "/proc/$until_pid" ] && [ -e "$folder/env" ]; do sleep 1; done
    [ ! -d "$folder" ] || exec "$here/stop.sh" "$folder") >/dev/null 2>&1 </dev/null &
fi
