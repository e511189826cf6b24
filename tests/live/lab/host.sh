#!/usr/bin/env bash
# Remote hosts of our own, for the live tests: Debian roots with an SSH server,
# each in namespaces and a network of its own, without Docker.
#
#   eval "$(tests/live/lab/host.sh up [NAME])"  start one (default: host), point
#                                               BERTH_HOST_... at it
#   host.sh up NAME --behind OTHER   one that only OTHER can reach
#   host.sh up NAME --systemd        one with systemd
#   host.sh reset [NAME]             the same host with a fresh root
#   host.sh down [NAME]              ends it, and those behind it
#   host.sh exec NAME -- COMMAND...  as root in it, without SSH
#   host.sh cut NAME on|off          drop all that comes and goes over its network
#   host.sh fill NAME FOLDER [SIZE [FREE]]
#                                    put a file system of SIZE (default 64k) over
#                                    FOLDER, with its files and all but FREE
#                                    (default 0) of the rest taken
#   host.sh empty NAME FOLDER        take that file system away
#   host.sh status
#
# A host has no route to anywhere. Its apt reaches a mirror that this machine
# serves to it, with docker.io and all it needs under /debian, docker-ce and its
# companions (Debian's programs in packages like Docker's, signed) under
# /linux/debian, a stand-in of nvidia-container-toolkit under
# /libnvidia-container. `docker load -i /srv/busybox.tar` there gives the image
# busybox:lab. The key opens root, ada (sudo without a password) and bob (none):
# `ssh -F "$BERTH_HOST_SETTINGS" ada@host`. The SSH server's log is
# /var/log/auth.log. Without --systemd services are scripts in /etc/init.d.
#
# BERTH_LAB_DIR            where everything lies (default /var/tmp/berth-lab)
# BERTH_LAB_DEBIAN_MIRROR  default: that of this machine's apt
# BERTH_HOST_SUBNET        first three numbers of the hosts' addresses, default
#                          10.213.7: the first host is 10.213.7.2, this machine
#                          10.213.7.1 to it, the second host 10.213.7.6
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB=host
STATE=$(realpath -m "${BERTH_LAB_DIR:-/var/tmp/berth-lab}")/host
SUBNET=${BERTH_HOST_SUBNET:-10.213.7}
MIRROR_PORT=3142
SUITE=bookworm
. "$HERE/processes.sh"

CACHE=$STATE/cache
HOSTS=$STATE/hosts
KEYS=$STATE/keys
SETTINGS=$STATE/ssh_config

usage() {
  die "usage: host.sh up [NAME] [--behind OTHER] [--systemd] | reset [NAME] | down [NAME] |" \
    "exec NAME -- COMMAND... | cut NAME on|off | fill NAME FOLDER [SIZE [FREE]] | empty NAME FOLDER | status"
}

check_name() {
  # Its network card is called bh-NAME, and such names have at most 15 characters.
  [[ $1 =~ ^[a-z][a-z0-9-]{0,11}$ ]] || die "a host's name has up to 12 of a-z, 0-9 and -, not '$1'"
}

# --- a host's address, processes and network ---------------------------------

address() { echo "$SUBNET.$((4 * $(<"$HOSTS/$1/slot") + $2))"; } # NAME 1=OF ITS NEIGHBOUR|2=ITS OWN

choose_slot() {
  local slot
  for ((slot = 0; slot < 64; slot++)); do
    grep -qsx "$slot" "$HOSTS"/*/slot || break
  done
  ((slot < 64)) || die "there are 64 hosts already"
  echo "$slot"
}

names() { find "$HOSTS" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' 2>/dev/null | sort; }

group() { echo "berth-host-$1"; }

# The first process in its namespaces.
first() { # NAME
  local pid
  alive "$1" && pid=$(<"$STATE/run/$1.pid") && [[ $(<"/proc/$pid/comm") == unshare ]] \
    && pid=$(<"/proc/$pid/task/$pid/children") && [[ -n $pid ]] && echo "${pid% }"
}

must_be_up() { first "$1" >/dev/null || die "host $1 is not up"; }

# Runs a command of this machine in the network of a host's neighbour: the host
# that it is behind, or this machine.
beside() { # NAME COMMAND...
  local behind
  behind=$(<"$HOSTS/$1/behind")
  if [[ -n $behind ]]; then
    nsenter --net --target "$(first "$behind")" "${@:2}"
  else
    "${@:2}"
  fi
}

inside() { # NAME COMMAND...
  "$HERE/host/enter.sh" "$(group "$1")" nsenter --all --target "$(first "$1")" env -i HOME=/root LANG=C.UTF-8 \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${@:2}"
}

# Its last step is to become another program.
started() {
  ! grep -qaF /init.sh "/proc/$(first "$1")/cmdline" || return 1
  [[ -z $(<"$HOSTS/$1/system") ]] || inside "$1" systemctl is-active --quiet multi-user.target ssh.service
}

start_mirror() { # NAME
  local behind neighbour=$$
  behind=$(<"$HOSTS/$1/behind")
  [[ -z $behind ]] || neighbour=$(first "$behind")
  start "$1-mirror" nsenter --net --target "$neighbour" \
    "$CACHE/busybox" httpd -f -p "$(address "$1" 1):$MIRROR_PORT" -h "$CACHE/mirror"
}

# --- preparation -------------------------------------------------------------

make() {
  local hash name log=$STATE/log/make.log
  hash=$(sha256sum <"$HERE/host/make.sh")
  [[ -f $CACHE/made && $(<"$CACHE/made") == "$hash" ]] && return
  say "making the Debian root and the package mirror"
  "$HERE/host/make.sh" "$CACHE" "$SUITE" "$(debian_mirror "$SUITE")" </dev/null >"$log" 2>&1 \
    || { tail -n 15 "$log"; die "it failed (the whole log: $log)"; }
  echo "$hash" >"$CACHE/made"
  # Those that run serve a folder that is gone.
  for name in $(names); do
    stop "$name-mirror"
    ! alive "$name" || start_mirror "$name"
  done
}

make_systemd() {
  local hash log=$STATE/log/make-systemd.log
  hash=$(sha256sum <"$HERE/host/make-systemd.sh")
  [[ -f $CACHE/systemd.made && $(<"$CACHE/systemd.made") == "$hash" ]] && return
  say "making the Debian root with systemd"
  "$HERE/host/make-systemd.sh" "$CACHE" "$SUITE" "$(debian_mirror "$SUITE")" </dev/null >"$log" 2>&1 \
    || { tail -n 15 "$log"; die "it failed (the whole log: $log)"; }
  echo "$hash" >"$CACHE/systemd.made"
}

make_keys() { # NAME
  mkdir -p "$KEYS"
  [[ -f $KEYS/client ]] || ssh-keygen -q -t ed25519 -N '' -C berth-lab -f "$KEYS/client"
  [[ -f $KEYS/$1.host ]] || ssh-keygen -q -t ed25519 -N '' -C "$1" -f "$KEYS/$1.host"
}

# Settings for the client: by its name or address, over the host that it is behind.
write_settings() { # NAME
  local own behind
  own=$(address "$1" 2)
  behind=$(<"$HOSTS/$1/behind")
  echo "$own $(<"$KEYS/$1.host.pub")" >"$KEYS/$1.known_hosts"
  printf '%s\n' "Host $1 $own" "  HostName $own" "  IdentityFile $KEYS/client" '  IdentitiesOnly yes' \
    "  UserKnownHostsFile $KEYS/$1.known_hosts" '  StrictHostKeyChecking yes' '  BatchMode yes' \
    '  ConnectTimeout 5' ${behind:+"  ProxyJump root@$behind"} >"$KEYS/$1.config"
  echo "Include $KEYS/*.config" >"$SETTINGS"
}

make_root() { # NAME
  local root=$HOSTS/$1/root user home system
  system=$(<"$HOSTS/$1/system")
  mkdir -p "$root"
  tar -C "$root" -xf "$CACHE/${system:-base}.tar"
  echo "$1" >"$root/etc/hostname"
  printf '127.0.0.1 localhost\n%s %s\n' "$(address "$1" 2)" "$1" >"$root/etc/hosts"
  echo "deb [trusted=yes] http://$(address "$1" 1):$MIRROR_PORT/debian $SUITE main" >"$root/etc/apt/sources.list"
  install -m 600 "$KEYS/$1.host" "$root/etc/ssh/ssh_host_ed25519_key"
  install -m 644 "$KEYS/$1.host.pub" "$root/etc/ssh/ssh_host_ed25519_key.pub"
  for user in root ada bob; do
    home=$(awk -F: -v user="$user" '$1 == user { print $6 }' "$root/etc/passwd")
    install -d -m 700 "$root$home/.ssh"
    install -m 600 "$KEYS/client.pub" "$root$home/.ssh/authorized_keys"
    chroot "$root" chown -R "$user:" "$home/.ssh"
  done
}

# --- commands ----------------------------------------------------------------

up() { # NAME BEHIND systemd|'' [SLOT]
  if alive "$1" && [[ -f $HOSTS/$1/complete ]]; then
    [[ $(<"$HOSTS/$1/behind") == "$2" ]] || die "host $1 is up, but not behind '$2'"
    [[ $(<"$HOSTS/$1/system") == "$3" ]] || die "host $1 is up, but with another init"
    return
  fi
  [[ -z $2 ]] || must_be_up "$2"
  down "$1"
  mkdir -p "$HOSTS/$1"
  echo "$2" >"$HOSTS/$1/behind"
  echo "$3" >"$HOSTS/$1/system"
  echo "${4:-$(choose_slot)}" >"$HOSTS/.slot"
  mv "$HOSTS/.slot" "$HOSTS/$1/slot"
  make_root "$1"
  write_settings "$1"
  # Without our variables: daemons that start with the host would have them.
  start "$1" env -i "PATH=$PATH" "$HERE/host/enter.sh" "$(group "$1")" \
    unshare --mount --uts --ipc --net --pid --cgroup --fork --kill-child \
    "$HERE/host/init.sh" "$1" "$HOSTS/$1/root" "$(address "$1" 2)/30" "$3"
  ready "$1" first "$1"
  beside "$1" ip link add "bh-$1" type veth peer name eth0 netns "$(first "$1")"
  beside "$1" ip address add "$(address "$1" 1)/30" dev "bh-$1"
  beside "$1" ip link set "bh-$1" up
  start_mirror "$1"
  ready "$1" started "$1"
  touch "$HOSTS/$1/complete"
}

down() { # NAME
  local other pid group
  group=$(group "$1")
  for other in $(names); do
    [[ $(<"$HOSTS/$other/behind") != "$1" ]] || down "$other"
  done
  stop "$1-mirror"
  if pid=$(first "$1"); then
    # With the first of them all of its processes end, and their mounts with them.
    kill -KILL "$pid"
    stop "$1" 0
  else
    stop "$1" KILL
  fi
  ip link delete "bh-$1" 2>/dev/null || true
  find /sys/fs/cgroup -depth -type d \( -name "$group" -o -path "*/$group/*" \) -exec rmdir {} + 2>/dev/null || true
  rm -rf --one-file-system "${HOSTS:?}/$1" "$KEYS/$1".{config,known_hosts}
}

exports() { # NAME
  echo "export BERTH_HOST_NAME=$1 BERTH_HOST_ADDRESS=$(address "$1" 2) BERTH_HOST_PORT=22" \
    "BERTH_HOST_KEY_FILE=$KEYS/client BERTH_HOST_PUBLIC='$(cut -d' ' -f1-2 "$KEYS/$1.host.pub")'" \
    "BERTH_HOST_SETTINGS=$SETTINGS BERTH_HOST_MIRROR=http://$(address "$1" 1):$MIRROR_PORT" \
    "BERTH_HOST_MIRROR_KEY=$(<"$CACHE/fingerprint")" >&3
}

cut_off() { # NAME on|off
  local chain table
  table=(nsenter --net --target "$(first "$1")" iptables -w -t raw)
  for chain in "PREROUTING -i" "OUTPUT -o"; do
    read -ra chain <<<"$chain eth0 -j DROP"
    if [[ $2 == off ]]; then
      "${table[@]}" -D "${chain[@]}" 2>/dev/null || true
    else
      "${table[@]}" -C "${chain[@]}" 2>/dev/null || "${table[@]}" -A "${chain[@]}"
    fi
  done
}

fill() { # NAME FOLDER SIZE FREE
  # shellcheck disable=SC2016 # for the shell inside
  inside "$1" sh -euc '
    mkdir -p "$1"
    mount -t tmpfs -o "size=$2,mode=755" full /mnt
    cp -a "$1/." /mnt
    mount --move /mnt "$1"
    free=$(($(stat -f -c "%a * %S" "$1") - $3))
    [ "$free" -le 0 ] || head -c "$free" /dev/zero >"$1/.full"
  ' sh "$2" "$3" "$(numfmt --from=iec "${4^^}")"
}

name=${2-host}
[[ ${1-} == status ]] || check_name "$name"
case ${1-} in
  up | reset)
    behind='' system='' slot=''
    if [[ $name == --* || ( $1 == reset && $# -gt 2 ) ]]; then usage; fi
    action=$1
    shift "$(($# < 2 ? $# : 2))"
    while (($#)); do
      case $1 in
        --behind)
          behind=${2-}
          check_name "$behind"
          shift 2
          ;;
        --systemd)
          system=systemd
          shift
          ;;
        *) usage ;;
      esac
    done
    prepare
    install_packages debootstrap:debootstrap iptables:iptables ip:iproute2 ssh:openssh-client \
      ssh-keygen:openssh-client dpkg-scanpackages:dpkg-dev gpg:gpg
    make
    if [[ $action == reset ]]; then
      [[ ! -f $HOSTS/$name/behind ]] || behind=$(<"$HOSTS/$name/behind")
      [[ ! -f $HOSTS/$name/system ]] || system=$(<"$HOSTS/$name/system")
      # Its address stays.
      [[ ! -f $HOSTS/$name/slot ]] || slot=$(<"$HOSTS/$name/slot")
      down "$name"
    fi
    [[ -z $system ]] || make_systemd
    make_keys "$name"
    up "$name" "$behind" "$system" "$slot"
    exports "$name"
    ;;
  down)
    prepare
    down "$name"
    ;;
  exec)
    [[ ${3-} == -- && $# -gt 3 ]] || usage
    must_be_up "$name"
    inside "$name" "${@:4}" >&3 3>&-
    ;;
  cut)
    [[ ${3-} == on || ${3-} == off ]] || usage
    must_be_up "$name"
    cut_off "$name" "$3"
    ;;
  fill)
    [[ ${3-} == /* ]] || usage
    must_be_up "$name"
    fill "$name" "$3" "${4-64k}" "${5-0}"
    ;;
  empty)
    [[ ${3-} == /* ]] || usage
    inside "$name" umount "$3"
    ;;
  status)
    mapfile -t hosts < <(names)
    status_of "${hosts[@]}"
    ;;
  *) usage ;;
esac
