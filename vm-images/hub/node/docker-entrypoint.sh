#!/bin/sh
# An option, or a name that is no program, is for node: `docker run node:20-slim app.js`.
set -e
case "${1-}" in -*) set -- node "$@" ;; esac
if [ -n "${1-}" ] && ! command -v "$1" >/dev/null; then set -- node "$@"; fi
exec "$@"
