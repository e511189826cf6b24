# shellcheck shell=sh
# Looks at a host and changes nothing. One line for each fact; what may have any form stands in base64.
set -u
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH LC_ALL=C
# The engine of this machine, wherever the user's own client points.
export DOCKER_HOST=unix:///var/run/docker.sock
unset DOCKER_CONTEXT DOCKER_TLS_VERIFY DOCKER_CERT_PATH DOCKER_API_VERSION

fact() { printf '%s %s\n' "$1" "$2"; }
coded() { printf '%s %s\n' "$1" "$(base64 | tr -d '\n')"; }
has() { command -v "$1" >/dev/null 2>&1; }

# One function, so that a text cut off on the way does nothing.
berth_inspect() {
  echo berth-facts-begin
  fact uid "$(id -u)"
  fact arch "$(uname -m)"
  if [ -r /etc/os-release ]; then coded os </etc/os-release; fi
  if [ -d /run/systemd/system ]; then fact init systemd; elif has service; then fact init service; else fact init none; fi
  for tool in apt-get dnf yum curl gpg bash flock setsid timeout base64 sha256sum docker dockerd; do
    if has "$tool"; then fact tool "$tool"; fi
  done

  if [ -e /etc/docker/daemon.json ]; then
    fact daemon.json "$(sha256sum </etc/docker/daemon.json | cut -d ' ' -f 1)"
    fact daemon.changed "$(stat -c %Y /etc/docker/daemon.json)"
    coded daemon.content </etc/docker/daemon.json
  fi
  # Half-installed ones too: they tell of an installation that broke off.
  names='docker.io docker-cli docker-ce docker-ce-cli docker-engine moby-engine moby containerd.io docker-buildx-plugin
    docker-compose-plugin bash-completion nvidia-container-toolkit'
  # shellcheck disable=SC2086 # names of packages
  if has dpkg-query; then
    dpkg-query -W -f '${db:Status-Status} ${Package} ${Version}\n' $names 2>/dev/null |
      grep -v -e '^not-installed' -e '^config-files' | coded packages
  elif has rpm; then
    rpm -q --qf 'installed %{NAME} %{VERSION}-%{RELEASE}\n' docker $names 2>/dev/null |
      grep '^installed ' | coded packages
  fi
  if has dockerd; then
    timeout 5 dockerd --version 2>/dev/null | coded dockerd.version
    if [ -d /run/systemd/system ]; then
      fact service.enabled "$(systemctl is-enabled docker.service 2>/dev/null || :)"
      pid=$(systemctl show -p MainPID docker.service | cut -d = -f 2)
    else
      # Without systemd a service is enabled where the boot starts it.
      for link in /etc/rc[2-5].d/S*docker; do
        if [ -e "$link" ]; then fact service.enabled enabled && break; fi
      done
      pid=$(cat /var/run/docker.pid 2>/dev/null || :)
    fi
    if [ -n "${pid:-}" ] && [ "$pid" != 0 ] && [ -r "/proc/$pid/cmdline" ]; then
      tr '\0' '\n' <"/proc/$pid/cmdline" | coded dockerd.flags
      fact dockerd.started "$(stat -c %Y "/proc/$pid" 2>/dev/null || :)"
    elif [ -d /run/systemd/system ]; then
      # What it would be started with.
      systemctl show -p ExecStart docker.service | sed -n 's/.*argv\[\]=\([^;]*\) ;.*/\1/p' | tr ' ' '\n' |
        coded dockerd.flags
    fi
    # A question to a socket that systemd listens to in place of the engine would start the engine.
    if [ "${pid:-}" != 0 ] || ! systemctl is-active --quiet docker.socket; then
      timeout 8 docker info --format '{{json .}}' 2>/dev/null | coded docker.info
    fi
  fi
  fact docker.group "$(getent group docker | cut -d : -f 3,4)"
  fact users "$(getent passwd | cut -d : -f 1 | tr '\n' ,)"
  # A directory of people is rarely listed whole.
  if sed -n 's/^passwd://p' /etc/nsswitch.conf 2>/dev/null | grep -qwE 'sss|ldap|winbind|nis|nisplus'; then
    fact users.elsewhere yes
  fi

  for kind in docker-engine daemon-config nvidia-toolkit; do
    if [ -r "/var/lib/berth/$kind/settings" ]; then coded "record.$kind" <"/var/lib/berth/$kind/settings"; fi
  done

  # The driver and the devices show on a host without any tool of NVIDIA's.
  if [ -r /proc/driver/nvidia/version ]; then
    fact nvidia.driver "$(sed -n 's/^NVRM version:.*Kernel Module[a-zA-Z ]* *\([0-9][0-9.]*\).*/\1/p' /proc/driver/nvidia/version)"
  fi
  devices=0
  for vendor in /sys/bus/pci/devices/*/vendor; do
    if [ -r "$vendor" ] && [ "$(cat "$vendor")" = 0x10de ]; then devices=$((devices + 1)); fi
  done
  fact nvidia.devices "$devices"
  if has nvidia-smi; then timeout 10 nvidia-smi -L 2>/dev/null | coded nvidia.gpus; fi
  if has nvidia-container-runtime-hook; then
    toolkit=$(timeout 5 nvidia-ctk --version 2>/dev/null | grep -o '[0-9][0-9.]*[0-9]' | head -n 1)
    fact nvidia.toolkit "${toolkit:-unknown}"
    # The engine looks for the hook when it starts, and never again.
    hook=$(stat -c %Z "$(command -v nvidia-container-runtime-hook)" 2>/dev/null || echo 0)
    if [ -n "${pid:-}" ] && [ -d "/proc/$pid" ]; then
      if [ "$(stat -c %Y "/proc/$pid")" -ge "$hook" ]; then fact nvidia.seen yes; else fact nvidia.seen no; fi
    fi
  fi
  echo berth-facts-end
}
berth_inspect </dev/null
