#!/bin/sh
# As process 1, a shell ignores signals it has no trap for.
trap 'exit 0' TERM INT
while :; do
  sleep 3600 &
  wait
done
