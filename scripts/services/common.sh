# What start.sh and stop.sh share; sourced. $folder is the services' folder, with <part>.pid of each that runs.

# The id of a part's process, when it runs and is not another one that got its number.
pid_of() {
  local pid
  pid=$(cat "$folder/$1.pid" 2>/dev/null) && [ -n "$pid" ] && tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "$folder/" &&
    echo "$pid"
}

# TERM (or $signal), and KILL for what takes longer than ten seconds. A process that is paused wakes up to end.
end_part() {
  local part=$1 pid
  if pid=$(pid_of "$part"); then
    kill -"${signal:-TERM}" "$pid" 2>/dev/null || true
    kill -CONT "$pid" 2>/dev/null || true
    for _ in $(seq 200); do
      [ -e "/proc/$pid" ] || break
      sleep 0.05
    done
    kill -KILL "$pid" 2>/dev/null || true
  fi
  rm -f "$folder/$part.pid"
}
