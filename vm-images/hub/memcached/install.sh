# Makes the memcached image out of Debian's packages. Runs in the build, on the host's CPU.
. /common/packages.sh
install_packages
# the number that settings made for containers count on, which is none of a system's user in Debian
groupadd --force --system memcache
id memcache >/dev/null 2>&1 || useradd --system --gid memcache --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin memcache
groupmod --gid 11211 memcache
usermod --uid 11211 --gid 11211 memcache >/dev/null
# for the scripts beside it, which are for a service of the host
drop_packages perl perl-modules-5.40 libperl5.40 libgdbm6t64 libgdbm-compat4t64 adduser lsb-base
rm -rf /usr/share/memcached /etc/memcached.conf /etc/default/memcached /usr/lib/systemd /usr/share/perl5
finish
memcached --version
