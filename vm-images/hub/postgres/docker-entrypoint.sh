#!/bin/bash
# Starts PostgreSQL; at the first start gives the data folder the cluster that the image brings along and sets it up as asked:
#   POSTGRES_PASSWORD (or _FILE)         the superuser's password; needed, unless POSTGRES_HOST_AUTH_METHOD=trust
#   POSTGRES_USER, POSTGRES_DB           the superuser's name (postgres) and a database of one's own (the user's name)
#   POSTGRES_HOST_AUTH_METHOD            how clients from other addresses show who they are (scram-sha-256)
#   POSTGRES_INITDB_ARGS                 makes the cluster anew by initdb with these options: a minute of the emulated processor
#   POSTGRES_INITDB_WALDIR               a folder of its own for the log of changes
#   /docker-entrypoint-initdb.d/*        .sh, .sql and .sql.gz that run once, in the order of their names
# POSTGRES_USER, POSTGRES_DB and POSTGRES_INITDB_ARGS may come from a file each, too.
set -euo pipefail

case "${1-}" in -*) set -- postgres "$@" ;; esac
[ "${1-}" = postgres ] || exec "$@"

# the server refuses to run as root
if [ "$(id -u)" = 0 ]; then
    mkdir -p "$PGDATA"
    chmod 700 "$PGDATA"
    [ -z "${POSTGRES_INITDB_WALDIR-}" ] || install -d -o postgres -m 700 "$POSTGRES_INITDB_WALDIR"
    find "$PGDATA" /run/postgresql ! -user postgres -exec chown postgres:postgres {} +
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

# value_of NAME: what NAME says, or the file that NAME_FILE names (a secret)
value_of() {
    local file=$1_FILE
    if [ -n "${!file-}" ] && [ -n "${!1-}" ]; then
        echo "Error: both $1 and $file are set (but are exclusive)" >&2
        return 1
    fi
    if [ -n "${!file-}" ]; then cat "${!file}"; else printf %s "${!1-}"; fi
}
text() { printf "'%s'" "${1//\'/\'\'}"; }    # as a text in SQL
name() { printf '"%s"' "${1//\"/\"\"}"; }    # as a name in SQL

set_up() {
    local user password database method options
    user=$(value_of POSTGRES_USER); user=${user:-postgres}
    password=$(value_of POSTGRES_PASSWORD)
    database=$(value_of POSTGRES_DB); database=${database:-$user}
    options=$(value_of POSTGRES_INITDB_ARGS)
    method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
    if [ -z "$password" ] && [ "$method" != trust ]; then
        cat >&2 <<'WORDS'
Error: Database is uninitialized and superuser password is not specified.
       Name one:  docker run -e POSTGRES_PASSWORD=<password> -d postgres:17
       POSTGRES_HOST_AUTH_METHOD=trust lets everybody in without one; that is for experiments only.
WORDS
        exit 1
    fi

    if [ -n "$(ls -A "$PGDATA")" ]; then
        echo "Error: $PGDATA is not empty, and no database is in it." >&2
        exit 1
    fi
    # what is only half set up would pass for a database at the next start
    trap 'find "$PGDATA" -mindepth 1 -delete' EXIT
    if [ -n "$options" ]; then
        # the options are words of a command line
        eval "initdb --username=postgres $options"
    else
        cp -a /usr/share/postgresql/17/cluster/. "$PGDATA"
    fi
    if [ -n "${POSTGRES_INITDB_WALDIR-}" ]; then
        mv "$PGDATA/pg_wal/"* "$POSTGRES_INITDB_WALDIR/"
        rmdir "$PGDATA/pg_wal"
        ln -s "$POSTGRES_INITDB_WALDIR" "$PGDATA/pg_wal"
    fi
    printf 'host all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"

    # Without a server: starting one and its clients would cost more than all of this. Two line ends close a command.
    {
        # the bootstrap user cannot rename itself by ALTER ROLE
        [ "$user" = postgres ] || printf 'UPDATE pg_authid SET rolname = %s WHERE oid = 10;\n\n' "$(text "$user")"
        [ -z "$password" ] || printf 'ALTER ROLE %s PASSWORD %s;\n\n' "$(name "$user")" "$(text "$password")"
        [ "$database" = postgres ] || printf 'CREATE DATABASE %s;\n\n' "$(name "$database")"
    } | postgres --single -j -c exit_on_error=on postgres >/dev/null

    run_files "$user" "$password" "$database"
    trap - EXIT
}

# for scripts that are read into this one
docker_process_sql() { psql -v ON_ERROR_STOP=1 --no-password --no-psqlrc "$@"; }

# run_files USER PASSWORD DATABASE: what the student laid in for the first start, with a server that only this machine reaches
run_files() {
    local files=(/docker-entrypoint-initdb.d/*) file
    [ -e "${files[0]}" ] || return 0
    export PGUSER=$1 PGPASSWORD=$2 PGDATABASE=$3 PGHOST=/run/postgresql
    # scripts ask for these, whether the student set them or not
    export POSTGRES_USER=$1 POSTGRES_PASSWORD=$2 POSTGRES_DB=$3
    pg_ctl --options="-c listen_addresses=''" --wait start
    for file in "${files[@]}"; do
        case "$file" in
            *.sh | *.sql | *.sql.gz) echo "$0: running $file" ;;
            *) echo "$0: ignoring $file" ;;
        esac
        case "$file" in
            *.sh) if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
            *.sql) docker_process_sql --file="$file" ;;
            *.sql.gz) gunzip -c "$file" | docker_process_sql ;;
        esac
    done
    pg_ctl --mode=fast --wait stop
    unset PGUSER PGDATABASE PGHOST PGPASSWORD
}

if [ -s "$PGDATA/PG_VERSION" ]; then
    printf '\n%s\n\n' "PostgreSQL Database directory appears to contain a database; Skipping initialization"
else
    set_up
    printf '\n%s\n\n' "PostgreSQL init process complete; ready for start up."
fi
exec "$@"
