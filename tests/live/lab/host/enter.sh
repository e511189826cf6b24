#!/usr/bin/env bash
# Runs a command in a control group of its own, of every hierarchy there is.
#
#   enter.sh GROUP COMMAND...
set -euo pipefail

group=$1
shift
while read -r _ mount type _; do
  [[ $type == cgroup || $type == cgroup2 ]] || continue
  folder=$mount/$group
  mkdir -p "$folder"
  # Where init.sh or systemd has put the host's first processes.
  for below in init init.scope; do
    [[ ! -d $folder/$below ]] || folder+=/$below
  done
  # A new group of cpuset has neither, and takes no process until it does.
  for file in cpuset.cpus cpuset.mems; do
    [[ $type == cgroup2 || ! -f $folder/$file || -n $(<"$folder/$file") ]] || cat "$mount/$file" >"$folder/$file"
  done
  echo $$ >"$folder/cgroup.procs"
done </proc/self/mounts
exec "$@"
