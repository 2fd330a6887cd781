#!/bin/sh
# NGINX_ENTRYPOINT_WORKER_PROCESSES_AUTOTUNE: as many workers as there are processors, written into nginx.conf.
set -e
[ -n "${NGINX_ENTRYPOINT_WORKER_PROCESSES_AUTOTUNE-}" ] || exit 0
if [ ! -w /etc/nginx/nginx.conf ]; then
    echo "$0: ERROR: cannot modify /etc/nginx/nginx.conf (read-only file system?)" >&2
    exit 0
fi
sed -i -E "s/^(worker_processes)[[:space:]].*$/\1 $(nproc);/" /etc/nginx/nginx.conf
