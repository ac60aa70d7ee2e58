#!/usr/bin/env bash
# Dumps of the databases: once, every day, checked, and restored.
#
#   backup.sh once                   dump each of BACKUP_DATABASES into BACKUP_FOLDER, keep the newest BACKUP_KEEP
#   backup.sh daily                  the same at each start and every 24 hours
#   backup.sh check                  ends with 1 where a database has no dump of the last 26 hours
#   backup.sh restore FILE DATABASE  make DATABASE out of a dump; refuses one that holds anything
#
# A dump is read through before it takes its name, so what lies there under a name can be read.
set -euo pipefail

: "${BACKUP_FOLDER:=/backups}" "${BACKUP_KEEP:=14}" "${BACKUP_DATABASES:=}"
if [ -n "${PGPASSWORD_FILE:-}" ]; then PGPASSWORD="$(cat "${PGPASSWORD_FILE}")"; export PGPASSWORD; fi

dump() {
  local database=$1 name
  name="${BACKUP_FOLDER}/${database}-$(date --utc +%Y%m%dT%H%M%S).dump"
  pg_dump --format custom --dbname "${database}" --file "${name}.part"
  pg_restore --file /dev/null "${name}.part"
  mv "${name}.part" "${name}"
  echo "dumped ${database}: ${name}, $(stat --format %s "${name}") bytes"
  # The names sort by time; what is not ours, or not whole, is left alone.
  ls -1 "${BACKUP_FOLDER}/${database}"-????????T??????.dump | sort --reverse | tail --lines "+$((BACKUP_KEEP + 1))" \
    | xargs --no-run-if-empty rm --
}

once() {
  mkdir --parents "${BACKUP_FOLDER}"
  for database in ${BACKUP_DATABASES}; do dump "${database}"; done
}

check() {
  for database in ${BACKUP_DATABASES}; do
    if [ -z "$(find "${BACKUP_FOLDER}" -name "${database}-*.dump" -mmin -1560 -print -quit)" ]; then
      echo "no dump of ${database} in the last 26 hours: see the log of this service" >&2
      exit 1
    fi
  done
}

restore() {
  local file=$1 database=$2 held
  pg_restore --file /dev/null "${file}"
  psql --quiet --dbname "${database}" --command "" 2>/dev/null || createdb "${database}"
  held="$(psql --tuples-only --no-align --dbname "${database}" --command \
    "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'")"
  if [ "${held}" != 0 ]; then
    echo "${database} is not empty: restore into a new database, look at it, then rename it" >&2
    exit 1
  fi
  # Rights of roles that this server does not have are left out; `monitor db reader` gives them anew.
  pg_restore --exit-on-error --single-transaction --no-owner --no-privileges --dbname "${database}" "${file}"
  echo "restored ${file} into ${database}"
}

case "${1:-}" in
  once) once ;;
  daily) while true; do once || echo "the dump failed and is tried again in an hour" >&2; sleep "$([ -n "$(check 2>&1)" ] && echo 3600 || echo 86400)"; done ;;
  check) check ;;
  restore) restore "${2:?the file of a dump}" "${3:?the name of a new database}" ;;
  *) sed --quiet '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
