# Links BusyBox's applets. Runs in the build, on the host's CPU. All other images of Alpine's kind get these same files as their top layer,
# so nothing here may depend on what this image has beside the base, and Debian's records stay as they are.
cd /usr/bin
while read -r applet; do
    case "$applet" in '' | '#'*) continue ;; esac
    [ ! -e "$applet" ] && [ ! -e "/usr/sbin/$applet" ] || { echo "Debian's own $applet is there" >&2; exit 1; }
    ln -s busybox "$applet"
done </applets
# its shell edits lines and knows what Alpine's scripts use: [[, ==, source
ln -sf busybox sh
# before those that Debian's package adduser may bring along, which take other options
mkdir -p /usr/local/sbin
for applet in adduser addgroup deluser delgroup; do ln -s ../../bin/busybox "/usr/local/sbin/$applet"; done
# where Alpine has it, for ENTRYPOINT ["/sbin/tini", "--"]; `apk add tini` puts it in /usr/bin
ln -s ../bin/tini /usr/sbin/tini
mkdir -p /var/lib/apk
# `rm -rf /var/cache/apk/*` removes the package lists, as it does in Alpine
ln -s ../lib/apt/lists /var/cache/apk
for applet in ash vi wget ping nc ps; do [ "$(readlink -f "/usr/bin/$applet")" = /usr/bin/busybox ]; done
apk --version
