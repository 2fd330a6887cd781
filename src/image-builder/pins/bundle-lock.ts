/**
 * vm-images/bundle.lock.json: what an instructor has added to the image's own content, pinned so that every build takes
 * exactly the same.
 */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { DrydockError } from "../../base/errors";
import type { ImageLock } from "./lock";
import { root } from "../../host/project";

const bytes = v.pipe(v.number(), v.integer(), v.minValue(0));
const digest = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/));
/** As the instructor typed it; the argument of `bundle remove`. */
const name = v.string();

const item = v.variant("kind", [
    v.object({
        kind: v.literal("image"),
        name,
        /** The host that it comes from, preceded by "http://" if it has no TLS. */
        registry: v.string(),
        /** Digest of the manifest for linux/386. */
        digest,
        /** Compressed bytes of the manifest, the configuration and each layer. */
        blobs: v.record(digest, bytes),
    }),
    v.object({
        kind: v.literal("wheel"),
        name,
        wheels: v.array(
            v.object({ filename: v.string(), sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)), bytes }),
        ),
    }),
    /** By name; Debian's archive never changes the bytes of a version, and signs the list that holds their hash. */
    v.object({
        kind: v.literal("deb"),
        name,
        packages: v.record(v.string(), v.object({ version: v.string(), bytes })),
    }),
    v.object({
        kind: v.literal("npm"),
        name,
        packages: v.array(
            v.object({
                name: v.string(),
                version: v.string(),
                integrity: v.pipe(v.string(), v.startsWith("sha512-")),
                bytes,
            }),
        ),
    }),
]);
const lockSchema = v.object({ format: v.literal(1), items: v.array(item) });

export type BundleItem = v.InferOutput<typeof item>;
export type BundleKind = BundleItem["kind"];
export type BundledImage = Extract<BundleItem, { kind: "image" }>;
export type BundleLock = v.InferOutput<typeof lockSchema>;

export const bundleKinds: readonly BundleKind[] = ["image", "wheel", "deb", "npm"];
export const bundleLockPath = join(root, "vm-images/bundle.lock.json");

/** An empty lock if there is no file. Rejects with "bundle.lock-unreadable". */
export async function readBundleLock(path = bundleLockPath): Promise<BundleLock> {
    if (!existsSync(path)) return { format: 1, items: [] };
    try {
        return v.parse(lockSchema, JSON.parse(await readFile(path, "utf8")));
    } catch (thrown) {
        throw new DrydockError(
            "bundle.lock-unreadable",
            `${path} cannot be read.`,
            "Restore it from version control, or delete it and add its items again.",
            { cause: thrown },
        );
    }
}

export async function writeBundleLock(lock: BundleLock, path = bundleLockPath): Promise<void> {
    const items = [...lock.items].sort(
        (a, b) => bundleKinds.indexOf(a.kind) - bundleKinds.indexOf(b.kind) || (a.name < b.name ? -1 : 1),
    );
    await writeFile(path, `${JSON.stringify({ format: 1, items } satisfies BundleLock, undefined, 4)}\n`);
}

/** The files of an item, each with a unique name and its compressed size in bytes. */
function filesOf(item: BundleItem): [string, number][] {
    switch (item.kind) {
        case "image":
            return Object.entries(item.blobs);
        case "wheel":
            return item.wheels.map(wheel => [wheel.filename, wheel.bytes]);
        case "deb":
            return Object.entries(item.packages).map(([name, { version, bytes }]) => [`${name}_${version}`, bytes]);
        case "npm":
            return item.packages.map(({ name, version, bytes }) => [`${name}@${version}`, bytes]);
    }
}

/** Compressed bytes; anything that several items share, such as layers and dependencies, counts once. */
export function bytesOf(items: readonly BundleItem[]): number {
    const files = new Map(
        items.flatMap(item => filesOf(item).map(([name, size]) => [`${item.kind} ${name}`, size] as const)),
    );
    return [...files.values()].reduce((sum, size) => sum + size, 0);
}

/**
 * The image's lock with the bundle's packages added: the stages that fetch, index and sign them need not know of two
 * lists.
 */
export function withBundle(lock: ImageLock, { items }: BundleLock): ImageLock {
    const wheels = new Map(lock.wheels.map(wheel => [wheel.filename, wheel]));
    const npm = new Map(lock.npm.map(one => [`${one.name}@${one.version}`, one]));
    const archive: Record<string, string> = {};
    for (const item of items) {
        if (item.kind === "wheel")
            for (const { filename, sha256 } of item.wheels) wheels.set(filename, { filename, sha256 });
        if (item.kind === "npm")
            for (const { name, version, integrity } of item.packages)
                npm.set(`${name}@${version}`, { name, version, integrity });
        if (item.kind === "deb")
            for (const [name, { version }] of Object.entries(item.packages)) archive[name] = version;
    }
    // a package that the image pins too keeps the image's version: a suite has one version of each
    return {
        ...lock,
        wheels: [...wheels.values()],
        npm: [...npm.values()],
        debian: { ...lock.debian, archive: { ...archive, ...lock.debian.archive } },
    };
}
