# Makes the postgres image out of Debian's packages. Runs in the build, on the host's CPU.
. /common/packages.sh
# the number that volumes and settings made for containers count on
groupadd --system --gid 999 postgres
useradd --system --uid 999 --gid postgres --home-dir /var/lib/postgresql --shell /bin/bash postgres
mkdir -p /etc/postgresql-common
echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
install_packages
# Debian's tools for several clusters on one host, in Perl; and the compiler of queries, three times the size of the database
drop_packages postgresql-common postgresql-common-dev postgresql-client-common perl perl-modules-5.40 libperl5.40 libjson-perl libipc-run-perl libio-pty-perl \
    libgdbm6t64 libgdbm-compat4t64 libllvm19 libz3-4 locales libc-l10n ucf sensible-utils openssl procps libproc2-0 libxslt1.1 libgcrypt20 libgpg-error0 ssl-cert
cp /icu/libicudata.so /usr/lib/i386-linux-gnu/libicudata.so.*.*
home=/usr/lib/postgresql/17
rm -rf $home/lib/bitcode $home/lib/llvmjit* $home/lib/pgxs $home/lib/pgxml.so /usr/share/postgresql/17/extension/xml2* /usr/share/postgresql/17/man /usr/share/postgresql-common /usr/share/perl5 /usr/lib/systemd /etc/postgresql /etc/postgresql-common /var/lib/postgresql/* /usr/include

# A container copies this cluster at its first start: making one (initdb) takes an emulated processor a minute. Small files of
# the log of changes, since each container has its own.
cluster=/usr/share/postgresql/17/cluster
install -d -o postgres -g postgres -m 700 $cluster /var/lib/postgresql/data
install -d -o postgres -g postgres -m 3775 /run/postgresql
mkdir /docker-entrypoint-initdb.d
cat >>/usr/share/postgresql/17/postgresql.conf.sample <<'CONF'

# for a container in a small machine: open to its network (who may enter: pg_hba.conf), little memory, no JIT
listen_addresses = '*'
unix_socket_directories = '/run/postgresql'
shared_buffers = 32MB
huge_pages = off
jit = off
CONF
setpriv --reuid=postgres --regid=postgres --init-groups $home/bin/initdb --pgdata=$cluster --username=postgres --locale=C.UTF-8 --encoding=UTF8 --wal-segsize=1 >/dev/null
add_gosu
finish
