#!/bin/bash
# Whether the server is up, for HEALTHCHECK: `healthcheck.sh --connect --innodb_initialized`. It takes connections only when its
# tables are ready, and refuses them while the first start sets it up; whether it likes the client's name does not matter here.
for option in "$@"; do
    case "$option" in
        --connect | --innodb_initialized | --innodb_buffer_pool_loaded | --su-mysql | --no-defaults | --defaults-*) ;;
        *) echo "healthcheck.sh: $option is not known here; --connect and --innodb_initialized are" >&2; exit 1 ;;
    esac
done
exec mariadb-admin --no-defaults --protocol=tcp --host=127.0.0.1 --silent --connect-timeout=5 ping
