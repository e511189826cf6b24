#!/bin/sh
# Runs an SSH server in the foreground, for one user who comes with a key.
#
#   start.sh USER FOLDER   FOLDER: where a login begins; "" for the home folder
#
# Beside it lie sshd_config and authorized_keys. Host keys are made once and
# kept in the volume on /var/lib/berth-ssh.
set -eu

user=$1
folder=$2
here=/etc/berth-ssh
keys=/var/lib/berth-ssh
run=/run/berth-ssh

die() {
  echo "berth: $*" >&2
  exit 1
}

[ "$(id -u)" = 0 ] || die "an SSH server has to be started by root: set service.user to root"
sshd=$(command -v sshd || true)
[ -n "$sshd" ] || sshd=/usr/sbin/sshd
if [ ! -x "$sshd" ] || ! command -v ssh-keygen >/dev/null; then
  die "this image has no SSH server: set installServer: true, or build one with a Dockerfile of three lines:" \
    "\"FROM <this image>\", \"USER root\", \"RUN apt-get update && apt-get install -y openssh-server\""
fi
id -u "$user" >/dev/null 2>&1 || die "this image has no user $user: set user to one that it has, or add it to the image"

# A new user has no password, which counts as locked without PAM; "*" is no password either, and not locked.
if grep -q "^$user:!" /etc/shadow 2>/dev/null; then usermod -p '*' "$user"; fi

mkdir -p /run/sshd "$run" "$keys"
chmod 755 /run/sshd "$run"
chmod 700 "$keys"
for kind in ed25519 rsa; do
  key=$keys/ssh_host_${kind}_key
  [ -s "$key" ] || ssh-keygen -q -t "$kind" -N '' -f "$key"
  chmod 600 "$key"
done

# What the image and the container's runtime have set: sshd starts every session without it. One on each line, line
# breaks within a value as \001. Not `tr <`: a shell may open the file in a process of its own, which has none.
# shellcheck disable=SC2002
set_here() { cat /proc/self/environ | tr '\0\n' '\n\001'; }
# sshd takes no value of several lines, or with a backslash at its end, and no name such as a.b.
sayable=$(printf '^[A-Za-z_][A-Za-z0-9_]*=([^\001]*[^\001\\])?$')
own='^(HOME|USER|LOGNAME|SHELL|MAIL|PWD|OLDPWD|SHLVL|TERM|HOSTNAME|_|SSH_[A-Z_]*)='
variables=$(
  set_here | grep -vE "$own" | grep -E "$sayable" | sed -e 's/"/\\"/g' -e 's/.*/environment="&"/' | paste -s -d , -
)
left_out=$(set_here | grep -vE "$own" | grep -vE "$sayable" | cut -d = -f 1 | paste -s -d ' ' -)
[ -z "$left_out" ] || echo "berth: SSH sessions are without $left_out: sshd cannot take such a name or value" >&2

# Not readable for others, as variables may be secret; sshd reads it as the user.
umask 077
: >"$run/authorized_keys"
while IFS= read -r key || [ -n "$key" ]; do
  if [ -n "$key" ]; then printf '%s%s\n' "${variables:+$variables }" "$key"; fi
done <"$here/authorized_keys" >"$run/authorized_keys"
chown "$user" "$run/authorized_keys"
umask 022

# Login shells set PATH anew.
quoted() { printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"; }
if [ -d /etc/profile.d ]; then
  {
    printf 'export PATH=%s\n' "$(quoted "$PATH")"
    # shellcheck disable=SC2016 # for the shell that reads the file
    [ -z "$folder" ] || printf '[ -z "${SSH_CONNECTION-}" ] || cd %s || true\n' "$(quoted "$folder")"
  } >/etc/profile.d/zz-berth-ssh.sh
fi

"$sshd" -t -f "$here/sshd_config" || die "the SSH server refuses its settings"
exec "$sshd" -D -e -f "$here/sshd_config" -o "AllowUsers=$user"
