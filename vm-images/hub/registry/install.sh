# Makes the registry image out of Debian's packages. Runs in the build, on the host's CPU.
. /common/packages.sh
install_packages
# Debian's settings demand a login; ours come with the image
rm -rf /etc/docker/registry/* /var/lib/docker-registry /usr/lib/systemd
ln -s docker-registry /usr/bin/registry
mkdir -p /var/lib/registry
finish
