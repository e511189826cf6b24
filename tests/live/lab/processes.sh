# shellcheck shell=bash
# What the labs have in common; to be sourced. A script that sources it sets
#
#   LAB    its name, for its messages
#   STATE  an absolute folder, for run/NAME.pid, log/NAME.log and the lock
#
# and puts that folder into the command line of all that it starts.

# Callers read our standard output; all talk goes to standard error.
exec 3>&1 1>&2

say() { echo "$LAB: $*"; }
die() { say "$*"; exit 1; }

prepare() {
  [[ $(id -u) == 0 ]] || die "needs root"
  mkdir -p "$STATE"/{run,log}
  exec 9>"$STATE/lock"
  flock 9 # two tests may come up at once
}

# A pid may by now belong to somebody else, so its command line has to name our
# directory.
alive() {
  local pid
  pid=$(cat "$STATE/run/$1.pid" 2>/dev/null) || return 1
  tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "$STATE/"
}

start() { # NAME COMMAND...
  local name=$1
  shift
  # 3 and 9 stay behind: the caller's $(...) would wait for the one, the next
  # script for the other.
  setsid "$@" </dev/null >>"$STATE/log/$name.log" 2>&1 3>&- 9>&- &
  echo $! >"$STATE/run/$name.pid"
}

ready() { # NAME TEST...
  local name=$1 i
  shift
  for ((i = 0; i < 300; i++)); do
    if "$@" >/dev/null 2>&1; then return; fi
    # Not `alive`: between fork and exec the command line is still ours.
    kill -0 "$(<"$STATE/run/$name.pid")" 2>/dev/null || break
    sleep 0.2
  done
  tail -n 15 "$STATE/log/$name.log"
  die "$name did not start (the whole log: $STATE/log/$name.log)"
}

stop() { # NAME [SIGNAL]
  local i
  if alive "$1"; then
    kill -s "${2-TERM}" "$(cat "$STATE/run/$1.pid")"
    # The engine gives its containers 15 s.
    for ((i = 0; i < 300; i++)); do
      alive "$1" || break
      sleep 0.1
    done
    if alive "$1"; then die "$1 does not stop"; fi
  fi
  rm -f "$STATE/run/$1.pid"
}

status_of() { # NAME...
  local name
  for name; do
    if alive "$name"; then
      echo "$name: running, pid $(<"$STATE/run/$name.pid")"
    else
      echo "$name: stopped"
    fi
  done >&3
}

port_answers() { (: <>"/dev/tcp/${2-127.0.0.1}/$1"); } # PORT [ADDRESS]

# shellcheck disable=SC2016 # the words of apt-get
debian_mirror() { # SUITE
  # The one that this machine's apt uses is reached from here.
  local own
  own=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(CODENAME) $(COMPONENT) $(LABEL)' \
    'Created-By: Packages' 2>/dev/null | awk -v suite="$1" \
    '/^https?:/ && ($2 == suite || $3 == suite) && $4 == "main" && $5 == "Debian" { sub("/$", "", $1); print $1 }' \
    | head -n1) || true
  echo "${BERTH_LAB_DEBIAN_MIRROR:-${own:-http://deb.debian.org/debian}}"
}

install_packages() { # FILE:PACKAGE... (a file without a / is looked for on the PATH)
  local missing=() pair
  for pair; do
    type -P "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
  done
  ((${#missing[@]})) || return 0
  say "installing ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}
