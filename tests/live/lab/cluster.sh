#!/usr/bin/env bash
# A Kubernetes cluster of one node of our own, for the live tests.
#
#   eval "$(tests/live/lab/cluster.sh up)"   start it, point KUBECONFIG at it,
#                                            put its kubectl on the PATH
#   cluster.sh status | down                 down keeps what was built
#
# Its programs are built here from their Go modules (Go 1.24 or newer has to be
# on the PATH; some minutes, once) or come with Debian packages. `up` also calls
# `lab.sh up`: the cluster pulls its images from that registry, as the mirror of
# docker.io and by its own name (127.0.0.1:5000/...).
#
# What was in the cluster is gone with `down`, images and volumes too. Of a
# cluster that is up, `up` starts only what is missing, unless its settings or
# these scripts have changed: then it starts afresh.
#
# It is a real cluster in that: admission, RBAC, service accounts and the
# defaults are the API server's own; pods find services by name and reach the
# API; NodePorts answer on 127.0.0.1, and only there; claims get a volume from
# the default class "standard" when a pod first uses them, from the class
# "immediate" at once, and lose it when they are deleted. It lacks load
# balancers, ingress, network policies and metrics. Its name server and its
# volume provisioner are processes beside it, not pods in it.
#
# BERTH_LAB_DIR            where everything lies (default /var/tmp/berth-lab)
# BERTH_LAB_REGISTRY_PORT  default 5000
# BERTH_LAB_CLUSTER_PORT   the API server's, default 6443; etcd takes the two
#                          after it; all three on 127.0.0.1
#
# Pods are in 10.244.0.0/24, services in 10.96.0.0/16, the node is 10.244.0.1.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB=cluster
# Mounts are known by their real path.
STATE=$(realpath -m "${BERTH_LAB_DIR:-/var/tmp/berth-lab}")/cluster
REGISTRY=127.0.0.1:${BERTH_LAB_REGISTRY_PORT:-5000}
PORT=${BERTH_LAB_CLUSTER_PORT:-6443}
. "$HERE/processes.sh"

KUBERNETES=1.34.2
COREDNS=1.12.4
PROVISIONER=13.0.0

NODE=berth-lab
BRIDGE=berth-pods
PODS=10.244.0.0/24
NODE_IP=10.244.0.1
SERVICES=10.96.0.0/16
API_IP=10.96.0.1

PROGRAMS=$STATE/programs
# All of the running cluster; `down` deletes it.
DATA=$STATE/data
CONFIG=$DATA/config
PKI=$DATA/pki
ETCD=http://127.0.0.1:$((PORT + 1))
CONTAINERD=$STATE/run/containerd.sock

export KUBECONFIG=$STATE/kubeconfig

# In the order in which they stop.
PROCESSES=(kubelet kube-proxy volumes coredns kube-scheduler kube-controller-manager
  relay kube-apiserver etcd containerd)

kubectl() { "$STATE/bin/kubectl" "$@"; }

# --- programs ----------------------------------------------------------------

check_go() {
  local version
  version=$(go env GOVERSION 2>/dev/null) || version=none
  if [[ ! $version =~ ^go1\.([0-9]+) ]] || ((BASH_REMATCH[1] < 24)); then
    die "needs Go 1.24 or newer on the PATH to build Kubernetes (here: $version; Debian's is too old)"
  fi
}

# In a folder of its own: Go writes its lists of modules beside the sources.
compile() { # FOLDER
  local source version=k8s.io/component-base/version
  export GOFLAGS=-mod=mod GOWORK=off CGO_ENABLED=0
  cd "$1"
  cp "$HERE"/cluster/*.go .
  go mod download "k8s.io/kubernetes@v$KUBERNETES"
  source=$(go env GOMODCACHE)/k8s.io/kubernetes@v$KUBERNETES
  # The versions that this release was made with, but for what the other two
  # need newer. Only inside its own tree are its parts where it looks for them.
  sed -E "s|^module .*|module cluster|; s|=> \./staging/src/(k8s\.io/[a-z-]+)|=> \1 v0.${KUBERNETES#*.}|" \
    "$source/go.mod" >go.mod
  cat "$source/go.sum" >go.sum
  go mod edit -require "k8s.io/kubernetes@v$KUBERNETES" -require "github.com/coredns/coredns@v$COREDNS" \
    -require "sigs.k8s.io/sig-storage-lib-external-provisioner/v13@v$PROVISIONER"
  go build -trimpath -o all -ldflags "-s -w -X $version.gitVersion=v$KUBERNETES
    -X $version.gitMajor=${KUBERNETES%%.*} -X $version.gitMinor=$(cut -d. -f2 <<<"$KUBERNETES")" .
}

build_programs() {
  local hash name failed build=$STATE/build log=$STATE/log/build.log
  hash=$({ cat "$HERE"/cluster/*.go; echo "$KUBERNETES $COREDNS $PROVISIONER"; } | sha256sum)
  [[ -f $PROGRAMS/built && $(<"$PROGRAMS/built") == "$hash" ]] && return
  check_go
  say "building Kubernetes $KUBERNETES (minutes)"
  rm -rf "$build"
  mkdir -p "$build"
  # Not `if ! compile`: there, an error would not end it.
  set +e
  (set -e; compile "$build") >"$log" 2>&1
  failed=$?
  set -e
  ((!failed)) || { tail -n 15 "$log"; die "the build failed (the whole log: $log)"; }
  stop_all
  rm -rf "$PROGRAMS"
  mkdir -p "$PROGRAMS" "$STATE/bin"
  mv "$build/all" "$PROGRAMS"
  for name in kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet \
    coredns volumes remove-pods; do
    ln -s all "$PROGRAMS/$name"
  done
  # Nothing else of it belongs on a caller's PATH.
  ln -sf "$PROGRAMS/all" "$STATE/bin/kubectl"
  rm -rf "$build"
  echo "$hash" >"$PROGRAMS/built"
}

# --- configuration -----------------------------------------------------------

certificate() { # NAME SUBJECT [EXTENSION]
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -keyout "$PKI/$1.key" -subj "$2" 2>/dev/null \
    | openssl x509 -req -days 3650 -CA "$PKI/ca.crt" -CAkey "$PKI/ca.key" -CAcreateserial \
      -extfile <(echo "${3-extendedKeyUsage = clientAuth}") -out "$PKI/$1.crt" 2>/dev/null
}

kubeconfig() { # NAME FILE
  cat >"$2" <<EOT
apiVersion: v1
kind: Config
clusters:
  - name: $NODE
    cluster:
      server: https://127.0.0.1:$PORT
      certificate-authority-data: $(base64 -w0 "$PKI/ca.crt")
users:
  - name: $1
    user:
      client-certificate-data: $(base64 -w0 "$PKI/$1.crt")
      client-key-data: $(base64 -w0 "$PKI/$1.key")
contexts:
  - name: $NODE
    context: {cluster: $NODE, user: $1}
current-context: $NODE
EOT
}

write_certificates() {
  local name
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
    -subj /CN=berth-lab -keyout "$PKI/ca.key" -out "$PKI/ca.crt" 2>/dev/null
  openssl genrsa -out "$PKI/accounts.key" 2048 2>/dev/null
  certificate kube-apiserver /CN=kube-apiserver "subjectAltName = DNS:localhost,DNS:kubernetes\
,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local\
,IP:127.0.0.1,IP:$NODE_IP,IP:$API_IP"
  certificate apiserver-to-kubelet /O=system:masters/CN=kube-apiserver-kubelet-client
  certificate kubelet "/O=system:nodes/CN=system:node:$NODE"
  certificate admin /O=system:masters/CN=kubernetes-admin
  for name in kube-controller-manager kube-scheduler kube-proxy; do
    certificate "$name" "/CN=system:$name"
  done
  for name in kubelet kube-controller-manager kube-scheduler kube-proxy; do
    kubeconfig "$name" "$CONFIG/$name.kubeconfig"
  done
  kubeconfig admin "$KUBECONFIG"
}

write_configs() {
  local host
  mkdir -p "$CONFIG"/{cni,registries/docker.io,"registries/$REGISTRY"} "$PKI" "$DATA/volumes"
  (umask 077 && write_certificates)
  cat >"$CONFIG/containerd.toml" <<EOT
version = 2
root = "$DATA/containerd"
state = "$DATA/exec"
[grpc]
address = "$CONTAINERD"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "$REGISTRY/library/pause:lab"
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "$CONFIG/cni"
[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "$CONFIG/registries"
EOT
  for host in docker.io "$REGISTRY"; do
    cat >"$CONFIG/registries/$host/hosts.toml" <<EOT
[host."http://$REGISTRY"]
capabilities = ["pull", "resolve"]
EOT
  done
  cat >"$CONFIG/cni/lab.conflist" <<EOT
{"cniVersion": "0.4.0", "name": "$NODE", "plugins": [
  {"type": "bridge", "bridge": "$BRIDGE", "isGateway": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "dataDir": "$DATA/addresses",
            "ranges": [[{"subnet": "$PODS", "gateway": "$NODE_IP"}]],
            "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}
]}
EOT
  cat >"$CONFIG/kubelet.yaml" <<EOT
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $NODE_IP
healthzBindAddress: $NODE_IP
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $PKI/ca.crt}}
authorization: {mode: Webhook}
containerRuntimeEndpoint: unix://$CONTAINERD
cgroupDriver: cgroupfs
failCgroupV1: false
failSwapOn: false
clusterDNS: [$NODE_IP]
clusterDomain: cluster.local
podLogsDir: $DATA/pod-logs
volumePluginDir: $DATA/volume-plugins
oomScoreAdj: 0
# The disk is the machine's, and how full it is not ours to judge.
evictionHard: {imagefs.available: "0%", nodefs.available: "0%", nodefs.inodesFree: "0%"}
imageGCHighThresholdPercent: 100
EOT
  # All that it would set in the kernel for the whole machine stays as it is.
  cat >"$CONFIG/kube-proxy.yaml" <<EOT
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: {kubeconfig: $CONFIG/kube-proxy.kubeconfig}
hostnameOverride: $NODE
mode: iptables
clusterCIDR: $PODS
nodePortAddresses: [127.0.0.0/8]
healthzBindAddress: $NODE_IP:10256
metricsBindAddress: $NODE_IP:10249
oomScoreAdj: 0
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
EOT
  cat >"$CONFIG/Corefile" <<EOT
.:53 {
  bind $NODE_IP
  ready $NODE_IP:8181
  errors
  cache 5
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    kubeconfig $KUBECONFIG
    ttl 5
    pods insecure
    fallthrough in-addr.arpa ip6.arpa
  }
$(grep -q '^nameserver' /etc/resolv.conf && echo "  forward . /etc/resolv.conf")
}
EOT
  cat >"$CONFIG/objects.yaml" <<EOT
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: standard
  annotations: {storageclass.kubernetes.io/is-default-class: "true"}
provisioner: berth-lab/folder
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: immediate
provisioner: berth-lab/folder
EOT
}

# --- the machine's network ---------------------------------------------------

# TABLE RULE... that pods need: the engine of the lab sets FORWARD to DROP.
RULES=(
  "filter FORWARD -s $PODS"
  "filter FORWARD -d $PODS"
  "nat POSTROUTING -s $PODS ! -d $PODS"
)
SYSCTLS=(net.ipv4.conf.all.route_localnet vm.overcommit_memory vm.panic_on_oom
  kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys kernel.keys.root_maxbytes)

each_rule() { # OPTION OF IPTABLES
  local rule table target words
  for rule in "${RULES[@]}"; do
    read -ra words <<<"$rule"
    table=${words[0]}
    [[ $table == nat ]] && target=MASQUERADE || target=ACCEPT
    words=("${words[1]}" -m comment --comment "$NODE" "${words[@]:2}" -j "$target")
    if [[ $1 == -A ]]; then
      iptables -w -t "$table" -C "${words[@]}" 2>/dev/null || iptables -w -t "$table" -A "${words[@]}"
    else
      iptables -w -t "$table" "$1" "${words[@]}" 2>/dev/null || true
    fi
  done
}

make_network() {
  [[ -f $DATA/sysctl ]] || sysctl -e "${SYSCTLS[@]}" >"$DATA/sysctl"
  sysctl -qw net.ipv4.ip_forward=1
  # Here already, and not at the first pod: our servers for pods listen on it.
  if ! ip link show "$BRIDGE" >/dev/null 2>&1; then
    # With an address of its own: otherwise it takes that of one of its ports, another one with every pod that comes
    # or goes, and for a while the pods answer to one that nobody has.
    ip link add "$BRIDGE" address 0a:58:0a:f4:00:01 type bridge
    ip address add "$NODE_IP/24" dev "$BRIDGE"
  fi
  ip link set "$BRIDGE" up
  each_rule -A
}

# What kube-proxy, the kubelet and the plugin for host ports leave behind. One
# change per table: there can be hundreds.
remove_chains() {
  local table
  for table in filter nat mangle; do
    iptables-save -t "$table" 2>/dev/null | awk -v table="$table" '
      /^:(KUBE|CNI)-/ { chains[++n] = substr($1, 2) }
      /^-A [A-Z]+ .*-j (KUBE|CNI)-/ { sub("-A", "-D"); jumps[++m] = $0 }
      END {
        if (!n) exit
        print "*" table
        for (i = 1; i <= m; i++) print jumps[i]
        for (i = 1; i <= n; i++) print "-F " chains[i]
        for (i = 1; i <= n; i++) print "-X " chains[i]
        print "COMMIT"
      }' | iptables-restore -w --noflush || say "note: chains of iptables stay behind ($table)"
  done
}

# --- processes ---------------------------------------------------------------

launch() { # PROGRAM ARGUMENT...
  alive "$1" || start "$1" "$PROGRAMS/$1" "${@:2}"
}

start_all() {
  alive etcd || start etcd etcd --name "$NODE" --data-dir "$DATA/etcd" \
    --listen-client-urls "$ETCD" --advertise-client-urls "$ETCD" \
    --listen-peer-urls "http://127.0.0.1:$((PORT + 2))" \
    --initial-advertise-peer-urls "http://127.0.0.1:$((PORT + 2))" \
    --initial-cluster "$NODE=http://127.0.0.1:$((PORT + 2))"
  if ! alive containerd; then
    rm -f "$CONTAINERD" # of one that was killed
    start containerd containerd --config "$CONFIG/containerd.toml"
  fi
  ready etcd port_answers $((PORT + 1))
  launch kube-apiserver --bind-address 127.0.0.1 --secure-port "$PORT" --advertise-address "$NODE_IP" \
    --etcd-servers "$ETCD" --service-cluster-ip-range "$SERVICES" --allow-privileged \
    --authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction \
    --client-ca-file "$PKI/ca.crt" \
    --tls-cert-file "$PKI/kube-apiserver.crt" --tls-private-key-file "$PKI/kube-apiserver.key" \
    --kubelet-client-certificate "$PKI/apiserver-to-kubelet.crt" \
    --kubelet-client-key "$PKI/apiserver-to-kubelet.key" --kubelet-preferred-address-types InternalIP \
    --service-account-issuer https://kubernetes.default.svc.cluster.local \
    --service-account-key-file "$PKI/accounts.key" --service-account-signing-key-file "$PKI/accounts.key"
  ready containerd test -S "$CONTAINERD"
  ready kube-apiserver kubectl get --raw /readyz
  # For pods: an API server cannot name 127.0.0.1 as its address to them.
  alive relay || start relay socat -lf "$STATE/log/relay.log" \
    "TCP-LISTEN:$PORT,bind=$NODE_IP,fork,reuseaddr" "TCP:127.0.0.1:$PORT"
  launch kube-controller-manager --kubeconfig "$CONFIG/kube-controller-manager.kubeconfig" \
    --leader-elect=false --secure-port 0 --use-service-account-credentials \
    --allocate-node-cidrs --cluster-cidr "$PODS" --node-cidr-mask-size 24 \
    --service-cluster-ip-range "$SERVICES" \
    --root-ca-file "$PKI/ca.crt" --service-account-private-key-file "$PKI/accounts.key" \
    --cluster-signing-cert-file "$PKI/ca.crt" --cluster-signing-key-file "$PKI/ca.key"
  launch kube-scheduler --kubeconfig "$CONFIG/kube-scheduler.kubeconfig" --leader-elect=false --secure-port 0
  launch kubelet --config "$CONFIG/kubelet.yaml" --kubeconfig "$CONFIG/kubelet.kubeconfig" \
    --root-dir "$DATA/kubelet" --hostname-override "$NODE" --node-ip "$NODE_IP" \
    --tls-cert-file "$PKI/kubelet.crt" --tls-private-key-file "$PKI/kubelet.key"
  launch kube-proxy --config "$CONFIG/kube-proxy.yaml"
  launch coredns -conf "$CONFIG/Corefile"
  launch volumes "$KUBECONFIG" "$DATA/volumes"
  kubectl apply -f "$CONFIG/objects.yaml" >/dev/null
  ready kubelet kubectl wait --for condition=Ready "node/$NODE" --timeout 10s
  ready kube-controller-manager kubectl get serviceaccount default
  ready coredns curl -fsS "http://$NODE_IP:8181/ready"
}

# Our pods' processes where containerd is no longer there to end them.
kill_orphans() {
  local file pid
  for file in /proc/[0-9]*/cmdline; do
    pid=${file//[!0-9]/}
    if tr '\0' ' ' 2>/dev/null <"$file" | grep -q "^[^ ]*containerd-shim.* $CONTAINERD "; then
      # shellcheck disable=SC2046 # one argument each
      kill -9 $(cat "/proc/$pid/task/$pid/children") "$pid" 2>/dev/null || true
    fi
  done
}

stop_all() {
  local name
  # Nothing of what they would save is kept, and an API server waits for its
  # clients up to a minute.
  stop kubelet KILL # first, or it would start the pods again
  if alive containerd; then
    "$PROGRAMS/remove-pods" "unix://$CONTAINERD" || say "note: not every pod went in good order"
  fi
  for name in "${PROCESSES[@]:1}"; do
    stop "$name" KILL
  done
  sweep
}

sweep() {
  local file pod
  [[ -d $DATA ]] || return 0
  kill_orphans
  cut -d' ' -f5 /proc/self/mountinfo | grep -F "$DATA/" | sort -r | xargs -rn1 umount -l || true
  each_rule -D
  remove_chains
  ip link delete "$BRIDGE" 2>/dev/null || true
  [[ ! -f $DATA/sysctl ]] || sysctl -qep "$DATA/sysctl"
  find /sys/fs/cgroup -depth -type d -path '*/kubepods*' -exec rmdir {} + 2>/dev/null || true
  find /var/log/containers -lname "$DATA/*" -delete 2>/dev/null || true
  rm -f /var/lib/kubelet/device-plugins/kubelet.sock
  for file in "/var/lib/cni/results/$NODE"-*; do
    pod=${file##*/"$NODE"-}
    rm -f /var/lib/cni/results/{"$NODE",cni-loopback}-"${pod%-*}"-*
  done
  rmdir /var/log/containers /var/lib/kubelet/device-plugins /var/lib/kubelet \
    /var/lib/cni/results /var/lib/cni 2>/dev/null || true
  rm -rf "$DATA" "$KUBECONFIG"
}

# --- commands ----------------------------------------------------------------

case ${1-} in
  up)
    prepare
    install_packages etcd:etcd-server containerd:containerd /usr/lib/cni/bridge:containernetworking-plugins \
      iptables:iptables ip:iproute2 sysctl:procps openssl:openssl socat:socat curl:curl
    "$HERE/lab.sh" up >/dev/null
    build_programs
    settings=$(sha256sum "$HERE"/{cluster,processes}.sh; echo "$REGISTRY $PORT")
    if ! alive etcd || [[ $(cat "$DATA/settings" 2>/dev/null) != "$settings" ]]; then
      stop_all
      for port in "$PORT" $((PORT + 1)) $((PORT + 2)); do
        if port_answers "$port" 2>/dev/null; then
          die "port $port is taken; choose others with BERTH_LAB_CLUSTER_PORT"
        fi
      done
      write_configs
      echo "$settings" >"$DATA/settings"
    fi
    make_network
    start_all
    echo "export KUBECONFIG=$KUBECONFIG PATH=$STATE/bin:\"\$PATH\"" >&3
    ;;
  down)
    prepare
    stop_all
    ;;
  status)
    status_of "${PROCESSES[@]}"
    ;;
  *) die "usage: cluster.sh up | down | status" ;;
esac
