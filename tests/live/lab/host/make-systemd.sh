#!/usr/bin/env bash
# Makes what hosts with systemd are made of, from what make.sh has made;
# `host.sh` calls it once.
#
#   make-systemd.sh FOLDER SUITE MIRROR
#
# FOLDER/systemd.tar   root of a Debian host with an SSH server and systemd
set -euo pipefail

cache=$1
suite=$2
mirror=$3
root=$cache/systemd

# Those that concern the kernel, the hardware or the consoles of this machine, or
# would fetch packages in the middle of a test.
OTHERS=(
  apt-daily.timer apt-daily-upgrade.timer console-getty.service dev-hugepages.mount dev-mqueue.mount getty.target
  kmod-static-nodes.service modprobe@.service proc-sys-fs-binfmt_misc.automount sys-fs-fuse-connections.mount
  sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount systemd-binfmt.service
  systemd-modules-load.service systemd-remount-fs.service systemd-sysctl.service
)

# Root of a machine in a container may be forbidden to raise limits, and a service
# that asks for that does not start. systemd ignores the drop-in of a service that
# is not installed.
limits() { # SERVICE
  local folder=$root/etc/systemd/system/$1.service.d
  mkdir -p "$folder"
  printf '%s\n' '[Service]' LimitNOFILE=1024 LimitNPROC= LimitCORE= OOMScoreAdjust=0 >"$folder/lab.conf"
}

rm -rf "$root" "$cache/systemd.tar"
mkdir -p "$root"
tar -C "$root" -xf "$cache/base.tar"
mknod -m 666 "$root/dev/null" c 1 3
mknod -m 666 "$root/dev/urandom" c 1 9
echo "deb $mirror $suite main" >"$root/etc/apt/sources.list"
cat /etc/resolv.conf >"$root/etc/resolv.conf"
chroot "$root" apt-get update -qq
DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get install -y -qq --no-install-recommends --allow-remove-essential \
  systemd-sysv dbus libpam-systemd sysvinit-core- initscripts-
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/archives/*.deb "$root"/usr/share/{doc,man,info,locale}/*
mkdir -p "$root/var/lib/apt/lists/partial"
: >"$root/etc/resolv.conf"
: >"$root/etc/fstab"
# A machine without an id would enable every service as on its first day.
tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
chroot "$root" systemctl mask --quiet "${OTHERS[@]}"
chroot "$root" systemctl set-default --quiet multi-user.target
limits docker
limits containerd
tar -C "$root" --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' -cf "$cache/systemd.tar.new" .
mv "$cache/systemd.tar.new" "$cache/systemd.tar"
rm -rf "$root"
