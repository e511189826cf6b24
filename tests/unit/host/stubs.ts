import type { Stubs } from "./sandbox";

export const KEY = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQINBFit\n-----END PGP PUBLIC KEY BLOCK-----\n";

/** Installed packages stand in $STATE/packages, members of the group docker in $STATE/members. */
export const COMMON: Stubs = {
  systemctl: `case $1 in
    is-enabled) [ ! -e "$STATE/enabled" ] || echo enabled ;;
    enable) : >"$STATE/enabled" ;;
    disable) rm -f "$STATE/enabled" ;;
    start) [ ! -e "$STATE/broken" ] || exit 1; : >"$STATE/runs" ;;
    restart) : >"$STATE/runs" ;;
    stop) rm -f "$STATE/runs" "$STATE/../var/run/docker.pid" ;;
    show) echo MainPID=0 ;;
  esac`,
  journalctl: "echo 'failed to load listeners'",
  docker: `case $1 in
    version) [ -e "$STATE/runs" ] || exit 1; echo 24.0.7 ;;
    ps) [ ! -e "$STATE/runs" ] || echo c1 ;;
    inspect) echo true ;;
    run) [ ! -e "$STATE/blind" ] || { echo 'could not select device driver "" with capabilities: [[gpu]]'; exit 125; }
      echo 'GPU 0: NVIDIA H200 (UUID: GPU-0)' ;;
  esac`,
  dockerd: "echo 'Docker version 24.0.7, build 0'",
  getent: `[ -e "$STATE/group" ] || exit 2; echo "docker:x:999:$(cat "$STATE/members" 2>/dev/null | paste -sd , -)"`,
  groupadd: `: >"$STATE/group"`,
  groupdel: `rm -f "$STATE/group"`,
  gpasswd: `if [ "$1" = -a ]; then echo "$2" >>"$STATE/members"; else
    grep -vx "$2" "$STATE/members" >"$STATE/new"; mv "$STATE/new" "$STATE/members"; fi`,
  id: `case $1 in -u) ;; *) exit 1 ;; esac; case $2 in ada | bob) echo 1000 ;; *) exit 1 ;; esac`,
  sync: "",
  curl: `while [ "$#" -gt 1 ]; do [ "$1" != -o ] || out=$2; shift; done; [ ! -e "$STATE/offline" ] || { echo 'curl: (7) Failed to connect'; exit 7; }
    printf '%s' '${KEY}' >"$out"`,
  gpg: `printf 'pub:-:4096:1:8D81803C0EBFCD88:1:::-:::scSC:\\nfpr:::::::::%s:\\nsub:-:1:1:1:1::::::e:\\nfpr:::::::::BBBB:\\n' "$(cat "$STATE/fingerprint")"`,
};

export const APT: Stubs = {
  "dpkg-query": `case $3 in
    *Architecture*) sed 's/$/ installed/' "$STATE/packages" ;;
    *) grep "^$4 " "$STATE/packages" | sed 's/^[^ ]* /installed /' ;;
  esac`,
  dpkg: `case $1 in
    --print-architecture) echo amd64 ;;
    --remove) shift 3; for one in "$@"; do grep -v "^$one " "$STATE/packages" >"$STATE/new"; mv "$STATE/new" "$STATE/packages"; done ;;
  esac`,
  "apt-cache": `case $1 in
    madison) printf ' %s | 5:24.0.7-1~debian.12~bookworm | https://x bookworm/stable amd64 Packages\\n %s | 5:24.0.6-1~debian.12~bookworm | https://x bookworm/stable amd64 Packages\\n' "$2" "$2" ;;
    policy) [ "$2" != docker-cli ] || [ -e "$STATE/trixie" ] || { echo '  Candidate: (none)'; exit 0; }; echo '  Candidate: 1.0' ;;
  esac`,
  "apt-get": `for word in "$@"; do last=$word; case $word in install | update | remove) verb=$word ;; esac; done
    case $verb in
      update) [ ! -e "$STATE/offline" ] || { echo 'W: Failed to fetch http://mirror Connection refused'; exit 0; } ;;
      install)
        [ ! -e "$STATE/offline" ] || { echo 'E: Unable to locate package'; exit 100; }
        after=no
        for word in "$@"; do
          [ "$after" = no ] || case $word in
            *=*) grep -v "^\${word%%=*} " "$STATE/packages" >"$STATE/new"; mv "$STATE/new" "$STATE/packages"; echo "\${word%%=*} \${word#*=}" >>"$STATE/packages" ;;
            *) echo "$word 1.0" >>"$STATE/packages" ;;
          esac
          [ "$word" != -- ] || after=yes
        done
        [ ! -e "$STATE/full" ] || { rm "$STATE/full"; echo 'dpkg: error: No space left on device'; exit 100; }
        : >"$STATE/group"; [ -e "$STATE/policy" ] || : >"$STATE/runs" ;;
      remove) grep -v "^$last " "$STATE/packages" >"$STATE/new"; mv "$STATE/new" "$STATE/packages" ;;
    esac`,
};

export const DNF: Stubs = {
  rpm: `case $1 in
    -qa) [ ! -s "$STATE/packages" ] || cat "$STATE/packages" ;;
    -q) grep "^$4 " "$STATE/packages" | sed 's/^[^ ]* //' || echo "package $4 is not installed" ;;
    -e) shift 2; for one in "$@"; do grep -v "^$one " "$STATE/packages" >"$STATE/new"; mv "$STATE/new" "$STATE/packages"; done ;;
  esac`,
  dnf: `case "$*" in
    *list*docker-cli*) exit 1 ;;
    *install*)
      shift 2
      for word in "$@"; do echo "\${word%-24.0.7} 24.0.7-1.el9" >>"$STATE/packages"; done
      [ ! -e "$STATE/full" ] || { echo 'Error: No space left on device'; exit 1; }
      : >"$STATE/group" ;;
  esac`,
};
