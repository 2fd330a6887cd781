#!/bin/bash
# Runs the guest's own (i386) engine natively on its root, in namespaces of its own, and loads container images into its
# store: seconds, where the emulated CPU takes a minute for each 90 MB layer.
#   unshare --mount --net --pid --fork preload.sh ROOT ARCHIVE...     (docker archives; root)
# Prints `docker image inspect` of all images as the last line.
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
mkdir "$root/tmp/archives"
for archive in "$@"; do
    touch "$root/tmp/archives/$(basename "$archive")"
    mount --bind -o ro "$archive" "$root/tmp/archives/$(basename "$archive")"
done
ip link set lo up
chroot "$root" sh -eu <<'GUEST'
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
wait_for() { # wait_for LOG COMMAND...
    log=$1; shift; turns=0
    until "$@" >/dev/null 2>&1; do
        turns=$((turns + 1))
        [ $turns -lt 300 ] || { echo "$* gave no answer" >&2; tail -5 "$log" >&2; exit 1; }
        sleep 0.2
    done
}
containerd >/tmp/containerd.log 2>&1 &
containerd=$!
wait_for /tmp/containerd.log test -S /run/containerd/containerd.sock
# no bridge: the guest makes its own; the daemon.json of the guest applies otherwise
dockerd --containerd /run/containerd/containerd.sock --iptables=false --ip6tables=false --bridge=none >/tmp/dockerd.log 2>&1 &
dockerd=$!
wait_for /tmp/dockerd.log docker version
for archive in /tmp/archives/*; do docker load -q -i "$archive"; done
# buildah's own name for what it built
docker images --format '{{.Repository}}:{{.Tag}}' | grep '^localhost/' | xargs -r docker rmi >/dev/null
images=$(docker image inspect $(docker images -q | sort -u) | tr -d '\n')
kill $dockerd; wait $dockerd || true
kill $containerd; wait $containerd || true
echo "$images"
GUEST
