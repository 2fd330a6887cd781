#!/bin/sh
# Readies the settings before nginx starts: runs what is in /docker-entrypoint.d, in the order of the names.
#   *.sh      a program, run when it may be executed
#   *.envsh   read into this shell, so that it can set variables for those after it
# NGINX_ENTRYPOINT_QUIET_LOGS=1 keeps all this out of the log.
set -e

say() { [ -n "${NGINX_ENTRYPOINT_QUIET_LOGS-}" ] || echo "$0: $*"; }

if [ "$1" = nginx ] || [ "$1" = nginx-debug ]; then
    for file in /docker-entrypoint.d/*; do
        case "$file" in
            *.envsh) if [ -x "$file" ]; then say "Sourcing $file"; . "$file"; else say "Ignoring $file, not executable"; fi ;;
            *.sh) if [ -x "$file" ]; then say "Launching $file"; "$file"; else say "Ignoring $file, not executable"; fi ;;
            '/docker-entrypoint.d/*') ;;
            *) say "Ignoring $file" ;;
        esac
    done
    say "Configuration complete; ready for start up"

    # Debian's nginx has the module for TCP as a file of its own; settings written for other builds count on it
    if [ "$1" = nginx ] && [ "${2-}" = -g ] && [ $# = 3 ] && grep -Eqs '^[[:space:]]*stream[[:space:]]*(\{|$)' /etc/nginx/nginx.conf && ! grep -qs ngx_stream_module /etc/nginx/nginx.conf; then
        set -- nginx -g "load_module /usr/lib/nginx/modules/ngx_stream_module.so; $3"
    fi
fi
exec "$@"
