#!/bin/sh
set -e
for name in ADMINER_DESIGN ADMINER_PLUGINS; do
    if [ -n "$(printenv $name)" ]; then echo "$name has no effect in this image: it has Adminer's own design, and no plugins." >&2; fi
done
exec "$@"
