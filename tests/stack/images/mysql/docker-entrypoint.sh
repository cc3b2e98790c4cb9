#!/bin/bash
# Prepares an empty data folder as the real image does (database, user, random root password, *.sql), then runs the server.
set -eu
[ "${1:0:1}" != "-" ] || set -- mysqld "$@"
DATA=/var/lib/mysql
SOCKET=/var/run/mysqld/prepare.sock

say() { echo "[entrypoint] $*" >&2; }

as_root_of() { mysql --no-defaults --socket="$SOCKET" --user=root "$@"; }

quoted() { printf "'%s'" "$(printf '%s' "$1" | sed "s/\\\\/\\\\\\\\/g; s/'/''/g")"; }

accounts() {
  if [ -n "${MYSQL_DATABASE:-}" ]; then echo "CREATE DATABASE IF NOT EXISTS \`$MYSQL_DATABASE\`;"; fi
  if [ -n "${MYSQL_USER:-}" ]; then
    echo "CREATE USER $(quoted "$MYSQL_USER")@'%' IDENTIFIED BY $(quoted "$MYSQL_PASSWORD");"
    if [ -n "${MYSQL_DATABASE:-}" ]; then echo "GRANT ALL ON \`$MYSQL_DATABASE\`.* TO $(quoted "$MYSQL_USER")@'%';"; fi
  fi
}

root_password() {
  local password=${MYSQL_ROOT_PASSWORD:-}
  if [ -n "${MYSQL_RANDOM_ROOT_PASSWORD:-}" ]; then
    password=$(head -c 24 /dev/urandom | base64)
    say "GENERATED ROOT PASSWORD: $password"
  fi
  echo "CREATE USER IF NOT EXISTS root@'%' IDENTIFIED BY $(quoted "$password"); GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;"
  echo "ALTER USER root@localhost IDENTIFIED BY $(quoted "$password");"
}

prepare() {
  local server file
  say "preparing $DATA"
  chown -R mysql "$DATA"
  "$@" --initialize-insecure --user=mysql
  "$@" --user=mysql --skip-networking --socket="$SOCKET" &
  server=$!
  until as_root_of --execute "SELECT 1" >/dev/null 2>&1; do
    kill -0 $server
    sleep 0.2
  done
  accounts | as_root_of mysql
  for file in /docker-entrypoint-initdb.d/*.sql; do
    [ -e "$file" ] || continue
    say "running $file"
    as_root_of "${MYSQL_DATABASE:-mysql}" <"$file"
  done
  root_password | as_root_of mysql
  kill $server
  wait $server
  say "ready to start"
}

if [ "$1" = mysqld ]; then
  [ -d "$DATA/mysql" ] || prepare "$@"
  chown mysql /var/run/mysqld
fi
exec "$@"
