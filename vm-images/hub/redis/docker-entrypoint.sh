#!/bin/sh
# Options or a .conf file alone are for redis-server, as `docker run redis --appendonly yes` expects.
set -e
case "${1-}" in
    -* | *.conf) set -- redis-server "$@" ;;
esac
if [ "$1" = redis-server ]; then
    # A container's clients come from other addresses than its own, which protected mode would refuse. Whoever names it decides.
    file=
    case "${2-}" in *.conf) file=$2 ;; esac
    case " $* " in
        *" --protected-mode "*) ;;
        *) grep -qs '^[[:space:]]*protected-mode' "$file" || set -- "$@" --protected-mode no ;;
    esac
    if [ "$(id -u)" = 0 ]; then
        find . ! -user redis -exec chown redis:redis {} +
        exec setpriv --reuid=redis --regid=redis --init-groups "$@"
    fi
fi
exec "$@"
