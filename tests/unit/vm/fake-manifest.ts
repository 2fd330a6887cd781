import { IMAGE_FORMAT, type ImageFile, type ImageManifest } from "../../../src/vm/image/image";
import { KNOWN_EMULATOR } from "../../../src/vm/image/known-emulator";

const file = (path: string, bytes = 10): ImageFile => ({ path, bytes, sha256: "0".repeat(64) });

export const manifest = (): ImageManifest => ({
    format: IMAGE_FORMAT,
    id: "test",
    emulator: {
        version: "0.5.462",
        module: { ...file("v86-1.mjs"), sha256: KNOWN_EMULATOR.module },
        wasm: { ...file("v86-1.wasm"), sha256: KNOWN_EMULATOR.wasm },
    },
    bios: file("bios-1.bin"),
    vgaBios: file("vgabios-1.bin"),
    kernel: file("kernel-1.bin"),
    commandLine: "root=/dev/sda",
    disk: { bytes: 8 * 65536, chunkBytes: 65536, table: file("disk/table-1.bin", 8 * 16), prefetch: [3, 1] },
    snapshot: { file: file("snapshot-1.zst"), raw: { bytes: 100, sha256: "0".repeat(64) }, memory: 512 },
    preloaded: [{ ref: "busybox", digest: "sha256:1", bytes: 5, contents: "busybox" }],
    internet: {
        python: file("python-1.json"),
        debian: file("debian-1.json"),
        node: file("node-1.json"),
        hub: file("catalogue-1.json"),
    },
    builtAt: "2026-11-21T00:00:00Z",
});
