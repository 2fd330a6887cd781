# Compiles BusyBox and lays out its root in /rootfs. Runs in the build, on the host's CPU.
. /common/packages.sh
install_packages
mkdir /build
tar -xjf /source/busybox_*.orig.tar.bz2 -C /build --strip-components=1
cd /build
make -s defconfig >/dev/null
# of two settings of one name the first would count
grep -oE 'CONFIG_[A-Z0-9_]+' /config | while read -r name; do sed -i -e "/^$name=/d" -e "/^# $name is not set/d" .config; done
cat /config >>.config
# an empty answer takes the default
yes "" | make -s oldconfig >/dev/null
grep '^CONFIG_' /config | while read -r line; do grep -qxF "$line" .config || { echo "not taken: $line" >&2; exit 1; }; done
make -s -j"$(nproc)" EXTRA_CFLAGS="-march=i686" KCONFIG_NOTIMESTAMP=1 busybox 2>/build.log || { tail -n 40 /build.log >&2; exit 1; }

mkdir -p /rootfs/bin /rootfs/etc /rootfs/home /rootfs/root /rootfs/sbin /rootfs/usr/bin /rootfs/usr/sbin /rootfs/var/spool/mail /rootfs/var/www
mkdir -m 1777 /rootfs/tmp
cp busybox /rootfs/bin/busybox
# all in /bin, as in the image of this name; scripts begin with #!/usr/bin/env
for applet in $(./busybox --list); do [ "$applet" = busybox ] || ln -s busybox "/rootfs/bin/$applet"; done
ln -s ../../bin/env /rootfs/usr/bin/env
