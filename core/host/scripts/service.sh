# shellcheck shell=sh
# The engine as a service, with systemd and without: start, stop, reload, and whether it answers.
: "${raw:?}" "${folder:?}" "${start_limit:?}"

engine_installed() { has dockerd; }

# engine_pid: of the dockerd that the service started.
engine_pid() {
  engine_pid_is=
  if systemd; then engine_pid_is=$(systemctl show -p MainPID docker.service | cut -d = -f 2); fi
  case $engine_pid_is in
    '' | 0)
      engine_pid_is=$(cat /var/run/docker.pid 2>/dev/null || :)
      ;;
  esac
  [ -n "$engine_pid_is" ] && [ -d "/proc/$engine_pid_is" ] && echo "$engine_pid_is"
}

engine_answers() { run 10 docker version --format '{{.Server.Version}}'; }

# service SECONDS ACTION: start, stop or restart.
service_do() {
  if systemd; then
    # Several starts in a row, of the socket also good ones, would make systemd refuse the next.
    systemctl reset-failed docker.service docker.socket >/dev/null 2>&1 || :
    case $2 in
      # The socket would start the engine again at the first question.
      stop) run "$1" systemctl stop docker.socket docker.service ;;
      *) run "$1" systemctl "$2" docker.service ;;
    esac
  else
    run "$1" service docker "$2"
  fi
}

# wait_for_engine SECONDS: until it answers, or is known not to.
wait_for_engine() {
  wait_until=$(($(date +%s) + $1))
  # With no process for a while it has given up, and nothing more will come.
  wait_dead=$(($(date +%s) + 6))
  while ! engine_answers; do
    wait_now=$(date +%s)
    if engine_pid >/dev/null; then wait_dead=$((wait_now + 6)); fi
    if [ "$wait_now" -ge "$wait_until" ] || [ "$wait_now" -ge "$wait_dead" ]; then return 1; fi
    sleep 0.3
  done
}

# wait_for_end SECONDS: until the engine has stopped.
wait_for_end() {
  wait_until=$(($(date +%s) + $1))
  while engine_pid >/dev/null; do
    [ "$(date +%s)" -lt "$wait_until" ] || return 1
    sleep 0.2
  done
}

# mark_log: what the engine says from here on is about this job.
mark_log() {
  log_since=$(date +%s)
  log_from=$(wc -c 2>/dev/null </var/log/docker.log || echo 0)
}

# engine_log: the engine's own last words since mark_log go into $raw, without what is no news.
engine_log() {
  if systemd && has journalctl; then
    # Where the socket does not start, neither does the engine.
    journalctl -u docker.service -u docker.socket --no-pager -o cat --since "@$log_since" 2>/dev/null |
      grep -v -E -e '^(Starting|Started|Stopping|Stopped|Listening on|Closed) docker\.' -e ': Deactivated successfully\.$' \
        >"$folder/words" || :
  elif [ -f /var/log/docker.log ]; then
    tail -c "+$((log_from + 1))" /var/log/docker.log >"$folder/words"
  else
    : >"$folder/words"
  fi
  grep -v -e level=info -e level=debug "$folder/words" | uniq | tail -n 8 >"$raw" || :
}

# reload_events FROM: how often the engine has reloaded since then; it tells nobody why it did not.
reload_events() {
  timeout 20 docker events --since "$1" --until "$(date +%s.%N)" --filter type=daemon --filter event=reload \
    --format '{{.Status}}' 2>/dev/null </dev/null 9>&- | wc -l
}

# reload_engine SECONDS: fails where the engine keeps its old settings.
reload_engine() {
  reload_pid=$(engine_pid) || return 1
  reload_from=$(date +%s.%N)
  reload_until=$(($(date +%s) + $1))
  kill -HUP "$reload_pid" || return 1
  while [ "$(reload_events "$reload_from")" -lt 1 ]; do
    # What it reads may even end it.
    [ -d "/proc/$reload_pid" ] || return 1
    [ "$(date +%s)" -lt "$reload_until" ] || return 1
    sleep 0.3
  done
}

# The containers that ran before the engine was stopped.
ran=

note_running() { ran=$(docker ps --quiet --no-trunc 2>/dev/null </dev/null 9>&- || :); }

# start_containers: those of them that no restart policy has started again.
start_containers() {
  start_containers_fine=yes
  for container in $ran; do
    if [ "$(docker inspect --format '{{.State.Running}}' "$container" 2>/dev/null </dev/null 9>&-)" = false ]; then
      run 60 docker start "$container" || start_containers_fine=no
    fi
  done
  [ "$start_containers_fine" = yes ]
}

# bring_back_containers: start_containers, where one that does not start is no reason to take everything back.
bring_back_containers() { start_containers || say "not every container that ran before runs again; see docker ps -a"; }

# stop_engine SECONDS SECONDS: of the service's command, and then until the engine has ended, or fail. To be started again
# by start_engine and not by one restart: an init script may start the new engine while the old one still holds its files.
stop_engine() {
  service_do "$1" stop || :
  wait_for_end "$2" || fail "the engine did not stop within $2 s"
}

# start_engine SENTENCE: or fail with it and the engine's own last words.
start_engine() {
  : >"$raw"
  if ! service_do "$start_limit" start || ! wait_for_engine "$start_limit"; then
    engine_log
    fail "$1"
  fi
}
