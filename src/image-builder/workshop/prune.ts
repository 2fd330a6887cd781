/** Removes builds that nobody uses any more. */
import { readdir, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { cacheFolder, imagesFolder, stagesFolder } from "../../host/cache";
import { imagesInUse } from "../../host/current-image";

interface Folder {
    path: string;
    group: string;
    used: number;
}

/**
 * Keeps the images in use and the `keep` most recently used images and outputs of each stage. Removes chunks that no
 * image uses. `imagesToo` false leaves the images alone: another clone's server may be reading one.
 */
export async function prune(keep: number, imagesToo = true): Promise<{ removed: number; bytes: number }> {
    const inUse = await imagesInUse();
    const all = [
        ...(imagesToo ? await foldersIn(imagesFolder(), () => "image") : []),
        // "guest-root-<key>": the group is the part before the key; a ".part" is the remainder of an interrupted build
        ...(await foldersIn(stagesFolder(), name => (name.endsWith(".part") ? "" : name.replace(/-[0-9a-f]+$/, "")))),
    ];
    // Node 20 lacks Map.groupBy
    const groups = new Map<string, Folder[]>();
    for (const folder of all) groups.set(folder.group, [...(groups.get(folder.group) ?? []), folder]);
    let removed = 0;
    let bytes = 0;
    for (const [group, folders] of groups) {
        const old = folders.sort((a, b) => b.used - a.used).slice(group === "" ? 0 : keep);
        for (const { path } of old) {
            if (inUse.includes(basename(path))) continue;
            bytes += await sizeOf(path);
            removed++;
            await rm(path, { recursive: true });
        }
    }
    return { removed, bytes: bytes + (imagesToo ? await pruneChunks() : 0) };
}

async function foldersIn(parent: string, groupOf: (name: string) => string): Promise<Folder[]> {
    const entries = await readdir(parent, { withFileTypes: true }).catch(() => []); // nothing built yet
    return Promise.all(
        entries
            .filter(entry => entry.isDirectory())
            .map(async entry => {
                const path = join(parent, entry.name);
                return { path, group: groupOf(entry.name), used: (await stat(path)).mtimeMs };
            }),
    );
}

/** A chunk that an image uses has a second name, in the image's folder. */
async function pruneChunks(): Promise<number> {
    const pool = join(cacheFolder(), "chunks");
    let bytes = 0;
    const entries = await readdir(pool, { recursive: true, withFileTypes: true }).catch(() => []); // nothing built yet
    for (const entry of entries) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        const { nlink, size } = await stat(path);
        if (nlink > 1) continue;
        bytes += size;
        await rm(path);
    }
    return bytes;
}

async function sizeOf(folder: string): Promise<number> {
    let bytes = 0;
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const { blocks, nlink } = await stat(join(entry.parentPath, entry.name));
        if (nlink === 1) bytes += blocks * 512;
    }
    return bytes;
}
