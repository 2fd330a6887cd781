/**
 * A built VM image: a folder whose `image.json` names every other file by its content. `vm-images` builds it; the
 * machine reads it, over HTTP in the browser and from disk under Node.
 */

/**
 * A file of the image. `path` is relative to `image.json`; it names the content, so the file may be cached for ever.
 */
export interface ImageFile {
    path: string;
    /** Bytes as stored (compressed if the name ends in .zst). */
    bytes: number;
    /** sha256 of the stored bytes, hex. */
    sha256: string;
}

/**
 * The compiled pages of a snapshot. They fit only the state saved with them, which includes the emulator's own memory,
 * in the same emulator.
 */
export interface SnapshotCode {
    /**
     * WebAssembly modules with a function for each page. They are not compressed, so that browsers cache what they
     * compile of them.
     */
    modules: ImageFile[];
    /** Where the guest's memory begins in the emulator's, bytes. */
    guestAt: number;
    /** The guest's time stamp counter, low and high half. */
    clock: [number, number];
}

/** The format of image.json and of the files it names. */
export const IMAGE_FORMAT = 2;

export interface ImageManifest {
    format: typeof IMAGE_FORMAT;
    /** Content id of the whole image: the same inputs give the same id. */
    id: string;
    emulator: { version: string; /** patched libv86.mjs */ module: ImageFile; /** patched v86.wasm */ wasm: ImageFile };
    bios: ImageFile;
    vgaBios: ImageFile;
    kernel: ImageFile;
    commandLine: string;
    disk: {
        /** Size of the disk in bytes, a multiple of `chunkBytes`. */
        bytes: number;
        chunkBytes: number;
        /**
         * The chunk table: for each chunk 16 bytes, the first half of the sha256 of its uncompressed content; sixteen
         * zero bytes mean that the chunk is all zeros and has no file. The chunk with hash h is `disk/<hh>/<h in
         * hex>.zst`.
         */
        table: ImageFile;
        /** Numbers of the chunks that the common commands read, in order of first use. */
        prefetch: number[];
    };
    /**
     * `file`: one zstd frame. `raw`: what it unpacks to (saved-state.ts); its sha256 names the unpacked state that a
     * browser keeps. `memory` in MB. `code`: what was compiled when the state was saved, if that was kept.
     */
    snapshot: { file: ImageFile; raw: { bytes: number; sha256: string }; memory: number; code?: SnapshotCode };
    /** Container images already in the engine's store. */
    preloaded: { ref: string; digest: string; bytes: number; contents: string }[];
    /** Lists of the content that the page answers from, each in the same folder as the files it lists. */
    internet: {
        /** wheels */ python: ImageFile;
        /** .deb files */ debian: ImageFile;
        /** npm's tarballs */ node: ImageFile;
        /** Docker Hub's images */ hub: ImageFile;
    };
    builtAt: string;
}

/** Where an image's files come from. */
export interface ImageSource {
    /**
     * Absolute address of the folder that holds `image.json`, ending in "/": http(s): in the browser, file: under Node.
     */
    readonly base: string;
}
