import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../../host/project";
import { epochOf } from "../pins/lock";
import { run } from "../workshop/program";
import { defineStage, hashPath, type Stage } from "../workshop/stage";
import { preload } from "./preload";
import { containerImages } from "./container-images";
import type { Inputs } from "./inputs";

const OVERLAY = join(root, "vm-images/rootfs");
const PRELOAD = join(root, "vm-images/preload/preload.sh");

/** Capacity of the disk in bytes. Blocks that were never written take no space anywhere. */
export const DISK_BYTES = 4 * 1024 ** 3;
/** Fixed, so that the same files produce the same disk. */
const UUID = "d0c6d0c6-0000-4000-8000-000000000001";

export interface Preloaded {
    ref: string;
    digest: string;
    bytes: number;
    contents: string;
}

const preloadedImages = containerImages.filter(image => image.preloaded === "image");
const preloadedLayers = containerImages.filter(image => image.preloaded === "layers");

/** Root, our files and the container images in one ext4. Output: disk.img, preloaded.json. */
export async function diskStage(
    { workshop, lock }: Inputs,
    needs: { guestRoot: Stage; runtime: Stage; agent: Stage; preloaded: Stage; trust: Stage },
): Promise<Stage> {
    return defineStage(workshop, {
        name: "disk",
        version: 2,
        inputs: [
            PLUGINS.join(" "),
            FINISH,
            CLEAN,
            lock.date,
            JSON.stringify([preloadedImages, preloadedLayers]),
            await hashPath(OVERLAY),
            await hashPath(PRELOAD),
            String(DISK_BYTES),
        ],
        needs: Object.values(needs),
        async run({ out, log, signal, progress }) {
            const context = { log, signal };
            const tree = join(out, "root");
            const install = (mode: string, from: string, to: string) =>
                run("install", ["-D", "-o", "root", "-g", "root", "-m", mode, from, join(tree, to)], context);
            await mkdir(tree, { mode: 0o755 });
            progress("unpacking the root");
            await run(
                "tar",
                [
                    "-xf",
                    join(needs.guestRoot.folder, "root.tar"),
                    "-C",
                    tree,
                    "--numeric-owner",
                    "--xattrs",
                    "--xattrs-include=*",
                ],
                context,
            );
            // of a file's mode, git keeps only whether it is executable
            await run(
                "bash",
                [
                    "-c",
                    'set -o pipefail; tar -C "$0" --owner=0 --group=0 --mode=u=rwX,go=rX -c . | tar -C "$1" -x --no-overwrite-dir --numeric-owner --keep-directory-symlink',
                    OVERLAY,
                    tree,
                ],
                context,
            );
            await install("755", join(needs.runtime.folder, "runtime"), "usr/libexec/drydock/runtime");
            await install("644", join(needs.runtime.folder, "crun-errors.so"), "usr/libexec/drydock/crun-errors.so");
            await install("755", join(needs.runtime.folder, "shim"), "usr/libexec/drydock/bin/containerd-shim-runc-v2");
            await install("755", join(needs.runtime.folder, "setkey"), "usr/libexec/drydock/setkey");
            for (const plugin of PLUGINS)
                await install(
                    "755",
                    join(needs.runtime.folder, "plugin"),
                    `usr/local/lib/docker/cli-plugins/${plugin}`,
                );
            await install("755", join(needs.agent.folder, "agent"), "usr/libexec/drydock/agent");
            await install("644", join(needs.trust.folder, "ca.crt"), "etc/drydock/authority/ca.crt");
            await install("600", join(needs.trust.folder, "ca.key"), "etc/drydock/authority/ca.key");
            await run("bash", ["-ec", FINISH, tree, ...PLUGINS], context);

            progress("filling the engine's store");
            const wanted = {
                images: preloadedImages.map(({ ref }) => ref),
                layers: preloadedLayers.map(({ ref }) => ref),
            };
            const shown = await preload(PRELOAD, tree, join(needs.preloaded.folder, "hub"), wanted, {
                ...context,
                onPull: ref => progress(`filling the engine's store: ${ref}`),
            });
            await writeFile(join(out, "preloaded.json"), JSON.stringify(preloadedFrom(shown)));

            progress("writing the file system");
            await run("bash", ["-ec", CLEAN, tree], context);
            await run(
                "mke2fs",
                [
                    ...["-q", "-F", "-t", "ext4", "-L", "drydock", "-U", UUID, "-m", "1", "-I", "256"],
                    // no journal: the page keeps the blocks, and a power cut there ends the whole machine
                    ...[
                        "-O",
                        "^has_journal,^metadata_csum,^resize_inode",
                        "-E",
                        `hash_seed=${UUID},lazy_itable_init=0,root_owner=0:0`,
                    ],
                    ...["-d", tree, join(out, "disk.img"), String(DISK_BYTES / 1024)],
                ],
                { ...context, env: { E2FSPROGS_FAKE_TIME: epochOf(lock) } },
            );
            await rm(tree, { recursive: true });
        },
    });
}

/** Plugins of the docker client. */
const PLUGINS = ["docker-buildx", "docker-compose"];

/**
 * $0: the root, $@: plugins. Creates links and folders that no file of the overlay can bring, and what programs in the
 * root print.
 */
const FINISH = `
mkdir -p "$0/usr/libexec/drydock/bin" "$0/usr/libexec/drydock/plugins" "$0/workspace"
for plugin; do
    chroot "$0" "/usr/libexec/docker/cli-plugins/$plugin" docker-cli-plugin-metadata >"$0/usr/libexec/drydock/plugins/$plugin.json"
done
ln -sf ../runtime "$0/usr/libexec/drydock/bin/runc"
ln -sf /usr/share/zoneinfo/Etc/UTC "$0/etc/localtime"
rm -f "$0/etc/machine-id" "$0/var/lib/dbus/machine-id"
# The only authority that anything here can meet is our own. Mozilla's 140 would cost each program that speaks TLS their parsing.
mkdir -p "$0/usr/local/share/ca-certificates"
ln -sf /etc/drydock/authority/ca.crt "$0/usr/local/share/ca-certificates/drydock.crt"
sed -i 's/^[^#!]/!&/' "$0/etc/ca-certificates.conf"
chroot "$0" update-ca-certificates --fresh
`;

/** $0: the root. Removes what preload and apt left that differs from build to build or is useless. */
const CLEAN = `
rm -rf "$0"/var/cache/apt/* "$0"/var/lib/apt/lists/* "$0"/var/log/* "$0"/run/* "$0"/tmp/* "$0"/var/lib/docker/engine-id
rm -rf "$0"/usr/bin/containerd-shim "$0"/usr/bin/containerd-shim-runc-v1 "$0"/usr/bin/containerd-stress "$0"/usr/share/zoneinfo/right "$0"/usr/share/zoneinfo/posix
`;

/** Reads the last line that preload.sh printed. */
export function preloadedFrom(output: string): Preloaded[] {
    const inspected = JSON.parse(output.trimEnd().split("\n").at(-1)!) as {
        Id: string;
        RepoTags: string[];
        Size: number;
    }[];
    return preloadedImages.map(({ ref, contents }) => {
        const found = inspected.find(image => image.RepoTags.includes(ref));
        if (!found) throw new Error(`the engine's store lacks ${ref}`);
        return { ref, digest: found.Id, bytes: found.Size, contents };
    });
}
