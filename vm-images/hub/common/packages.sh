# For the images that are made of Debian's packages. Runs in the build, on the host's CPU:  . /common/packages.sh
export DEBIAN_FRONTEND=noninteractive

# What packages would ask goes to a copy: the base's file of all questions, 800 KB, would be in the layer once more.
mkdir /tmp/debconf
cp /var/cache/debconf/*.dat /tmp/debconf
sed 's|/var/cache/debconf|/tmp/debconf|' /etc/debconf.conf >/tmp/debconf.conf
export DEBCONF_SYSTEMRC=/tmp/debconf.conf

# All of /packages. No service starts in a build.
install_packages() {
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
    apt-get install -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 /packages/*.deb
    rm /usr/sbin/policy-rc.d
}

# drop_packages NAME...: takes away what others name as a need and no container needs, and strikes it from the others' needs, so
# that apt finds all in order when a student installs something.
drop_packages() {
    dpkg --purge --force-depends "$@" 2>&1 | grep -v -e '^dpkg: warning' -e 'depends on' -e 'but it is to be' -e '^(Reading' || true
    awk -v names="$*" '
        BEGIN { count = split(names, list, " "); for (i = 1; i <= count; i++) gone[list[i]] = 1 }
        # the first of two readings: what is there
        NR == FNR { if ($1 == "Package:") there[$2] = 1; next }
        /^(Pre-)?Depends: / {
            field = $1; kept = ""
            count = split(substr($0, length(field) + 2), needs, /, */)
            for (i = 1; i <= count; i++) {
                struck = met = 0
                choices = split(needs[i], choice, / *[|] */)
                for (j = 1; j <= choices; j++) { name = choice[j]; sub(/[ :(].*/, "", name); if (name in gone) struck = 1; else if (name in there) met = 1 }
                if (met || !struck) kept = kept (kept == "" ? "" : ", ") needs[i]
            }
            if (kept != "") print field, kept
            next
        }
        { print }' /var/lib/dpkg/status /var/lib/dpkg/status >/var/lib/dpkg/status.new
    mv /var/lib/dpkg/status.new /var/lib/dpkg/status
}

# Nobody but the sandbox's own authority can sign anything here. Debian's list of 149 others, which the package ca-certificates
# takes in when it is installed, is read by each program that makes a connection: 90 M instructions for Python's.
trust_the_sandbox_alone() {
    sed -i 's/^[^#!]/!&/' /etc/ca-certificates.conf
    update-ca-certificates --fresh
}

# gosu USER[:GROUP] COMMAND...: becomes another user, as entrypoints and scripts written for containers do it; setpriv is in the base.
add_gosu() {
    cat >/usr/local/bin/gosu <<'SCRIPT'
#!/bin/sh
if [ $# -lt 2 ]; then echo "Usage: gosu user-spec command [args]" >&2; exit 1; fi
user=${1%%:*}
group=${1#"$user"}
group=${group#:}
shift
home=$(getent passwd "$user" | cut -d: -f6)
export HOME="${home:-/}"
if [ -n "$group" ]; then exec setpriv --reuid="$user" --regid="$group" --clear-groups -- "$@"; fi
if [ -n "$home" ]; then exec setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups -- "$@"; fi
exec setpriv --reuid="$user" --regid="$user" --clear-groups -- "$@"
SCRIPT
    chmod 755 /usr/local/bin/gosu
}

# What installing leaves behind. Fails when apt does not find the packages in order.
finish() {
    apt-get check
    rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/cache/ldconfig /var/log/dpkg.log /var/log/alternatives.log /var/log/apt /tmp/* /etc/init.d/* /etc/logrotate.d/*
}
