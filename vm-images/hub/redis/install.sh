# Makes the redis image out of Debian's packages. Runs in the build, on the host's CPU.
. /common/packages.sh
install_packages
# one program under three names, which looks at the name it was called by
ln -sf redis-check-rdb /usr/bin/redis-check-aof
# Debian's settings are for a service of the host: a daemon that listens to its own machine only
rm -rf /etc/redis /usr/lib/systemd /var/log/redis /var/lib/redis /run/redis
mkdir /data
chown redis:redis /data
finish
