#!/bin/bash
# Runs the guest's own (i386) engine natively on its root, in namespaces of its own, and has it pull container images: seconds,
# where the emulated CPU takes a minute for each 90 MB layer. The guest's agent serves the engine's internet, and asks whoever
# is at the other end of file descriptor 3.
#   unshare --mount --net --pid --fork preload.sh ROOT LAYERS... -- IMAGE...     (root)
# Of each image in LAYERS the engine will hold the layers, without knowing the image: a later pull finds them, so it has nothing
# to unpack. It will list each IMAGE. Prints `docker image inspect` of these as the last line.
set -euo pipefail
root=$(realpath "$1"); shift
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
for folder in run tmp dev; do mount -t tmpfs tmpfs "$root/$folder"; done
for device in null zero random urandom; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
ip link set lo up
chroot "$root" sh -eu -s "$@" <<'GUEST'
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
wait_for() { # wait_for LOG COMMAND...
    log=$1; shift; turns=0
    until "$@" >/dev/null 2>&1; do
        turns=$((turns + 1))
        [ $turns -lt 300 ] || { echo "$* gave no answer" >&2; tail -5 "$log" >&2; exit 1; }
        sleep 0.2
    done
}
/usr/libexec/drydock/agent -fd 3 -internet >/tmp/agent.log 2>&1 &
agent=$!
exec 3>&-
wait_for /tmp/agent.log curl --fail https://registry-1.docker.io/v1/_ping
start() {
    containerd >>/tmp/containerd.log 2>&1 &
    containerd=$!
    wait_for /tmp/containerd.log test -S /run/containerd/containerd.sock
    # no bridge: the guest makes its own; the daemon.json of the guest applies otherwise
    dockerd --containerd /run/containerd/containerd.sock --iptables=false --ip6tables=false --bridge=none >>/tmp/dockerd.log 2>&1 &
    dockerd=$!
    wait_for /tmp/dockerd.log docker version
}
stop() {
    kill $dockerd; wait $dockerd || true
    kill $containerd; wait $containerd || true
    rm -f /run/containerd/containerd.sock
}
start
while [ "$1" != -- ]; do docker pull -q "$1"; shift; done
shift
stop
# Forgets these images, but not their layers: the engine keeps the layers apart from the records of images (and containerd the
# manifests), and removes a layer only when its last reference goes, never at its start. "docker rmi" would remove both.
rm -rf /var/lib/docker/image/overlay2/imagedb /var/lib/docker/image/overlay2/repositories.json /var/lib/containerd
start
for image; do docker pull -q "$image"; done
images=$(docker image inspect $(docker images -q | sort -u) | tr -d '\n')
stop
kill $agent; wait $agent || true
echo "$images"
GUEST
