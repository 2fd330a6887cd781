# Makes the nginx image out of Debian's packages. Runs in the build, on the host's CPU.
. /common/packages.sh
install_packages
# for tuning the host's network when the service starts
drop_packages iproute2 libbpf1 libelf1t64 libtirpc3t64 libtirpc-common libmnl0 libxtables12 libcap2-bin
rm -rf /usr/share/vim
# Debian's way of sites and modules makes room for that of containers: conf.d and /usr/share/nginx/html
rm -rf /etc/nginx/sites-available /etc/nginx/sites-enabled /etc/nginx/modules-enabled /etc/nginx/modules-available /etc/nginx/snippets /etc/nginx/nginx.conf /var/www /usr/share/nginx/html/*
# the name that settings made for containers use
useradd --system --uid 101 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin nginx
# where programs for containers look for its files, and where they mount a file system in memory when the root is read-only; the
# program has Debian's folder built in
rm -rf /var/lib/nginx
install -d -o nginx /var/cache/nginx
ln -s /var/cache/nginx /var/lib/nginx
ln -s /usr/lib/nginx/modules /etc/nginx/modules
ln -sf /dev/stdout /var/log/nginx/access.log
ln -sf /dev/stderr /var/log/nginx/error.log
finish
