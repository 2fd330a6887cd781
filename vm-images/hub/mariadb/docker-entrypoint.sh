#!/bin/bash
# Starts MariaDB; at the first start gives /var/lib/mysql the data that the image brings along and sets it up as asked. Each name
# may begin with MYSQL_ as well, and have _FILE at its end: then it names a file (a secret).
#   MARIADB_ROOT_PASSWORD                  root's password; or MARIADB_ROOT_PASSWORD_HASH, its hash
#   MARIADB_ALLOW_EMPTY_ROOT_PASSWORD      root has none (MYSQL_ALLOW_EMPTY_PASSWORD)
#   MARIADB_RANDOM_ROOT_PASSWORD           one is drawn and written to the log
#   MARIADB_ROOT_HOST                      whence root may come (%)
#   MARIADB_DATABASE                       a database of one's own
#   MARIADB_USER, MARIADB_PASSWORD         a user who may do all in it
#   /docker-entrypoint-initdb.d/*          .sh, .sql and .sql.gz that run once, in the order of their names
set -euo pipefail

case "${1-}" in -*) set -- mariadbd "$@" ;; esac
case "${1-}" in mariadbd | mysqld) ;; *) exec "$@" ;; esac

note() { echo "$(date --rfc-3339=seconds) [Note] [Entrypoint]: $*"; }
fail() {
    echo "$(date --rfc-3339=seconds) [ERROR] [Entrypoint]: $*" >&2
    exit 1
}

# options that compose files written for MySQL 8 give, and that mean nothing here
arguments=() data=/var/lib/mysql
for argument in "$@"; do
    case "$argument" in
        --default-authentication-plugin=* | --default_authentication_plugin=* | --mysql-native-password=* | --mysql_native_password=*) note "$argument is an option of MySQL; MariaDB logs in by mysql_native_password anyway" ;;
        --help | -\? | --version | -V) exec "$@" ;;
        *) arguments+=("$argument") ;;
    esac
    case "$argument" in --datadir=*) data=${argument#*=} ;; esac
done
set -- "${arguments[@]}"

# the server refuses to run as root
if [ "$(id -u)" = 0 ]; then
    mkdir -p "$data"
    find "$data" /run/mysqld ! -user mysql -exec chown mysql:mysql {} +
    exec setpriv --reuid=mysql --regid=mysql --init-groups "$0" "$@"
fi

# value_of NAME [OLD_NAME]: what MARIADB_NAME says, or MYSQL_OLD_NAME, or the file that one of them with _FILE names
value_of() {
    local name
    for name in "MARIADB_$1" "MYSQL_${2-$1}"; do
        local file=${name}_FILE
        if [ -n "${!name-}" ] && [ -n "${!file-}" ]; then fail "Both $name and $file are set (but are exclusive)"; fi
        if [ -n "${!name-}" ]; then printf %s "${!name}"; return; fi
        if [ -n "${!file-}" ]; then cat "${!file}"; return; fi
    done
}
# as a text, and as a name, in SQL
text() { local escaped=${1//\\/\\\\}; printf "'%s'" "${escaped//\'/\'\'}"; }
name() { printf '`%s`' "${1//\`/\`\`}"; }

set_up() {
    local password hash host empty random database user user_password
    password=$(value_of ROOT_PASSWORD) hash=$(value_of ROOT_PASSWORD_HASH) host=$(value_of ROOT_HOST)
    empty=$(value_of ALLOW_EMPTY_ROOT_PASSWORD ALLOW_EMPTY_PASSWORD) random=$(value_of RANDOM_ROOT_PASSWORD)
    database=$(value_of DATABASE) user=$(value_of USER) user_password=$(value_of PASSWORD)
    host=${host:-%}
    [ -n "$password$hash$empty$random" ] || fail "Database is uninitialized and password option is not specified
	You need to specify one of MARIADB_ROOT_PASSWORD, MARIADB_ROOT_PASSWORD_HASH, MARIADB_ALLOW_EMPTY_ROOT_PASSWORD and MARIADB_RANDOM_ROOT_PASSWORD"
    [ "$user" != root ] || fail "MARIADB_USER is root, who is there already. Remove it, and name root's password by MARIADB_ROOT_PASSWORD."
    if [ -n "$user" ] && [ -z "$user_password" ]; then fail "MARIADB_USER is set, and MARIADB_PASSWORD is not."; fi
    [ -z "$(ls -A "$data" | grep -v '^lost+found$' || true)" ] || fail "$data is not empty, and no database is in it."
    if [ -n "$random" ]; then
        password=$(head -c 24 /dev/urandom | base64 | tr -d '/+=')
        note "GENERATED ROOT PASSWORD: $password"
    fi

    note "Initializing database files"
    # what is only half set up would pass for a database at the next start
    trap 'find "$data" -mindepth 1 -delete' EXIT
    cp -a --sparse=always /usr/share/mariadb/data/. "$data"
    local known="BY $(text "$password")"
    [ -z "$hash" ] || known="BY PASSWORD $(text "$hash")"
    # Without a server: starting one and its clients would cost more than all of this.
    {
        # root of the machine that the data were made on, who has no password
        echo "DELETE FROM mysql.global_priv WHERE User = '' OR (User = 'root' AND Host <> 'localhost');"
        echo "DELETE FROM mysql.proxies_priv WHERE Host <> 'localhost';"
        echo "FLUSH PRIVILEGES;"
        echo "ALTER USER 'root'@'localhost' IDENTIFIED $known;"
        if [ "$host" != localhost ]; then
            echo "CREATE USER 'root'@$(text "$host") IDENTIFIED $known;"
            echo "GRANT ALL ON *.* TO 'root'@$(text "$host") WITH GRANT OPTION;"
        fi
        [ -z "$database" ] || echo "CREATE DATABASE IF NOT EXISTS $(name "$database");"
        if [ -n "$user" ]; then
            echo "CREATE USER $(text "$user")@'%' IDENTIFIED BY $(text "$user_password");"
            [ -z "$database" ] || echo "GRANT ALL ON $(name "${database//_/\\_}").* TO $(text "$user")@'%';"
        fi
    } | "$1" --bootstrap --datadir="$data" 2>&1 | { grep -i error >&2 || true; }
    note "Database files initialized"
    run_files "$1" "$password" "$database"
    trap - EXIT
    note "MariaDB init process done. Ready for start up."
}

# for scripts that are read into this one
docker_process_sql() { mariadb --protocol=socket -uroot --database="${MARIADB_DATABASE:-mysql}" "$@"; }

# run_files SERVER PASSWORD DATABASE: what the student laid in for the first start, with a server that only this machine reaches
run_files() {
    local files=(/docker-entrypoint-initdb.d/*) file server
    [ -e "${files[0]}" ] || return 0
    export MYSQL_PWD=$2
    # scripts ask for these, by whichever name the student set them
    export MARIADB_ROOT_PASSWORD=$2 MYSQL_ROOT_PASSWORD=$2 MARIADB_DATABASE=$3 MYSQL_DATABASE=$3
    note "Starting temporary server"
    "$1" --datadir="$data" --skip-networking &
    server=$!
    until mariadb-admin --protocol=socket -uroot --silent ping 2>/dev/null; do
        kill -0 "$server" 2>/dev/null || fail "The server did not start."
        sleep 0.2
    done
    for file in "${files[@]}"; do
        case "$file" in
            *.sh | *.sql | *.sql.gz) note "$0: running $file" ;;
            *) note "$0: ignoring $file" ;;
        esac
        case "$file" in
            *.sh) if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
            *.sql) docker_process_sql <"$file" ;;
            *.sql.gz) gunzip -c "$file" | docker_process_sql ;;
        esac
    done
    mariadb-admin --protocol=socket -uroot shutdown
    wait "$server"
    note "Temporary server stopped"
    unset MYSQL_PWD
}

note "Entrypoint script for MariaDB Server ${MARIADB_VERSION-} started."
[ -d "$data/mysql" ] || set_up "$1"
exec "$@"
