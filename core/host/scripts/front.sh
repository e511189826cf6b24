# shellcheck shell=sh
# Sent over the connection, with the job in its middle. The job itself runs apart from the connection: one that is lost
# half-way must not leave the host half-way, so the job goes on to its end, or to its way back. This part shows its log.
#
# It is one function, called in the last line, so that a text cut off on the way does nothing at all.
berth_front() {
  if [ "$(id -u)" != 0 ]; then
    echo "error: this needs root on the host, and $(id -un) is not; connect as root, or let sudo do it without a password" >&2
    return 1
  fi
  umask 077
  mkdir -p /run/berth /var/lib/berth || return 1
  # Others may pass, for a check that must not run as root, but not look.
  chmod 711 /run/berth || return 1
  berth_folder=$(mktemp -d /run/berth/job.XXXXXX) || return 1
  cat >"$berth_folder/job" <<'BERTH_JOB_ENDS_HERE' || return 1
# @JOB@
BERTH_JOB_ENDS_HERE
  : >"$berth_folder/log"
  berth_apart=setsid
  # A session may take all that runs in it along when it ends (KillUserProcesses=yes).
  if [ -d /run/systemd/system ] && systemd-run --scope --quiet true </dev/null >/dev/null 2>&1; then
    berth_apart='systemd-run --scope --quiet setsid'
  fi
  # shellcheck disable=SC2016,SC2086 # for the inner shell; words
  $berth_apart sh -c '
    sh "$1/job" "$2" "$1" >>"$1/log" 2>&1
    echo "$?" >"$1/ending"
    mv "$1/ending" "$1/status"
  ' berth "$berth_folder" "$1" </dev/null >/dev/null 2>&1 &
  berth_shown=0
  while :; do
    # Looked at before the log, so that its last lines are not missed.
    berth_over=no
    [ ! -e "$berth_folder/status" ] || berth_over=yes
    berth_lines=$(wc -l 2>/dev/null <"$berth_folder/log" || echo 0)
    if [ "$berth_lines" -gt "$berth_shown" ]; then
      sed -n "$((berth_shown + 1)),${berth_lines}p" "$berth_folder/log" || return 1
      berth_shown=$berth_lines
    fi
    [ "$berth_over" = no ] || break
    if [ ! -d "$berth_folder" ]; then
      echo "error: what the job says is gone ($berth_folder); run it again to see where the host stands"
      return 1
    fi
    sleep 0.1
  done
  berth_status=$(cat "$berth_folder/status")
  rm -rf "$berth_folder"
  return "$berth_status"
}
berth_front "$1"
