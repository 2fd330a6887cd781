#!/bin/sh
# Options alone are for haproxy. It stays in the foreground, under a master process that reloads the settings at SIGUSR2.
set -e
case "${1-}" in -*) set -- haproxy "$@" ;; esac
if [ "$1" = haproxy ]; then
    shift
    set -- haproxy -W -db "$@"
fi
exec "$@"
