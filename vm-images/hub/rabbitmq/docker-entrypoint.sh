#!/bin/bash
# Starts RabbitMQ, which reads RABBITMQ_DEFAULT_USER, RABBITMQ_DEFAULT_PASS, RABBITMQ_DEFAULT_VHOST and RABBITMQ_ERLANG_COOKIE itself.
# What names a file (a secret) is read here: each of them with _FILE at its end.
set -euo pipefail
if [ "${1-}" = rabbitmq-server ]; then
    for name in RABBITMQ_DEFAULT_USER RABBITMQ_DEFAULT_PASS RABBITMQ_DEFAULT_VHOST RABBITMQ_ERLANG_COOKIE; do
        file=${name}_FILE
        [ -n "${!file-}" ] || continue
        if [ -n "${!name-}" ]; then echo "error: both $name and $file are set (but are exclusive)" >&2; exit 1; fi
        export "$name=$(cat "${!file}")"
        unset "$file"
    done
    if [ "$(id -u)" = 0 ]; then
        find /var/lib/rabbitmq ! -user rabbitmq -exec chown rabbitmq:rabbitmq {} +
        exec setpriv --reuid=rabbitmq --regid=rabbitmq --init-groups "$@"
    fi
fi
exec "$@"
