# shellcheck shell=sh
# The engine: its packages, its service, and who is in its group.
: "${raw:?}" "${folder:?}" "${ran?}" "${listed:?}" "${packages?}" "${completion:?}" "${add_users?}" "${remove_users?}" "${start_limit:?}"

# What undo has to take back.
group_made=no
joined=
left=
enabled=no
started=no
removing=no

in_group() { getent group docker | cut -d : -f 4 | tr , '\n' | grep -qxF -e "$1"; }

undo() {
  if [ "$removing" = yes ]; then
    echo "what has been removed so far stays removed; destroy it once more"
    return 0
  fi
  undo_fine=yes
  undo_any=no
  for undo_user in $joined; do
    undo_any=yes
    run 20 gpasswd -d "$undo_user" docker || undo_fine=no
  done
  for undo_user in $left; do
    undo_any=yes
    run 20 gpasswd -a "$undo_user" docker || undo_fine=no
  done
  if [ "$enabled" = yes ]; then
    undo_any=yes
    service_at_boot disable || undo_fine=no
  fi
  if [ "$started" = yes ]; then
    undo_any=yes
    service_do 60 stop || :
  fi
  if packages_touched; then
    undo_any=yes
    packages_undo || undo_fine=no
    # Another version may have been there, and be there again.
    if [ -n "$ran" ]; then
      service_do 60 start || :
      wait_for_engine 60 && start_containers || undo_fine=no
    fi
  fi
  if [ "$group_made" = yes ]; then run 20 groupdel docker || :; fi
  if [ "$undo_any" = no ]; then
    echo "nothing was changed"
  elif [ "$undo_fine" = yes ]; then
    echo "taken back: the host is as it was"
  else
    echo "error: not everything could be taken back; run pulumi up once more, which completes what broke off"
  fi
}

check_users() {
  for check_user in $add_users; do
    id -u "$check_user" >/dev/null 2>&1 || fail "there is no user $check_user on this host"
  done
}

# service_at_boot enable|disable
service_at_boot() {
  if systemd; then
    run 60 systemctl "$1" docker.service
  elif has update-rc.d; then
    run 60 update-rc.d docker "$1"
  elif [ "$1" = enable ]; then
    run 60 chkconfig docker on
  else
    run 60 chkconfig docker off
  fi
}

is_enabled() {
  if systemd; then
    [ "$(systemctl is-enabled docker.service 2>/dev/null || :)" = enabled ]
  else
    for is_enabled_link in /etc/rc[2-5].d/S*docker; do
      [ ! -e "$is_enabled_link" ] || return 0
    done
    return 1
  fi
}

engine_packages() {
  packages_missing || return 0
  : >"$raw"
  if getent group docker >/dev/null; then :; else group_made=yes; fi
  note_running
  packages_install
}

engine_service() {
  engine_installed || fail "no engine was installed"
  has docker || fail "there is dockerd, but no docker client to ask it; install the client (on Debian: docker-cli)"
  if ! is_enabled; then
    service_at_boot enable || fail "docker cannot be made to start with the machine"
    enabled=yes
    say "docker starts with the machine from now on"
  fi
  if ! engine_answers; then
    engine_pid >/dev/null || started=yes
    start_engine "the engine does not come up"
    say "started docker"
  fi
  # A package's own scripts restart it, unless the machine's policy forbids it.
  engine_service_new=$(dockerd --version 2>/dev/null | sed -n 's/^Docker version \([^,]*\),.*/\1/p')
  engine_service_now=$(docker version --format '{{.Server.Version}}' 2>/dev/null </dev/null 9>&- || :)
  if [ "$listed" = yes ] && [ -n "$engine_service_new" ] && [ "$engine_service_new" != "$engine_service_now" ]; then
    service_do 120 restart || fail "the engine cannot be restarted"
    if ! wait_for_engine "$start_limit"; then
      engine_log
      fail "the engine does not come up"
    fi
  fi
  bring_back_containers
}

engine_users() {
  if ! getent group docker >/dev/null; then
    must 20 "the group docker cannot be made" groupadd --system docker
    group_made=yes
  fi
  # The engine gives its socket to the group only when it starts.
  if [ -S /var/run/docker.sock ] && [ "$(stat -c %G /var/run/docker.sock)" = root ]; then chgrp docker /var/run/docker.sock; fi
  for engine_user in $add_users; do
    if ! in_group "$engine_user"; then
      must 20 "$engine_user cannot be added to the group docker" gpasswd -a "$engine_user" docker
      joined="$joined $engine_user"
      say "added $engine_user to the group docker; it counts from the next login on"
    fi
  done
  engine_users_leave "$remove_users"
}

# engine_users_leave NAMES
engine_users_leave() {
  for engine_user in $1; do
    if in_group "$engine_user"; then
      must 20 "$engine_user cannot be taken out of the group docker" gpasswd -d "$engine_user" docker
      left="$left $engine_user"
      say "took $engine_user out of the group docker; sessions that are open keep it until they end"
    fi
  done
}

apply() {
  mark_log
  check_users
  engine_packages
  engine_service
  engine_users
  if [ "$completion" = yes ] && [ ! -e /usr/share/bash-completion/completions/docker ] && [ ! -e /etc/bash_completion.d/docker ]; then
    say "this package of Docker brings no completion for bash"
  fi
  say "docker $(docker version --format '{{.Server.Version}}' </dev/null 9>&-) runs"
}

remove() {
  engine_users_leave "$(recorded added)"
  if [ "$(recorded uninstall)" = yes ]; then
    removing=yes
    # shellcheck disable=SC2046 # names of packages
    packages_remove $(recorded installed)
    say "the engine's data in /var/lib/docker was left as it is"
  else
    say "the engine, its packages and its data were left as they are; uninstall: true removes the packages"
  fi
}
