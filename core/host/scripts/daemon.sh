# shellcheck shell=sh
# daemon.json, from one text to another: checked, written in one step, loaded by the engine, or taken back whole.
: "${raw:?}" "${folder:?}" "${target:?}" "${expected:?}" "${written:?}" "${base:?}" "${how:?}" "${back_how:?}"
: "${undo_first:?}" "${back_undo_first:?}"
: "${pending:?}" "${first:?}" "${back_first:?}" "${root:?}" "${root_now:?}" "${back_root:?}" "${start_limit:?}" "${copy_limit:?}"

config=/etc/docker/daemon.json
comes_not_up="the engine does not come up with the new daemon.json"

# What undo has to take back.
before=
stopped=no
replaced=no
copied=
aside=
made=
was_up=no

text_digest() { if [ "$1" = absent ]; then echo absent; else printf '%s' "$1" | base64 -d | sha256sum | cut -d ' ' -f 1; fi; }

# put TEXT: base64, or "absent", becomes daemon.json; fails with daemon.json as it was.
put() {
  if [ "$1" = absent ]; then
    rm -f "$config"
    return
  fi
  mkdir -p /etc/docker 2>"$raw" || return 1
  if decode "$1" "$config.berth" && [ "$(digest_of "$config.berth")" = "$(text_digest "$1")" ]; then
    replace "$config" "$config.berth" 2>"$raw"
  else
    rm -f "$config.berth"
    return 1
  fi
}

# undo_reload: the engine forgets what it has taken of a daemon.json before it refused the rest.
undo_reload() {
  undo_reload_fine=yes
  if [ "$undo_first" != none ]; then
    if ! put "$undo_first" || ! reload_engine 10; then undo_reload_fine=no; fi
  fi
  if ! put "$before" || ! reload_engine 10; then undo_reload_fine=no; fi
  [ "$undo_reload_fine" = yes ]
}

undo() {
  if [ ! -e "$(record_folder)/settings" ]; then rm -f "$config.before-berth"; fi
  if [ "$replaced$stopped" = nono ]; then
    [ -z "$made" ] || rmdir "$made" 2>/dev/null || :
    echo "nothing was changed"
    return 0
  fi
  undo_fine=yes
  if [ "$stopped" = no ] && ! undo_reload; then
    if engine_answers; then
      # It runs, which is not sure after a restart.
      echo "error: daemon.json is as it was, but the engine does not reload that either, and may keep some of the new settings until it restarts"
      return 0
    fi
    stopped=yes
  fi
  if [ "$replaced" = yes ]; then put "$before" || undo_fine=no; fi
  if [ "$stopped" = yes ]; then
    service_do 60 stop || :
    wait_for_end 30 || :
    if [ -n "$copied" ]; then
      # A copy that this job made; what was copied lies where it was.
      empty_copy "$copied"
      put_back "$copied" || undo_fine=no
    fi
    [ -z "$made" ] || rmdir "$made" 2>/dev/null || :
    service_do "$start_limit" start || :
    wait_for_engine "$start_limit" || undo_fine=no
    start_containers || undo_fine=no
  fi
  if [ "$undo_fine" = yes ]; then
    echo "taken back: daemon.json is as it was, and the engine runs with it"
  elif [ "$was_up" = no ]; then
    echo "taken back: daemon.json is as it was; the engine did not run before, and does not now"
  else
    engine_log
    echo "error: daemon.json is as it was, but the engine does not run with it either"
    last_lines "$raw"
  fi
}

# stop_containers: all that run; start_containers brings them back.
stop_containers() {
  # shellcheck disable=SC2086 # ids
  [ -z "$ran" ] || run 300 docker stop --time 10 $ran
}

# check_text TEXT: asks dockerd itself, where it can check a file.
check_text() {
  [ "$1" != absent ] || return 0
  decode "$1" "$folder/daemon.json" || fail "there is no room in /run for a copy of daemon.json"
  if timeout 10 dockerd --help 2>/dev/null </dev/null 9>&- | grep -q -e --validate; then
    must 20 "dockerd refuses this daemon.json" dockerd --validate --config-file "$folder/daemon.json"
  elif has runuser; then
    # An older dockerd reads its file first and then says that it needs root, which nobody is not.
    chmod 711 "$folder"
    chown nobody "$folder/daemon.json"
    run 20 runuser -u nobody -- dockerd --config-file "$folder/daemon.json" || :
    chmod 700 "$folder"
    if grep -q 'unable to configure the Docker daemon' "$raw"; then
      grep 'unable to configure the Docker daemon' "$raw" >"$folder/words"
      mv "$folder/words" "$raw"
      fail "dockerd refuses this daemon.json"
    fi
    : >"$raw"
  fi
}

# switch_to TEXT EXPECTED HOW ROOT: EXPECTED is the digest of the daemon.json that the plan was made for.
switch_to() {
  switch_now=$(digest_of "$config")
  switch_want=$(text_digest "$1")
  if [ "$switch_now" != "$2" ] && [ "$switch_now" != "$switch_want" ]; then
    fail "$config was changed after this run had looked at it; run it again to see what it would do now"
  fi
  before=absent
  if [ -f "$config" ]; then before=$(base64 <"$config" | tr -d '\n'); fi

  if ! engine_installed; then
    if [ "$switch_now" != "$switch_want" ]; then
      keep_original
      put "$1" || fail "$config could not be written"
      say "wrote $config; no engine is installed yet to read it"
    fi
    return 0
  fi
  has docker || fail "there is dockerd, but no docker client to ask it; install the client (on Debian: docker-cli)"
  check_text "$1"

  was_up=no
  if engine_answers; then was_up=yes; fi
  switch_root=$root_now
  if [ "$was_up" = yes ]; then switch_root=$(docker info --format '{{.DockerRootDir}}' 2>/dev/null </dev/null 9>&- || :); fi
  if [ "$4" != unknown ] && [ "$switch_root" != "$4" ] && [ "$switch_root" = "$root_now" ] && [ -d "$switch_root" ]; then
    move_data "$1" "$switch_root" "$4"
    return 0
  fi

  if [ "$was_up" = no ]; then
    if [ "$switch_now" != "$switch_want" ]; then
      keep_original
      put "$1" || fail "$config could not be written"
      replaced=yes
      say "wrote $config"
    fi
    stopped=yes
    start_engine "$comes_not_up"
    say "started the engine"
    return 0
  fi

  if [ "$switch_now" = "$switch_want" ] && [ "$pending" = no ]; then
    say "$config is as declared"
    return 0
  fi
  if [ "$switch_now" != "$switch_want" ]; then keep_original; fi
  if [ "$3" = reload ]; then
    if [ "$first" != none ]; then
      # What the new file no longer holds would stay in the engine unless it is told otherwise once.
      put "$first" || fail "$config could not be written"
      replaced=yes
      if ! reload_engine 10; then
        engine_log
        fail "the engine refused to reload the new daemon.json"
      fi
    fi
    put "$1" || fail "$config could not be written"
    replaced=yes
    if ! reload_engine 10; then
      engine_log
      fail "the engine refused to reload the new daemon.json"
    fi
    say "wrote $config; the engine has reloaded it, and nothing was stopped"
    return 0
  fi

  note_running
  if [ "$first" != none ]; then
    # First without a restart, so that the restart leaves the containers running.
    put "$first" || fail "$config could not be written"
    replaced=yes
    reload_engine 10 || say "live-restore could not be turned on beforehand: containers stop and start with the engine"
  fi
  put "$1" || fail "$config could not be written"
  replaced=yes
  stopped=yes
  if ! systemd && [ "$(docker info --format '{{.LiveRestoreEnabled}}' 2>/dev/null </dev/null 9>&-)" != true ]; then
    # An init script gives the engine 10 seconds and then kills it, and the containers with it.
    stop_containers || :
  fi
  stop_engine 120 60
  start_engine "$comes_not_up"
  bring_back_containers
  say "wrote $config and restarted the engine; running containers: $(docker ps --quiet 2>/dev/null </dev/null 9>&- | wc -l), before: $(printf '%s\n' "$ran" | grep -c . || :)"
}

# keep_original: the file as it was before berth came, beside it.
keep_original() {
  if [ -f "$config" ] && [ ! -e "$(record_folder)/settings" ]; then
    if ! cp -p "$config" "$config.before-berth" 2>"$raw"; then
      rm -f "$config.before-berth"
      fail "no copy of $config could be kept beside it"
    fi
  fi
}

# counted FOLDER: how many files and folders lie in it.
counted() { find "$1" -xdev 2>/dev/null | wc -l; }

# contents FOLDER COMMAND...: runs a command on what lies in a folder, but for what a file system and berth keep there.
contents() {
  contents_of=$1
  shift
  find "$contents_of" -xdev -mindepth 1 -maxdepth 1 ! -name lost+found ! -name 'before-berth-*' "$@"
}

# empty_copy FOLDER: takes away what this job has copied; never what it was copied from.
empty_copy() {
  if mountpoint -q "$1"; then contents "$1" -exec rm -rf --one-file-system {} +; else rm -rf --one-file-system "$1"; fi
}

# put_aside FOLDER: what lies where the copy belongs is kept beside it, or inside where it is a file system of its own.
put_aside() {
  put_aside_when=before-berth-$(date +%Y%m%d-%H%M%S)
  if mountpoint -q "$1"; then
    [ -n "$(contents "$1" -print -quit)" ] || return 0
    aside=$1/$put_aside_when
    mkdir "$aside" && contents "$1" -exec mv -t "$aside" {} +
  elif [ -e "$1" ] && ! rmdir "$1" 2>/dev/null; then
    aside=$1.$put_aside_when
    mv "$1" "$aside"
  fi
}

# put_back FOLDER: what put_aside has moved.
put_back() {
  [ -n "$aside" ] || return 0
  if mountpoint -q "$1"; then
    contents "$aside" -exec mv -t "$1" {} + && rmdir "$aside"
  else
    mv "$aside" "$1"
  fi
}

# move_data TEXT FROM TO: copies, checks, and only then points the engine to the copy. FROM stays as it is.
move_data() {
  note_running
  # None where the engine does not run.
  images=$(docker images --quiet --all 2>/dev/null </dev/null 9>&- | sort -u | wc -l)
  containers=$(docker ps --all --quiet 2>/dev/null </dev/null 9>&- | wc -l)
  : >"$raw"
  case $3/ in "$2"/*) fail "$3 lies inside $2, which would be copied into itself" ;; esac
  [ -d "$(dirname "$3")" ] || made=$(dirname "$3")
  must 20 "the folder above $3 cannot be made" mkdir -p "$(dirname "$3")"
  move_place=$(dirname "$3")
  if mountpoint -q "$3"; then move_place=$3; fi
  move_needed=$(du -skx "$2" | cut -f 1)
  move_free=$(df -Pk "$move_place" | awk 'NR == 2 { print $4 }')
  if [ "$move_needed" -ge "$move_free" ]; then
    fail "$2 holds $((move_needed / 1024 + 1)) MiB, and $move_place has $((move_free / 1024)) MiB left"
  fi

  keep_original
  mark_log
  say "stops the engine and copies $((move_needed / 1024 + 1)) MiB from $2 to $3"
  stopped=yes
  # By name: an engine that is stopped under running containers may be killed before it has unmounted them, and with
  # live-restore they would write to what is being copied.
  stop_containers || fail "not every container could be stopped"
  stop_engine 180 120
  if grep -q " $2/" /proc/mounts; then
    fail "$(awk -v top="$2/" 'index($2, top) == 1 { print $2; exit }' /proc/mounts) is a file system of its own, which a copy would miss; unmount it first"
  fi
  if ! put_aside "$3"; then
    put_back "$3" || :
    fail "what lies in $3 could not be put aside"
  fi
  [ -z "$aside" ] || say "what lay in $3 lies in $aside now"
  copied=$3
  mkdir -p "$3"
  chmod --reference="$2" "$3"
  must "$copy_limit" "copying $2 to $3 failed" cp -ax "$2/." "$3"
  if [ "$(counted "$2")" -gt "$(counted "$3")" ]; then fail "the copy in $3 is not whole"; fi
  put "$1" || fail "$config could not be written"
  replaced=yes
  start_engine "$comes_not_up"
  if [ "$(docker images --quiet --all 2>/dev/null </dev/null 9>&- | sort -u | wc -l)" -lt "$images" ] ||
    [ "$(docker ps --all --quiet 2>/dev/null </dev/null 9>&- | wc -l)" -lt "$containers" ]; then
    fail "the engine does not see all its $images images and $containers containers in $3"
  fi
  bring_back_containers
  say "the engine works in $3 now; $2 was left as it is and can be deleted when all is well"
}

apply() {
  mark_log
  switch_to "$target" "$expected" "$how" "$root"
}

remove() {
  mark_log
  remove_now=$(digest_of "$config")
  if [ "$remove_now" = absent ]; then
    say "$config is gone already"
    return 0
  fi
  if [ "$remove_now" != "$written" ]; then
    fail "$config was edited after the last up, and would be lost; run pulumi up once more, which takes the edit up, then destroy"
  fi
  pending=no
  first=$back_first
  undo_first=$back_undo_first
  root_now=$root
  switch_to "$base" "$written" "$back_how" "$back_root"
  rm -f "$config.before-berth"
}
