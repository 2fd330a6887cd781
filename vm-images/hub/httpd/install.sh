# Makes the httpd image out of Debian's packages. Runs in the build, on the host's CPU.
. /common/packages.sh
install_packages
# for a2enmod and its like, which belong to Debian's way of settings; for modules that ask a certificate authority (its libraries
# are as large as all the rest) or a directory, and for one in Lua
drop_packages perl perl-modules-5.40 libperl5.40 libgdbm6t64 libgdbm-compat4t64 liblua5.4-0 libjansson4 libcurl4t64 libgnutls30t64 libgssapi-krb5-2 libidn2-0 \
    libk5crypto3 libkeyutils1 libkrb5-3 libkrb5support0 libcom-err2 libnghttp3-9 libp11-kit0 libpsl5t64 librtmp1 libssh2-1t64 libtasn1-6 libunistring5 libffi8 \
    libaprutil1-ldap libldap2 libsasl2-2 libsasl2-modules-db
rm /usr/lib/apache2/modules/mod_md.so /usr/lib/apache2/modules/mod_lua.so /usr/lib/apache2/modules/mod_ldap.so /usr/lib/apache2/modules/mod_authnz_ldap.so
root=/usr/local/apache2
mkdir -p $root/logs $root/cgi-bin $root/bin $root/conf/extra $root/htdocs /var/run/apache2
ln -s /usr/lib/apache2/modules $root/modules
ln -s /usr/share/apache2/icons $root/icons
ln -s /usr/share/apache2/error $root/error
for program in ab htpasswd htdigest htdbm rotatelogs logresolve htcacheclean fcgistarter checkgid; do ln -s /usr/bin/$program $root/bin/$program; done
ln -s /etc/mime.types $root/conf/mime.types
rm -rf /usr/share/apache2/default-site /usr/share/apache2/build /etc/apache2 /usr/lib/systemd /usr/share/perl5
# of each icon one file, not a second one twice as large
find /usr/share/apache2/icons -name '*.svg' -delete
finish
# a module whose library was dropped fails here, not in a lesson
for module in /usr/lib/apache2/modules/*.so /usr/sbin/apache2 /usr/bin/ab; do if ldd "$module" | grep 'not found'; then echo "$module lacks a library" >&2; exit 1; fi; done
