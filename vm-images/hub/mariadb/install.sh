# Makes the mariadb image out of Debian's packages. Runs in the build, on the host's CPU.
. /common/packages.sh
# the number that volumes and settings made for containers count on
groupadd --system --gid 999 mysql
useradd --system --uid 999 --gid mysql --home-dir /var/lib/mysql --no-create-home --shell /usr/sbin/nologin mysql
install_packages
# what the programs in Perl need, which are for one host's service
drop_packages perl perl-modules-5.40 libperl5.40 libdbi-perl libconfig-inifiles-perl libgdbm6t64 libgdbm-compat4t64 liblsof0 lsof libpcre2-posix3
cd /usr/bin
# each has the whole client in it, 4.5 MB; the server's manual as tables (HELP in the client), and the messages of other languages
rm -f mariadb-binlog mariadb-conv mariadb-import mariadb-plugin mariadb-show mariadb-slap mariadb-tzinfo-to-sql mariadb-waitpid perror replace resolve_stack_dump resolveip innochecksum mariadb-check mariadb-upgrade innotop mytop msql2mysql
find . -xtype l -name 'm*' -delete
cd /usr/share/mariadb
: >fill_help_tables.sql
find . -mindepth 1 -maxdepth 1 -type d ! -name charsets ! -name english -exec rm -rf {} +
rm -rf /usr/lib/systemd /etc/init.d /usr/share/perl5 /etc/mysql/mariadb.conf.d/60-galera.cnf /etc/mysql/debian* /var/lib/mysql
cp /container.cnf /etc/mysql/mariadb.conf.d/10-container.cnf
for name in mysqld mariadbd; do [ -e /usr/sbin/$name ] || ln -s mariadbd /usr/sbin/$name; done
mkdir /docker-entrypoint-initdb.d

# A container copies this folder at its first start: making one costs an emulated processor half a minute.
data=/usr/share/mariadb/data
install -d -o mysql -g mysql -m 750 $data /var/lib/mysql
install -d -o mysql -g mysql -m 755 /run/mysqld
# asked for the names of a host, which a container has none of
ln -s /bin/true /usr/bin/resolveip
mariadb-install-db --user=mysql --datadir=$data --skip-test-db --skip-name-resolve --auth-root-authentication-method=normal >/tmp/install.log 2>&1 || { cat /tmp/install.log >&2; exit 1; }
rm /usr/bin/resolveip /usr/bin/my_print_defaults /usr/bin/mariadb-install-db /usr/share/mariadb/*.sql
rm -f $data/*.pid $data/aria_log_control.lock $data/ib_buffer_pool
add_gosu
finish
