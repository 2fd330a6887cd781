import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeText } from "../../../base/bytes";
import { catalogueOfLayout } from "../../../internet/hub/layout";
import { root } from "../../project";
import type { Versions } from "../debian";
import { epochOf } from "../lock";
import { run } from "../program";
import { defineStage, hashPath, type Stage, type StageContext } from "../stage";
import type { Inputs } from "./inputs";

const HUB = join(root, "vm-images/hub");

/**
 * The container images of the sandbox's Docker Hub, in the order of their building. `contents` describes them there.
 * `preloaded`: in the engine's store from the start.
 */
export const containerImages = [
    { ref: "hello-world:latest", folder: "hello-world", contents: "a greeting, Drydock's own", preloaded: true },
    { ref: "busybox:latest", folder: "busybox", contents: "BusyBox from Debian", preloaded: true },
    { ref: "debian:trixie-slim", folder: "debian", contents: "Debian 13 for 32-bit x86", preloaded: true },
    { ref: "python:3.13-slim", folder: "python", contents: "Python 3.13 and pip from Debian 13", preloaded: true },
] as const;

/**
 * Container images for linux/386 by buildah. Output: hub/ as the page's Docker Hub reads it (catalogue.json, blobs/), layers
 * uncompressed, which the emulated processor unpacks with the least work.
 */
export async function containersStage({ workshop, lock, debian }: Inputs, base: Stage): Promise<Stage> {
    const { busybox, python } = lock.debian;
    return defineStage(workshop, {
        name: "containers",
        version: 3,
        inputs: [await hashPath(HUB), JSON.stringify(containerImages), JSON.stringify([busybox, python]), lock.date],
        needs: [base],
        async run(context) {
            const { out, log, signal, progress } = context;
            const work = join(out, "work");
            // a store of our own: the host's buildah or podman is none of our business
            const store = ["--storage-driver", "vfs", "--root", join(work, "store"), "--runroot", join(work, "run")];
            const entries: LayoutEntry[] = [];
            for (const { ref, folder } of containerImages) {
                progress(ref);
                const source = join(work, folder);
                await cp(join(HUB, folder), source, { recursive: true });
                const values: Record<string, string> = {};
                if (folder === "hello-world") {
                    await run("gcc", ["-m32", "-march=i686", "-static", "-Os", "-s", "-nostdlib", "-fno-pic", "-fno-asynchronous-unwind-tables", "-Wl,--build-id=none", "-o", join(source, "hello"), join(source, "hello.c")], context);
                } else if (folder === "busybox") {
                    await addBusybox(source, busybox, debian, context);
                    values.BUSYBOX_VERSION = Object.values(busybox)[0]!;
                } else if (folder === "debian") {
                    await cp(join(base.folder, "root.tar"), join(source, "rootfs.tar"));
                    values.DEBIAN_VERSION = lock.debian.base["base-files"] ?? "";
                } else {
                    await mkdir(join(source, "packages"));
                    await (await debian()).download(python, join(source, "packages"));
                    values.PYTHON_VERSION = (python["python3.13"] ?? "").replace(/[^0-9.].*/, "");
                }
                const labels = Object.entries(values).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]);
                await run("buildah", [...store, "build", "--isolation", "chroot", "--platform", "linux/386", "--format", "oci", "--timestamp", epochOf(lock), ...labels, "--tag", ref, source], context);
                // the "oci" transport would compress
                const pushed = join(work, "pushed", folder);
                await mkdir(pushed, { recursive: true });
                await run("buildah", [...store, "push", "--disable-compression", ref, `dir:${pushed}`], context);
                entries.push(await addToLayout(join(out, "hub"), pushed, ref));
                if (folder !== "debian") await rm(source, { recursive: true });
            }
            await run("buildah", [...store, "rmi", "--all", "--force"], { log, signal });
            await rm(work, { recursive: true });
            await writeCatalogue(join(out, "hub"), entries);
        },
    });
}

/** An entry of an OCI layout's index.json. */
interface LayoutEntry {
    mediaType: string;
    digest: string;
    size: number;
    annotations: Record<string, string>;
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Moves what buildah wrote (manifest.json, each blob under its sha256) to `hub/blobs`. */
async function addToLayout(hub: string, pushed: string, ref: string): Promise<LayoutEntry> {
    const blobs = join(hub, "blobs/sha256");
    await mkdir(blobs, { recursive: true });
    for (const name of await readdir(pushed)) if (/^[0-9a-f]{64}$/.test(name)) await rename(join(pushed, name), join(blobs, name));
    const manifest = await readFile(join(pushed, "manifest.json"));
    const { mediaType } = JSON.parse(manifest.toString()) as { mediaType: string };
    await rename(join(pushed, "manifest.json"), join(blobs, sha256(manifest)));
    return { mediaType, digest: `sha256:${sha256(manifest)}`, size: manifest.length, annotations: { "org.opencontainers.image.ref.name": ref } };
}

/** Writes what the page's Docker Hub reads first. */
async function writeCatalogue(hub: string, manifests: readonly LayoutEntry[]): Promise<void> {
    const descriptions = Object.fromEntries(containerImages.map(({ ref, contents }) => [`library/${ref.slice(0, ref.indexOf(":"))}`, contents]));
    const read = async (path: string) => (path === "index.json" ? encodeText(JSON.stringify({ schemaVersion: 2, manifests })) : new Uint8Array(await readFile(join(hub, path))));
    await writeFile(join(hub, "catalogue.json"), `${JSON.stringify(await catalogueOfLayout(read, descriptions), undefined, 1)}\n`);
}

async function addBusybox(folder: string, versions: Versions, debian: Inputs["debian"], context: StageContext): Promise<void> {
    const packages = join(folder, "packages");
    await mkdir(packages);
    await (await debian()).download(versions, packages);
    const [archive] = await readdir(packages);
    await run("dpkg-deb", ["--extract", join(packages, archive!), join(packages, "root")], context);
    await cp(join(packages, "root/usr/bin/busybox"), join(folder, "busybox")).catch(() => cp(join(packages, "root/bin/busybox"), join(folder, "busybox")));
    await rm(packages, { recursive: true });
}
