# Makes the redis image out of Debian's packages. Runs in the build, on the host's CPU.
. /common/packages.sh
# the number that volumes and settings made for containers count on
groupadd --system --gid 999 redis
useradd --system --uid 999 --gid redis --home-dir /data --no-create-home redis
install_packages
# one program under four names, which looks at the name it was called by
for name in redis-check-aof redis-sentinel; do ln -sf redis-check-rdb /usr/bin/$name; done
# Debian's settings are for a service of the host: a daemon that listens to its own machine only
rm -rf /etc/redis /usr/lib/systemd /var/log/redis /var/lib/redis /run/redis
mkdir /data
chown redis:redis /data
add_gosu
finish
