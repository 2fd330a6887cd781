#!/bin/sh
# Options alone are for memcached: `docker run memcached -m 64`.
set -e
case "${1-}" in -*) set -- memcached "$@" ;; esac
exec "$@"
