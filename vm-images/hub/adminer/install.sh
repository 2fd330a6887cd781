# Makes the adminer image out of Debian's packages. Runs in the build, on the host's CPU.
. /common/packages.sh
install_packages
# Debian runs it in the Apache server; PHP's own is enough
drop_packages apache2-bin libapache2-mod-php8.4 libapache2-mod-php libaprutil1-dbd-sqlite3 libaprutil1-ldap libaprutil1t64 libapr1t64 perl perl-modules-5.40 libperl5.40 libgdbm6t64 \
    libgdbm-compat4t64 procps libproc2-0 psmisc ucf sensible-utils libtext-charwidth-perl libtext-wrapi18n-perl libjansson4 liblua5.4-0 libcurl4t64 libgnutls30t64 libidn2-0 \
    libnghttp2-14 libnghttp3-9 libp11-kit0 libpsl5t64 librtmp1 libssh2-1t64 libtasn1-6 libunistring5 libbrotli1
ini=/etc/php/8.4/cli/conf.d
rm -rf /etc/apache2 /etc/cron.d /usr/lib/systemd /usr/share/perl5 /usr/share/php8.4* /etc/php/8.4/apache2
# all of it in one file; what that is made of is beside it
find /usr/share/adminer -mindepth 1 -maxdepth 1 ! -name adminer.php -exec rm -rf {} +
# of extensions what it asks for; fileinfo's table of file types alone is 8 MB
rm -f $ini/*-fileinfo.ini $ini/*-opcache.ini /usr/lib/php/*/fileinfo.so /usr/lib/php/*/opcache.so
groupadd --gid 1000 adminer
useradd --uid 1000 --gid adminer --home-dir /var/www --no-create-home --shell /usr/sbin/nologin adminer
mkdir -p /var/www/html
rm -f /var/www/html/index.html
finish
