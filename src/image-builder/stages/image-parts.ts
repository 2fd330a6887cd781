/** What a draft (for the snapshot's boot) and the final image share. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { IMAGE_FORMAT, type ImageManifest } from "../../vm/image/image";
import { addBytes, addFile } from "../formats/manifest-files";
import type { Stage } from "../workshop/stage";
import type { Preloaded } from "./disk";

/** Bytes in a chunk of the disk. */
export const CHUNK_BYTES = 256 * 1024;
/** Guest memory of the snapshot in MB. */
export const MEMORY = 512;

/**
 * `tsc=reliable`, no watchdogs: a tab can sleep, and then the clock jumps. `init_on_free`: freed pages are zeros, which
 * halves the snapshot. `dummy.numdummies=0`: no network card that nobody asked for. `random.trust_cpu`: no wait for
 * entropy; the page reseeds after a restore.
 */
export const COMMAND_LINE =
    "console=ttyS0 root=/dev/sda rw init=/sbin/drydock-init tsc=reliable mitigations=off random.trust_cpu=on nowatchdog rcupdate.rcu_cpu_stall_suppress=1 init_on_free=1 dummy.numdummies=0";

export interface ImageParts {
    emulator: Stage;
    bios: Stage;
    kernel: Stage;
    disk: Stage;
}

type Common = Pick<
    ImageManifest,
    "format" | "emulator" | "bios" | "vgaBios" | "kernel" | "commandLine" | "preloaded" | "builtAt"
>;

export async function addCommonParts(folder: string, parts: ImageParts): Promise<Common> {
    const identity = JSON.parse(await readFile(join(parts.emulator.folder, "version.json"), "utf8")) as {
        version: string;
    };
    return {
        format: IMAGE_FORMAT,
        emulator: {
            version: identity.version,
            module: await addFile(folder, join(parts.emulator.folder, "libv86.mjs")),
            wasm: await addFile(folder, join(parts.emulator.folder, "v86.wasm")),
        },
        bios: await addFile(folder, join(parts.bios.folder, "bios.bin")),
        vgaBios: await addFile(folder, join(parts.bios.folder, "vgabios-stdvga.bin")),
        kernel: await addFile(folder, join(parts.kernel.folder, "bzImage")),
        commandLine: COMMAND_LINE,
        preloaded: JSON.parse(await readFile(join(parts.disk.folder, "preloaded.json"), "utf8")) as Preloaded[],
        builtAt: new Date().toISOString(),
    };
}

export async function addTable(
    folder: string,
    table: Buffer,
    bytes: number,
    prefetch: number[],
): Promise<ImageManifest["disk"]> {
    return { bytes, chunkBytes: CHUNK_BYTES, table: await addBytes(folder, table, "chunks.bin"), prefetch };
}
