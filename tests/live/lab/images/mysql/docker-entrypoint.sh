#!/bin/bash
set -euo pipefail

say() { echo "[Entrypoint] $*" >&2; }

# NAME from the environment, or from the file that NAME_FILE names.
setting() {
  local file="${1}_FILE"
  if [[ -n ${!file-} ]]; then cat "${!file}"; else printf %s "${!1-}"; fi
}

sql_text() {
  local quote="'" text=${1//\\/\\\\}
  printf "'%s'" "${text//$quote/$quote$quote}"
}

initialise() {
  local root user password database
  root=$(setting MYSQL_ROOT_PASSWORD)
  user=$(setting MYSQL_USER)
  password=$(setting MYSQL_PASSWORD)
  database=$(setting MYSQL_DATABASE)

  if [[ -z $root$MYSQL_ALLOW_EMPTY_PASSWORD$MYSQL_RANDOM_ROOT_PASSWORD ]]; then
    say "Database is uninitialized and password option is not specified"
    say "You need to specify one of MYSQL_ROOT_PASSWORD, MYSQL_ALLOW_EMPTY_PASSWORD and MYSQL_RANDOM_ROOT_PASSWORD"
    exit 1
  fi
  if [[ -n $MYSQL_RANDOM_ROOT_PASSWORD ]]; then
    root=$(head -c 24 /dev/urandom | base64)
    say "GENERATED ROOT PASSWORD: $root"
  fi

  say "Initializing database files"
  mariadb-install-db --skip-test-db --auth-root-authentication-method=normal \
    --datadir=/var/lib/mysql >/dev/null

  # Only on the socket: port 3306 opens when everything is in place.
  say "Starting temporary server"
  "$@" --skip-networking --socket=/var/run/mysqld/mysqld.sock &
  local server=$!
  for _ in {1..150}; do
    mysqladmin --no-defaults --socket=/var/run/mysqld/mysqld.sock --silent ping >/dev/null 2>&1 && break
    kill -0 "$server" 2>/dev/null || { say "Unable to start server"; exit 1; }
    sleep 0.2
  done

  {
    # Of the accounts for 127.0.0.1 and such none may get before root@'%'.
    echo "DELETE FROM mysql.global_priv WHERE Host <> 'localhost' OR User = '';"
    echo "FLUSH PRIVILEGES;"
    echo "CREATE USER 'root'@'%' IDENTIFIED BY $(sql_text "$root");"
    echo "GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;"
    if [[ -n $database ]]; then
      echo "CREATE DATABASE IF NOT EXISTS \`$database\`;"
    fi
    if [[ -n $user && -n $password ]]; then
      echo "CREATE USER $(sql_text "$user")@'%' IDENTIFIED BY $(sql_text "$password");"
      if [[ -n $database ]]; then
        echo "GRANT ALL ON \`$database\`.* TO $(sql_text "$user")@'%';"
      fi
    fi
    # Last, for this connection itself came in without a password.
    echo "ALTER USER 'root'@'localhost' IDENTIFIED BY $(sql_text "$root");"
  } | mysql --no-defaults --socket=/var/run/mysqld/mysqld.sock -uroot mysql

  export MYSQL_PWD=$root
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sh) say "running $file"; bash "$file" ;;
      *.sql) say "running $file"; mysql -uroot ${database:+"$database"} <"$file" ;;
    esac
  done
  unset MYSQL_PWD

  kill "$server"
  wait "$server" || true
  say "MySQL init process done. Ready for start up."
}

# `docker run mysql --some-option`
if [[ ${1-} == -* ]]; then set -- mysqld "$@"; fi
if [[ ${1-} != mysqld ]]; then exec "$@"; fi

if [[ $(id -u) == 0 ]]; then
  mkdir -p /var/run/mysqld
  chown mysql:mysql /var/lib/mysql /var/run/mysqld
  exec setpriv --reuid=mysql --regid=mysql --init-groups "$0" "$@"
fi

# An option of MySQL that many examples give and MariaDB does not know.
args=()
for arg; do
  [[ $arg == --default-authentication-plugin=* ]] || args+=("$arg")
done

: "${MYSQL_ALLOW_EMPTY_PASSWORD=}" "${MYSQL_RANDOM_ROOT_PASSWORD=}"
if [[ ! -d /var/lib/mysql/mysql ]]; then initialise "${args[@]}"; fi
exec "${args[@]}"
