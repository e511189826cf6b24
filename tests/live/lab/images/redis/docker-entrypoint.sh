#!/bin/sh
set -e

# `docker run redis --appendonly yes` and `docker run redis /my/redis.conf`
case "${1-}" in
  -* | *.conf) set -- redis-server "$@" ;;
esac

if [ "${1-}" = redis-server ]; then
  # Without a password redis answers only the loopback interface, which in a
  # container is of no use to anybody.
  set -- "$@" --protected-mode no
  if [ "$(id -u)" = 0 ]; then
    chown redis:redis /data
    exec setpriv --reuid=redis --regid=redis --init-groups "$@"
  fi
fi
exec "$@"
