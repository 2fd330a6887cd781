# Makes the nginx image out of Debian's packages. Runs in the build, on the host's CPU.
. /common/packages.sh
install_packages
# traffic control and counters; `ip` and `ss` stay, to look around with
rm -rf /usr/sbin/tc /usr/lib/tc /usr/sbin/bridge /usr/sbin/devlink /usr/sbin/dcb /usr/sbin/tipc /usr/sbin/vdpa /usr/bin/rdma /usr/sbin/genl /usr/sbin/rtmon /usr/sbin/arpd /usr/bin/nstat /usr/bin/rtacct /usr/share/vim
# Debian's way of sites and modules makes room for that of containers: conf.d and /usr/share/nginx/html
rm -rf /etc/nginx/sites-available /etc/nginx/sites-enabled /etc/nginx/modules-enabled /etc/nginx/modules-available /etc/nginx/snippets /etc/nginx/nginx.conf /var/www /usr/share/nginx/html/*
# the name that settings made for containers use
useradd --system --uid 101 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin nginx
ln -sf /dev/stdout /var/log/nginx/access.log
ln -sf /dev/stderr /var/log/nginx/error.log
finish
