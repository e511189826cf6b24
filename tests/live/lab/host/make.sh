#!/usr/bin/env bash
# Makes what every host is made of; `host.sh` calls it once.
#
#   make.sh FOLDER SUITE MIRROR
#
# FOLDER/base.tar     root of a Debian host with an SSH server
# FOLDER/busybox      a program of its own that serves the mirror
# FOLDER/busybox.tar  with it, an image for `docker load`
# FOLDER/mirror       package mirror: debian/ as Debian's, linux/debian/ as
#                     Docker's and libnvidia-container/ as NVIDIA's own, signed
#                     with a key that is made here
set -euo pipefail

cache=$1
suite=$2
mirror=$3
root=$cache/root
architecture=$(dpkg --print-architecture)
debian=$cache/mirror/debian
docker=$cache/mirror/linux/debian
nvidia=$cache/mirror/libnvidia-container/stable/deb/$architecture

executable() { # FILE TEXT
  printf '#!/bin/sh\n%s\n' "$2" >"$1"
  chmod 755 "$1"
}

base() {
  local packages=sysvinit-core,openssh-server,sudo,iproute2,iptables,ca-certificates,procps,curl,gnupg
  debootstrap --variant=minbase "--include=$packages" "$suite" "$root" "$mirror"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  chroot "$root" apt-get update -qq
  chroot "$root" apt-get install -y -qq --no-install-recommends --download-only docker.io bash-completion xz-utils \
    busybox-static
  mkdir -p "$debian/pool"
  mv "$root"/var/cache/apt/archives/*.deb "$debian/pool"
  rm -rf "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,man,info,locale}/* "$root/etc/resolv.conf" \
    "$root"/etc/ssh/ssh_host_*
  mkdir -p "$root/var/lib/apt/lists/partial"
  : >"$root/etc/resolv.conf"

  chroot "$root" useradd --create-home --shell /bin/bash ada
  chroot "$root" useradd --create-home --shell /bin/bash bob
  printf 'ada ALL=(ALL:ALL) NOPASSWD: ALL\n' >"$root/etc/sudoers.d/ada"
  chmod 440 "$root/etc/sudoers.d/ada"
  # Nobody listens to the system log.
  echo 'SSHD_OPTS="-E /var/log/auth.log"' >>"$root/etc/default/ssh"
  # They are there already; the engine's init script would try to mount those
  # that are missing on this machine.
  printf 'cgroup /sys/fs/cgroup tmpfs defaults 0 0\n' >"$root/etc/fstab"
  # Root of a machine in a container may be forbidden to raise limits, and the
  # engine's init script ends where it cannot.
  # shellcheck disable=SC2016 # for the init script
  printf '%s\n' 'ulimit() { command ulimit "$@" 2>/dev/null || true; }' >"$root/lib/lsb/init-functions.d/99-limits"
}

image() {
  local layer=$cache/layer digest
  mkdir -p "$layer"/{bin,tmp,etc,root}
  dpkg-deb -x "$debian"/pool/busybox-static_*.deb "$layer/package"
  mv "$layer/package/bin/busybox" "$cache/busybox"
  rm -r "$layer/package"
  cp "$cache/busybox" "$layer/bin"
  "$cache/busybox" --list | grep -vx busybox | xargs -I{} ln -s busybox "$layer/bin/{}"
  tar -C "$layer" --owner=0 --group=0 -cf "$cache/layer.tar" .
  digest=$(sha256sum "$cache/layer.tar" | cut -d' ' -f1)
  printf '{"architecture":"%s","os":"linux","config":{"Cmd":["sh"],"Env":["PATH=/bin"]},%s}' "$architecture" \
    "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:$digest\"]}" >"$cache/config.json"
  printf '[{"Config":"config.json","RepoTags":["busybox:lab"],"Layers":["layer.tar"]}]' >"$cache/manifest.json"
  tar -C "$cache" -cf "$cache/busybox.tar" manifest.json config.json layer.tar
  rm -rf "$layer" "$cache"/{layer.tar,config.json,manifest.json}
}

package() { # INTO NAME VERSION FIELD... (its files lie in the folder of its name)
  local folder=$cache/packages/$2
  mkdir -p "$folder/DEBIAN"
  printf '%s\n' "Package: $2" "Version: $3" "Architecture: $architecture" 'Maintainer: lab <lab@localhost>' \
    'Section: admin' 'Priority: optional' "Description: $2, as far as tests need it" "${@:4}" >"$folder/DEBIAN/control"
  dpkg-deb -Znone --root-owner-group -b "$folder" "$1" >/dev/null
}

plugin() { # NAME VERSION
  local folder=$cache/packages/docker-$1-plugin/usr/libexec/docker/cli-plugins
  mkdir -p "$folder"
  executable "$folder/docker-$1" "echo '{\"SchemaVersion\":\"0.1.0\",\"Vendor\":\"Docker Inc.\",\"Version\":\"v$2\"}'"
  package "$docker/pool" "docker-$1-plugin" "$2-1~debian.12~$suite"
}

# As Docker packs it: other packages, another folder for dockerd.
docker_packages() {
  local packages=$cache/packages version="5:20.10.24~3-0~debian-$suite" name
  mkdir -p "$packages" "$docker/pool"
  dpkg-deb -R "$debian"/pool/docker.io_*.deb "$packages/docker-ce"
  mkdir -p "$packages/docker-ce-cli/usr/bin"
  mv "$packages/docker-ce/usr/bin/docker" "$packages/docker-ce-cli/usr/bin"
  mv "$packages/docker-ce/usr/sbin/dockerd" "$packages/docker-ce/usr/bin"
  sed -i 's,/usr/sbin/dockerd,/usr/bin/dockerd,' "$packages/docker-ce/etc/init.d/docker" \
    "$packages/docker-ce/lib/systemd/system/docker.service"
  rm "$packages/docker-ce/DEBIAN/md5sums"
  for name in containerd runc; do
    dpkg-deb -x "$debian/pool/${name}"_*.deb "$packages/containerd.io"
  done
  package "$docker/pool" docker-ce-cli "$version" 'Conflicts: docker.io' 'Depends: libc6'
  package "$docker/pool" containerd.io "1.6.20-1" 'Conflicts: containerd, runc' 'Replaces: containerd, runc' \
    'Provides: containerd, runc' 'Depends: libc6, libseccomp2'
  package "$docker/pool" docker-ce "$version" 'Conflicts: docker.io' 'Replaces: docker.io' \
    'Depends: containerd.io, docker-ce-cli, iptables, libdevmapper1.02.1, libsystemd0, adduser, tini' \
    'Recommends: docker-buildx-plugin, docker-compose-plugin'
  plugin buildx 0.10.4
  plugin compose 2.17.2
  rm -rf "$packages"
}

nvidia_packages() {
  local folder=$cache/packages/nvidia-container-toolkit/usr/bin
  mkdir -p "$folder" "$nvidia"
  executable "$folder/nvidia-container-runtime" 'exec runc "$@"'
  executable "$folder/nvidia-container-runtime-hook" 'exit 0'
  executable "$folder/nvidia-ctk" 'echo "NVIDIA Container Toolkit CLI version 1.17.8"'
  package "$nvidia" nvidia-container-toolkit 1.17.8-1
  rm -rf "$cache/packages"
}

# In the folder of a repository.
release() { # FOLDER OF ITS RELEASE FIELD... (in it or below lies Packages)
  local list
  cd "$1"
  {
    printf '%s\n' "${@:2}" "Date: $(date -Ru)" 'SHA256:'
    find . -name 'Packages*' -printf '%P\n' | while read -r list; do
      printf ' %s %s %s\n' "$(sha256sum <"$list" | cut -d' ' -f1)" "$(stat -c %s "$list")" "$list"
    done
  } >Release
}

suite() { # FOLDER COMPONENT
  local lists=dists/$suite/$2/binary-$architecture
  cd "$1"
  mkdir -p "$lists"
  dpkg-scanpackages --multiversion pool >"$lists/Packages" 2>/dev/null
  gzip -k "$lists/Packages"
  release "dists/$suite" "Suite: $suite" "Codename: $suite" "Architectures: $architecture" "Components: $2"
}

flat() { # FOLDER
  cd "$1"
  dpkg-scanpackages --multiversion . >Packages 2>/dev/null
  release . "Architectures: $architecture"
}

sign() { # FOLDER OF A RELEASE...
  local home=$cache/gnupg folder
  mkdir -m 700 "$home"
  gpg --homedir "$home" --batch --quiet --passphrase '' --quick-generate-key 'lab <lab@localhost>' rsa3072 sign never
  gpg --homedir "$home" --batch --armor --export >"$cache/key"
  gpg --homedir "$home" --batch --with-colons --list-keys | awk -F: '$1 == "fpr" { print $10 }' >"$cache/fingerprint"
  for folder; do
    gpg --homedir "$home" --batch --clearsign -o "$folder/InRelease" "$folder/Release"
    gpg --homedir "$home" --batch --armor --detach-sign -o "$folder/Release.gpg" "$folder/Release"
  done
  gpgconf --homedir "$home" --kill all
  rm -rf "$home"
}

rm -rf "$cache"
mkdir -p "$cache"
base
image
docker_packages
nvidia_packages
(suite "$debian" main)
(suite "$docker" stable)
(flat "$nvidia")
sign "$docker/dists/$suite" "$nvidia"
install -m 644 "$cache/key" "$docker/gpg"
install -m 644 "$cache/key" "$cache/mirror/libnvidia-container/gpgkey"
install -D -m 644 "$cache/busybox.tar" "$root/srv/busybox.tar"
tar -C "$root" --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' -cf "$cache/base.tar" .
rm -rf "$root"
