# Makes the haproxy image out of Debian's packages. Runs in the build, on the host's CPU.
. /common/packages.sh
install_packages
# the number that settings made for containers count on, which is none of a system's user in Debian
groupadd --force --system haproxy
id haproxy >/dev/null 2>&1 || useradd --system --gid haproxy --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin haproxy
groupmod --gid 99 haproxy
usermod --uid 99 --gid 99 haproxy >/dev/null
# Debian's settings are for a service of the host; those of a container are mounted, or copied in by its Dockerfile
rm -rf /etc/haproxy /usr/lib/systemd /etc/default/haproxy /etc/rsyslog.d
mkdir -p /usr/local/etc/haproxy/errors /var/lib/haproxy
chown haproxy:haproxy /var/lib/haproxy
ln -s /usr/sbin/haproxy /usr/local/sbin/haproxy
finish
haproxy -vv | grep -q 'Built with Lua'
