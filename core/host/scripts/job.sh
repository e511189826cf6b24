# shellcheck shell=sh
# What every job on a host shares: one at a time, limits, progress, an error with the last lines of what went wrong, and
# the record of what was declared. Jobs define apply and remove, and undo where there is a way back.
set -eu
: "${kind:?}" "${owner:?}" "${resource:?}" "${reached:?}"
umask 022
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH LC_ALL=C DEBIAN_FRONTEND=noninteractive
# The engine of this machine, wherever the user's own client points.
export DOCKER_HOST=unix:///var/run/docker.sock
unset DOCKER_CONTEXT DOCKER_TLS_VERIFY DOCKER_CERT_PATH DOCKER_API_VERSION

action=$1
folder=$2
raw=$folder/raw

# say SENTENCE: progress.
say() { printf '%s\n' "$1"; }

# last_lines FILE: what a failed step said, short enough for an error.
last_lines() { [ ! -s "$1" ] || tail -n 15 "$1" | sed 's/^/  | /'; }

undo() { :; }

failed=no

# ended: a step that nobody expected to fail is taken back like any other.
ended() {
  ended_status=$?
  if [ "$ended_status" != 0 ] && [ "$failed" = no ]; then
    printf 'error: a step failed that should not have (exit status %s)\n' "$ended_status"
    last_lines "$raw"
    undo || printf 'error: it could not be taken back; look at the host\n'
  fi
}

# fail SENTENCE: takes back what the job has begun, and ends it. The sentence stands first and what undo says after it.
fail() {
  failed=yes
  printf 'error: %s\n' "$1"
  last_lines "$raw"
  undo || printf 'error: it could not be taken back; look at the host\n'
  exit 1
}

# run SECONDS COMMAND...: quietly, with a limit. What it says is in $raw; 124 where it took too long.
run() {
  run_limit=$1
  shift
  run_status=0
  # Not the lock: a daemon that is started here would hold it for good.
  timeout -k 10 "$run_limit" "$@" >"$raw" 2>&1 </dev/null 9>&- || run_status=$?
  return "$run_status"
}

# must SECONDS SENTENCE COMMAND...: run, or fail with the sentence.
must() {
  must_limit=$1
  must_what=$2
  shift 2
  must_status=0
  run "$must_limit" "$@" || must_status=$?
  case $must_status in
    0) return 0 ;;
    124 | 137) fail "$must_what: it took longer than $must_limit s and was ended" ;;
    *) fail "$must_what (exit status $must_status)" ;;
  esac
}

has() { command -v "$1" >/dev/null 2>&1; }

systemd() { [ -d /run/systemd/system ]; }

# digest_of FILE: its SHA-256, or "absent".
digest_of() { if [ -f "$1" ]; then sha256sum <"$1" | cut -d ' ' -f 1; else echo absent; fi; }

# decode TEXT FILE: writes base64 text out; fails where the disk is full.
decode() { printf '%s' "$1" | base64 -d >"$2" 2>"$raw"; }

# replace FILE WITH: in one step and only when it is safely on the disk, with the mode that FILE has.
replace() {
  if [ -f "$1" ]; then
    chmod --reference="$1" "$2"
    chown --reference="$1" "$2"
  fi
  # An old coreutils syncs no single file.
  sync "$2" 2>/dev/null || sync
  mv -f "$2" "$1"
}

# The record of a component on this host: what it declared last, and who.
record_folder() { echo "/var/lib/berth/$kind"; }

# recorded NAME: a field of the record.
recorded() {
  # The record is shell text that berth wrote itself; read, never run.
  sed -n "s/^$1='\\(.*\\)'\$/\\1/p" "$(record_folder)/settings" 2>/dev/null | sed "s/'\\\\''/'/g" || :
}

# write_record: the settings of this job become the record.
write_record() {
  mkdir -p "$(record_folder)" || return 1
  chmod 700 /var/lib/berth "$(record_folder)" || return 1
  (umask 077 && cp "$folder/settings" "$(record_folder)/settings.new") || return 1
  sync
  mv -f "$(record_folder)/settings.new" "$(record_folder)/settings"
}

remove_record() { rm -rf "$(record_folder)"; }

# check_owner: two stacks that set up one host would undo one another's work for ever.
check_owner() {
  check_owner_is=$(recorded owner)
  if [ -n "$check_owner_is" ] && [ "$check_owner_is" != "$owner" ]; then
    : >"$raw"
    fail "the stack $check_owner_is sets this up already ($(record_folder)); destroy it there first, or delete that folder if the stack is gone"
  fi
}

# Jobs of connections that were lost: nobody reads their logs any more. One that has just ended may still be read by its
# front-end, while the next job begins.
sweep() {
  find /run/berth -mindepth 1 -maxdepth 1 -name 'job.*' -mmin +60 2>/dev/null | while read -r sweep_folder; do
    [ "$sweep_folder" = "$folder" ] || [ ! -e "$sweep_folder/status" ] || rm -rf "$sweep_folder"
  done
}

job() {
  : >"$raw"
  trap ended EXIT
  # Whoever can open it can hold it.
  umask 077
  exec 9>/run/berth/lock
  umask 022
  if ! flock -n 9; then
    say "waits for another run of berth on this host"
    flock -w 900 9 || fail "another run of berth has held this host for 15 minutes (/run/berth)"
  fi
  sweep
  case $action in
    apply)
      check_owner
      apply
      : >"$raw"
      write_record || fail "the record could not be written to $(record_folder)"
      ;;
    remove)
      # Renamed in the program, reached in another way, or taken up by another stack: what runs there is not this
      # resource's any more.
      if [ "$(recorded resource)" = "$resource" ] && [ "$(recorded owner)" = "$owner" ] &&
        [ "$(recorded reached)" = "$reached" ]; then
        remove
        remove_record
      else
        say "nothing to take back: this host is another resource's now"
      fi
      ;;
    *) fail "$action is no action" ;;
  esac
}
