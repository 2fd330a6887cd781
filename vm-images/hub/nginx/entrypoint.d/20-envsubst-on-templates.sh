#!/bin/sh
# Makes settings of the templates: /etc/nginx/templates/site.conf.template becomes /etc/nginx/conf.d/site.conf, with each ${NAME}
# that is a variable of the environment replaced by its value. nginx's own variables ($host) are none, and stay.
#   NGINX_ENVSUBST_TEMPLATE_DIR, _TEMPLATE_SUFFIX, _OUTPUT_DIR     other places
#   NGINX_ENVSUBST_FILTER                                          a regular expression: only variables with such names
set -e
templates=${NGINX_ENVSUBST_TEMPLATE_DIR:-/etc/nginx/templates}
suffix=${NGINX_ENVSUBST_TEMPLATE_SUFFIX:-.template}
output=${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}

[ -d "$templates" ] || exit 0
if [ ! -w "$output" ]; then
    echo "$0: ERROR: $templates exists, but $output is not writable" >&2
    exit 0
fi
names=$(awk -v filter="${NGINX_ENVSUBST_FILTER-}" 'BEGIN { for (name in ENVIRON) if (name ~ filter) printf "${%s} ", name }' </dev/null)
find -L "$templates" -type f -name "*$suffix" | sort | while read -r template; do
    relative=${template#"$templates"/}
    target=$output/${relative%"$suffix"}
    mkdir -p "${target%/*}"
    [ -n "${NGINX_ENTRYPOINT_QUIET_LOGS-}" ] || echo "$0: Running envsubst on $template to $target"
    envsubst "$names" <"$template" >"$target"
done
