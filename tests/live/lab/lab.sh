#!/usr/bin/env bash
# A Docker engine and an image registry of our own, for the live tests.
#
#   eval "$(tests/live/lab/lab.sh up)"   start both, make the test images if
#                                        need be, point DOCKER_HOST at them
#   lab.sh restart-docker                restart only the engine
#   lab.sh status | down                 down keeps the caches and the images
#
# The images are made here from Debian packages and pushed to the registry,
# which the engine has as its mirror: `docker pull nginx` is a real pull, with
# no way to Docker Hub needed.
#
# BERTH_LAB_DIR            where everything lies (default /var/tmp/berth-lab)
# BERTH_LAB_REGISTRY_PORT  default 5000
# BERTH_LAB_DEBIAN_MIRROR  default: that of this machine's apt
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_DIR=${BERTH_LAB_DIR:-/var/tmp/berth-lab}
PORT=${BERTH_LAB_REGISTRY_PORT:-5000}
REGISTRY=127.0.0.1:$PORT
SUITE=bookworm
MARKER=$LAB_DIR/registry/recipes.sha256

LAB=lab
STATE=$LAB_DIR
. "$HERE/processes.sh"

export DOCKER_HOST=unix://$LAB_DIR/docker.sock
# The old builder is in the engine itself; BuildKit needs a plugin of the client.
export DOCKER_BUILDKIT=0

# --- processes ---------------------------------------------------------------

stop_all() {
  stop dockerd
  stop containerd
  stop registry
}

start_registry() {
  alive registry && return
  # Debian's package starts a registry as a service where there is systemd.
  if port_answers "$PORT" 2>/dev/null; then
    die "port $PORT is taken; choose another with BERTH_LAB_REGISTRY_PORT"
  fi
  start registry docker-registry serve "$LAB_DIR/registry.yml"
  ready registry port_answers "$PORT"
}

start_docker() {
  # A containerd of our own: dockerd would else use the machine's when there is
  # one (of a Kubernetes lab, say) and fall with it.
  if ! alive containerd; then
    start containerd containerd --config "$LAB_DIR/containerd.toml"
    ready containerd test -S "$LAB_DIR/run/containerd.sock"
  fi
  if ! alive dockerd; then
    if [[ -S /run/docker.sock ]]; then
      say "note: another engine seems to run here; both write to the same iptables chains"
    fi
    rm -f "$LAB_DIR/run/dockerd-own.pid"
    # dockerd must write its pid file itself: it takes one that is already
    # there, with its own pid too, for a second engine's.
    start dockerd env PATH="$LAB_DIR/bin:$PATH" dockerd \
      --config-file "$LAB_DIR/daemon.json" --host "$DOCKER_HOST" \
      --containerd "$LAB_DIR/run/containerd.sock" \
      --data-root "$LAB_DIR/docker" --exec-root "$LAB_DIR/exec" \
      --pidfile "$LAB_DIR/run/dockerd-own.pid"
  fi
  ready dockerd choose_client
}

# A client may be on the PATH and yet not work with this engine.
choose_client() {
  local client
  while read -r client; do
    if "$client" version >/dev/null 2>&1; then DOCKER=$client && return; fi
  done < <(type -aP docker)
  return 1
}

# --- preparation -------------------------------------------------------------

config() { # FILE <TEXT
  local text
  text=$(cat)
  [[ -f $1 && $(<"$1") == "$text" ]] && return
  # What runs was started with other settings (another port, say).
  stop_all
  echo "$text" >"$1"
}

# Stand-ins for NVIDIA's container toolkit: `--runtime=nvidia` and `--gpus` are
# taken, and give a container nothing but its variables. The engine knows
# device requests when it finds the hook on its PATH.
write_toolkit() {
  mkdir -p "$LAB_DIR/bin"
  executable nvidia-container-runtime 'exec runc "$@"'
  executable nvidia-container-runtime-hook 'exit 0'
}

executable() { # NAME TEXT
  printf '#!/bin/sh\n%s\n' "$2" >"$LAB_DIR/bin/.$1"
  chmod 755 "$LAB_DIR/bin/.$1"
  # In one step: the engine may be about to run the old one.
  mv -f "$LAB_DIR/bin/.$1" "$LAB_DIR/bin/$1"
}

write_configs() {
  config "$LAB_DIR/registry.yml" <<EOF
version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: $LAB_DIR/registry}, delete: {enabled: true}}
http: {addr: "$REGISTRY", secret: lab}
EOF
  config "$LAB_DIR/containerd.toml" <<EOF
version = 2
root = "$LAB_DIR/containerd"
state = "$LAB_DIR/exec/containerd"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "$LAB_DIR/run/containerd.sock"
EOF
  config "$LAB_DIR/daemon.json" <<EOF
{
  "registry-mirrors": ["http://$REGISTRY"], "live-restore": false, "iptables": true,
  "runtimes": {"nvidia": {"path": "$LAB_DIR/bin/nvidia-container-runtime"}}
}
EOF
}

# --- images ------------------------------------------------------------------

recipes_hash() {
  (cd "$HERE/images" && find . -type f -print0 | sort -z | xargs -0 sha256sum) | sha256sum
}

debian_base() {
  local tar=$LAB_DIR/cache/debian-$SUITE.tar root=$LAB_DIR/cache/root
  if [[ ! -f $tar ]]; then
    say "making the Debian base"
    rm -rf "$root"
    debootstrap --variant=minbase "$SUITE" "$root" "$(debian_mirror "$SUITE")" >"$LAB_DIR/log/debootstrap.log" 2>&1 \
      || die "debootstrap failed: $LAB_DIR/log/debootstrap.log"
    # Small, and every later apt-get in it keeps it so.
    printf 'path-exclude /usr/share/%s/*\n' doc man info locale >"$root/etc/dpkg/dpkg.cfg.d/lab"
    printf '%s;\n' 'APT::Install-Recommends "0"' 'Acquire::Languages "none"' \
      'Dir::Cache::archives ""' 'APT::Keep-Downloaded-Packages "0"' >"$root/etc/apt/apt.conf.d/lab"
    rm -rf "$root"/usr/share/{doc,man,info,locale}/* "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*
    mkdir -p "$root/var/cache/apt/archives/partial"
    tar -C "$root" --exclude=./dev/* -cf "$tar.part" .
    rm -rf "$root"
    mv "$tar.part" "$tar"
  fi
  "$DOCKER" import --change 'CMD ["bash"]' --change 'ENV DEBIAN_FRONTEND=noninteractive' \
    "$tar" debian:lab >/dev/null
}

# A recipe with a requirements.txt finds the packages in its folder "wheels".
# They are fetched in a container with this machine's certificates: a proxy may
# have a certificate of its own, which no build step would trust.
wheels() { # NAME
  local recipe=$HERE/images/$1 folder=$LAB_DIR/cache/wheels/$1 certificates=/etc/ssl/certs/ca-certificates.crt
  local wanted trust=()
  wanted=$(cat "$HERE"/images/*/requirements.txt)
  [[ -f $folder.txt && $(<"$folder.txt") == "$wanted" ]] && return
  rm -rf "$folder"
  mkdir -p "$folder"
  [[ ! -f $certificates ]] || trust=(-v "$certificates:/ca.crt:ro" -e PIP_CERT=/ca.crt)
  "$DOCKER" run --rm --network host -e PIP_DISABLE_PIP_VERSION_CHECK=1 "${trust[@]}" \
    -v "$folder:/wheels" -v "$recipe:/recipe:ro" python:3.7-alpine \
    pip download -q -d /wheels -r /recipe/requirements.txt
  echo "$wanted" >"$folder.txt"
}

context() { # NAME
  if [[ -f $HERE/images/$1/requirements.txt ]]; then
    tar -c -C "$HERE/images/$1" . -C "$LAB_DIR/cache/wheels/$1/.." --transform "s,^$1,wheels," "$1"
  else
    tar -c -C "$HERE/images/$1" .
  fi
}

build_images() {
  local hash name tags tag repository made=(debian:lab) log=$LAB_DIR/log/build.log
  hash=$(recipes_hash)
  if [[ -f $MARKER && $(<"$MARKER") == "$hash" ]]; then return; fi
  rm -f "$MARKER"
  : >"$log"
  debian_base
  while read -r name tags; do
    [[ $name == '#'* ]] && continue
    repository=$name
    [[ $name == */* ]] || repository=library/$name
    for tag in $tags; do
      say "building $name:$tag"
      made+=("$name:$tag" "$REGISTRY/$repository:$tag")
      # The machine's network, for apt: what a container reaches through NAT
      # can be less.
      { { [[ ! -f $HERE/images/${name##*/}/requirements.txt ]] || wheels "${name##*/}"; } \
        && context "${name##*/}" | "$DOCKER" build --network host --build-arg "TAG=$tag" -t "$name:$tag" \
          -t "$REGISTRY/$repository:$tag" - \
        && "$DOCKER" push "$REGISTRY/$repository:$tag"; } </dev/null >>"$log" 2>&1 \
        || { tail -n 15 "$log"; die "$name:$tag failed (the whole log: $log)"; }
    done
  done <"$HERE/images/list"
  # Tests are to pull them.
  "$DOCKER" rmi -f "${made[@]}" >/dev/null
  "$DOCKER" image prune -f >/dev/null
  echo "$hash" >"$MARKER"
}

# --- commands ----------------------------------------------------------------

case ${1-} in
  up)
    prepare
    install_packages dockerd:docker.io docker:docker.io containerd:containerd iptables:iptables \
      docker-registry:docker-registry debootstrap:debootstrap
    mkdir -p "$LAB_DIR"/{cache,registry,exec}
    write_toolkit
    write_configs
    start_registry
    start_docker
    build_images
    echo "export DOCKER_HOST=$DOCKER_HOST" >&3
    ;;
  restart-docker)
    prepare
    stop dockerd
    start_docker
    ;;
  down)
    prepare
    stop_all
    # dockerd leaves these behind, and with them LAB_DIR could not be deleted.
    umount -q "$LAB_DIR/exec/netns/default" "$LAB_DIR/docker" || true
    ;;
  status)
    status_of registry containerd dockerd
    ;;
  *) die "usage: lab.sh up | down | restart-docker | status" ;;
esac
