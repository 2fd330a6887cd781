# Makes the php image out of Debian's packages. Runs in the build, on the host's CPU.
. /common/packages.sh
install_packages
# Perl is of the base's size; a2enmod, which is in it, has a stand-in (bin/a2). The rest is for maintaining a host.
drop_packages perl perl-modules-5.40 libperl5.40 libgdbm6t64 libgdbm-compat4t64 procps libproc2-0 psmisc ucf sensible-utils libtext-charwidth-perl libtext-wrapi18n-perl libjansson4
rm -f /usr/lib/apache2/modules/mod_md.so

# Debian keeps settings per way of running (cli, apache2) and links extensions into both; containers have one place
ini=/usr/local/etc/php
mkdir -p $ini/conf.d
cp /usr/lib/php/8.4/php.ini-development $ini/php.ini-development
cp /usr/lib/php/8.4/php.ini-production $ini/php.ini-production
rm -rf /etc/php /usr/lib/php/8.4 /usr/share/php* /var/lib/php/modules /usr/lib/systemd /etc/cron.d /usr/share/perl5
mkdir -p /etc/php/8.4/cli /etc/php/8.4/apache2
for way in cli apache2; do ln -s $ini/conf.d /etc/php/8.4/$way/conf.d; ln -s $ini/php.ini /etc/php/8.4/$way/php.ini; done
# those that are part of PHP elsewhere
number=10
for name in mysqlnd pdo ctype curl dom fileinfo ftp iconv mbstring pdo_sqlite phar posix readline simplexml sqlite3 tokenizer xml xmlreader xmlwriter; do
    if [ -e "$(php -n -r 'echo ini_get("extension_dir");')/$name.so" ]; then echo "extension=$name" >$ini/conf.d/$number-$name.ini; fi
    # dom before what is made of it
    number=$((number + 1))
done
mv $ini/conf.d/*-xml.ini $ini/conf.d/11-xml.ini

rm -rf /var/www/html/* /etc/apache2/sites-available/default-ssl.conf
a2() { ln -sf ../$1-available/$2 /etc/apache2/$1-enabled/$2; }
rm -f /etc/apache2/mods-enabled/mpm_* /etc/apache2/mods-enabled/php*
a2 mods mpm_prefork.conf; a2 mods mpm_prefork.load; a2 mods php8.4.load
cat >/etc/apache2/conf-available/docker-php.conf <<'CONF'
<FilesMatch \.php$>
    SetHandler application/x-httpd-php
</FilesMatch>
DirectoryIndex disabled
DirectoryIndex index.php index.html
<Directory /var/www/>
    Options -Indexes
    AllowOverride All
</Directory>
CONF
ln -sf ../conf-available/docker-php.conf /etc/apache2/conf-enabled/docker-php.conf
# a small machine: Debian starts five servers
sed -i -E 's/^(StartServers|MinSpareServers)(\s+).*/\1\22/; s/^MaxSpareServers(\s+).*/MaxSpareServers\14/; s/^MaxRequestWorkers(\s+).*/MaxRequestWorkers\120/' /etc/apache2/mods-available/mpm_prefork.conf
ln -sf /dev/stdout /var/log/apache2/access.log
ln -sf /dev/stderr /var/log/apache2/error.log
ln -sf /dev/stdout /var/log/apache2/other_vhosts_access.log
chown www-data:www-data /var/www/html
# where scripts written for the image of this name look for it
ln -s /usr/bin/php8.4 /usr/local/bin/php
for name in a2enmod a2dismod a2ensite a2dissite a2enconf a2disconf; do rm -f /usr/sbin/$name; ln -s /usr/local/bin/a2 /usr/sbin/$name; done
finish
cat >/tmp/try.php <<'PHP'
<?php foreach (["PDO", "mbstring", "curl", "dom", "SimpleXML", "sqlite3", "json", "openssl", "tokenizer"] as $name) if (!extension_loaded($name)) { fwrite(STDERR, "$name is missing\n"); exit(1); }
PHP
php -n -c $ini/conf.d -r 'exit(0);'
PHP_INI_SCAN_DIR=$ini/conf.d php /tmp/try.php
rm /tmp/try.php
