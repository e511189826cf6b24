# shellcheck shell=sh
# NVIDIA's container toolkit, and the question whether containers see the GPUs.
: "${raw:?}" "${folder:?}" "${ran?}" "${packages?}" "${check_image:?}" "${check_limit:?}"

removing=no
restarted=no

undo() {
  if [ "$removing" = yes ]; then
    echo "what has been removed so far stays removed; destroy it once more"
    return 0
  fi
  if ! packages_touched; then
    if [ "$restarted" = no ]; then echo "nothing was changed"; else echo "nothing was changed, but the engine was restarted"; fi
  elif packages_undo; then
    echo "taken back: the packages are as they were"
  else
    echo "error: not everything could be taken back; run pulumi up once more, which completes what broke off"
  fi
}

# hook_unseen: the engine that runs was started before the hook was there; it never looks for it again.
hook_unseen() {
  hook_pid=$(engine_pid) || return 1
  hook_file=$(command -v nvidia-container-runtime-hook) || return 1
  [ "$(stat -c %Y "/proc/$hook_pid")" -lt "$(stat -c %Z "$hook_file")" ]
}

restart_engine() {
  note_running
  restarted=yes
  stop_engine 120 60
  start_engine "the engine does not come up"
  bring_back_containers
  say "restarted the engine, which looks for NVIDIA's hook only when it starts"
}

apply() {
  mark_log
  has nvidia-smi || fail "there is no nvidia-smi on this host; install the tools of NVIDIA's driver"
  must 60 "nvidia-smi does not answer; look at the driver" nvidia-smi -L
  cp "$raw" "$folder/gpus"
  packages_install
  has nvidia-container-runtime-hook || fail "the toolkit has brought no nvidia-container-runtime-hook"
  if hook_unseen; then restart_engine; fi
  if [ "$check_image" != none ]; then
    engine_installed || fail "no engine is installed that could run $check_image; install it first"
    must "$check_limit" "a container of $check_image does not see the GPUs" \
      docker run --rm --gpus all "$check_image" nvidia-smi -L
    cp "$raw" "$folder/gpus"
    say "a container of $check_image sees the GPUs"
  fi
  sed -n 's/^GPU [0-9]*: /gpu &/p' "$folder/gpus"
}

remove() {
  if [ "$(recorded uninstall)" = yes ]; then
    removing=yes
    # shellcheck disable=SC2046 # names of packages
    packages_remove $(recorded installed)
  else
    say "the toolkit was left as it is; uninstall: true removes its packages"
  fi
}
