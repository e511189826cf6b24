#!/usr/bin/env bash
# The first process of a host, in namespaces of its own: makes the root of the
# host its root, waits for the network card and starts the SSH server, or becomes
# systemd, which does.
#
#   init.sh NAME ROOT ADDRESS/BITS [systemd]
set -euo pipefail

name=$1
root=$2
address=$3
system=${4-}

cgroups() {
  local controllers
  if grep -q ' cgroup ' /proc/mounts; then
    mount -t tmpfs -o mode=755 cgroup sys/fs/cgroup
    if [[ $system == systemd ]]; then
      mkdir sys/fs/cgroup/systemd
      mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd
    fi
    while IFS=: read -r _ controllers _; do
      [[ -n $controllers && $controllers != name=* ]] || continue
      mkdir "sys/fs/cgroup/$controllers"
      mount -t cgroup -o "$controllers" cgroup "sys/fs/cgroup/$controllers"
    done </proc/self/cgroup
  else
    mount -t cgroup2 cgroup sys/fs/cgroup
    # systemd does the rest itself.
    [[ $system != systemd ]] || return 0
    # A group with processes cannot give its controllers to groups below it.
    mkdir sys/fs/cgroup/init
    echo 0 >sys/fs/cgroup/init/cgroup.procs
    sed 's/[^ ]*/+&/g' sys/fs/cgroup/cgroup.controllers >sys/fs/cgroup/cgroup.subtree_control
  fi
}

devices() {
  local device
  mount -t tmpfs -o mode=755 dev dev
  for device in null:3 zero:5 full:7 random:8 urandom:9; do
    mknod -m 666 "dev/${device%:*}" c 1 "${device#*:}"
  done
  mknod -m 666 dev/tty c 5 0
  mkdir dev/pts dev/shm
  mount -t devpts -o newinstance,gid=5,mode=620,ptmxmode=666 devpts dev/pts
  mount -t tmpfs -o mode=1777 shm dev/shm
  ln -s pts/ptmx dev/ptmx
  ln -s /proc/self/fd dev/fd
  ln -s /proc/self/fd/0 dev/stdin
  ln -s /proc/self/fd/1 dev/stdout
  ln -s /proc/self/fd/2 dev/stderr
}

# What concerns the kernel of this machine, as in any container.
protect() {
  mount --bind proc/sys proc/sys
  mount --bind proc/sys/net proc/sys/net
  mount -o remount,bind,ro proc/sys
}

hostname "$name"
mount --bind "$root" "$root"
cd "$root"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs -o mode=755 tmpfs run
mkdir -m 1777 run/lock
cgroups
devices
[[ $system != systemd ]] || protect
pivot_root . mnt
cd /
umount -l /mnt

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
until [[ -e /sys/class/net/eth0 ]]; do sleep 0.05; done
ip link set lo up
ip address add "$address" dev eth0
ip link set eth0 up
[[ $system != systemd ]] || exec env -i container=lab /lib/systemd/systemd
# Where init would write that this is runlevel 2: packages start their services
# only in one that is known.
perl -e 'print pack("s x2 i a32 a4 a32 x308", 1, ord("2") + 256 * ord("N"), "~", "~~", "runlevel")' >/run/utmp
service ssh start
until [[ -s /run/sshd.pid ]]; do sleep 0.05; done
# A shell of the host's own, which takes away what daemons leave behind.
exec bash -c 'while :; do sleep infinity & wait; done' "$root"
