/** Files of an image, named after their content, so that they can be cached for ever. */
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { ImageFile } from "../../vm/image/image";

/** Copies `from` into the image's folder as `files/<16 hex>-<name>`. */
export async function addFile(folder: string, from: string, name = basename(from)): Promise<ImageFile> {
    return addBytes(folder, await readFile(from), name);
}

export async function addBytes(folder: string, bytes: Uint8Array, name: string): Promise<ImageFile> {
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const path = `files/${sha256.slice(0, 16)}-${name}`;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
    return { path, bytes: bytes.length, sha256 };
}

export async function addFiles(folder: string, sources: readonly string[]): Promise<ImageFile[]> {
    const files: ImageFile[] = [];
    for (const source of sources) files.push(await addFile(folder, source));
    return files;
}
