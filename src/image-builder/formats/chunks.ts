/** Cuts a disk into chunks named after their content, and compresses each chunk once for all images on this machine. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { link, mkdir, open, readdir, rename, rm, writeFile, copyFile, type FileHandle } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { cacheFolder } from "../../host/cache";
import { run } from "../workshop/program";

export const HASH_BYTES = 16;

/** A block that the guest wrote. */
export interface ChangedBlock {
    offset: number;
    bytes: Uint8Array;
}

export interface ChunkPlan {
    /** 16 bytes for each chunk; all zeros for a chunk of zeros. */
    table: Buffer;
    /** Hash in hex -> number of a chunk with this content. */
    contents: Map<string, number>;
}

/** A disk image with the guest's blocks on top. */
export class LayeredDisk {
    #changes = new Map<number, ChangedBlock[]>();
    /** Chunks that are not holes in the file. */
    #written: Set<number>;

    private constructor(
        readonly file: FileHandle,
        readonly bytes: number,
        readonly chunkBytes: number,
        changes: readonly ChangedBlock[],
        written: Set<number>,
    ) {
        this.#written = written;
        for (const change of changes) {
            const last = Math.floor((change.offset + change.bytes.length - 1) / chunkBytes);
            for (let chunk = Math.floor(change.offset / chunkBytes); chunk <= last; chunk++) {
                const list = this.#changes.get(chunk) ?? [];
                list.push(change);
                this.#changes.set(chunk, list);
            }
        }
    }

    static async open(path: string, chunkBytes: number, changes: readonly ChangedBlock[] = []): Promise<LayeredDisk> {
        const file = await open(path, "r");
        const { size } = await file.stat();
        if (size % chunkBytes !== 0) throw new Error(`${path} is not a whole number of chunks`);
        return new LayeredDisk(file, size, chunkBytes, changes, await writtenChunks(path, chunkBytes));
    }

    /** False for a chunk that is certainly all zeros. */
    mayHoldData(chunk: number): boolean {
        return this.#written.has(chunk) || this.#changes.has(chunk);
    }

    /** One chunk. The buffer belongs to the caller. */
    async read(chunk: number): Promise<Buffer> {
        const start = chunk * this.chunkBytes;
        const content = Buffer.alloc(this.chunkBytes);
        await this.file.read(content, 0, this.chunkBytes, start);
        for (const { offset, bytes } of this.#changes.get(chunk) ?? []) {
            const from = Math.max(offset, start);
            const to = Math.min(offset + bytes.length, start + this.chunkBytes);
            content.set(bytes.subarray(from - offset, to - offset), from - start);
        }
        return content;
    }

    close(): Promise<void> {
        return this.file.close();
    }
}

/** Prints "start end" for each part of a sparse file that holds data. Node has no call for this. */
const LIST_DATA = `
import os, sys
file = os.open(sys.argv[1], os.O_RDONLY)
size, at = os.fstat(file).st_size, 0
while at < size:
    try: start = os.lseek(file, at, os.SEEK_DATA)
    except OSError: break
    at = os.lseek(file, start, os.SEEK_HOLE)
    print(start, at)
`;

async function writtenChunks(path: string, chunkBytes: number): Promise<Set<number>> {
    const written = new Set<number>();
    const extents = await run("python3", ["-c", LIST_DATA, path], { log: "/dev/null" });
    for (const line of extents.split("\n").filter(text => text !== "")) {
        const [start, end] = line.split(" ").map(Number) as [number, number];
        for (let chunk = Math.floor(start / chunkBytes); chunk * chunkBytes < end; chunk++) written.add(chunk);
    }
    return written;
}

const isZero = (bytes: Buffer): boolean => bytes.equals(zeros(bytes.length));
let zeroBlock = Buffer.alloc(0);
const zeros = (length: number): Buffer =>
    zeroBlock.length === length ? zeroBlock : (zeroBlock = Buffer.alloc(length));

/** Reads the whole disk. */
export async function planChunks(disk: LayeredDisk, signal?: AbortSignal): Promise<ChunkPlan> {
    const count = disk.bytes / disk.chunkBytes;
    const table = Buffer.alloc(count * HASH_BYTES);
    const contents = new Map<string, number>();
    for (let chunk = 0; chunk < count; chunk++) {
        signal?.throwIfAborted();
        if (!disk.mayHoldData(chunk)) continue;
        const content = await disk.read(chunk);
        if (isZero(content)) continue;
        const hash = createHash("sha256").update(content).digest().subarray(0, HASH_BYTES);
        hash.copy(table, chunk * HASH_BYTES);
        contents.set(hash.toString("hex"), chunk);
    }
    return { table, contents };
}

/**
 * Where the compressed chunk with this hash is kept. Levels do not mix: a draft's quickly compressed chunks are never
 * shipped.
 */
export const pooledChunk = (hash: string, level: number): string =>
    join(cacheFolder(), "chunks", `zstd-${level}`, hash.slice(0, 2), `${hash}.zst`);

/** Path of the chunk in an image's folder. */
export const chunkPath = (hash: string): string => `disk/${hash.slice(0, 2)}/${hash}.zst`;

/** Chunks passed to one call of zstd. */
const BATCH = 48;

/** Compresses the chunks that the pool lacks. */
export async function fillPool(
    disk: LayeredDisk,
    plan: ChunkPlan,
    level: number,
    context: { log: string; signal?: AbortSignal; progress(text: string): void },
): Promise<void> {
    const missing = [...plan.contents].filter(([hash]) => !existsSync(pooledChunk(hash, level)));
    const total = missing.length;
    let done = 0;
    const show = () => context.progress(`compressing the disk, ${done} of ${total} chunks`);
    show();
    const worker = async (name: string) => {
        const work = join(cacheFolder(), "chunks", `work-${process.pid}-${level}-${name}`);
        try {
            for (let batch = missing.splice(0, BATCH); batch.length > 0; batch = missing.splice(0, BATCH)) {
                context.signal?.throwIfAborted();
                await mkdir(work, { recursive: true });
                for (const [hash, chunk] of batch) await writeFile(join(work, hash), await disk.read(chunk));
                // nice: the snapshot's boot runs at the same time, and everything waits for it
                await run(
                    "nice",
                    ["-n", "5", "zstd", "-q", "--rm", "--no-check", `-${level}`, ...batch.map(([hash]) => hash)],
                    { ...context, cwd: work },
                );
                for (const [hash] of batch) {
                    const to = pooledChunk(hash, level);
                    await mkdir(dirname(to), { recursive: true });
                    await rename(join(work, `${hash}.zst`), to);
                }
                done += batch.length;
                show();
            }
        } finally {
            await rm(work, { recursive: true, force: true });
        }
    };
    await Promise.all(Array.from({ length: availableParallelism() }, (_, index) => worker(String(index))));
    if (done !== total) throw new Error(`compressed ${done} of ${total} chunks`);
}

/** Puts the chunks of a plan into an image's folder, sharing files with the pool. */
export async function placeChunks(plan: ChunkPlan, level: number, folder: string): Promise<void> {
    for (const hash of plan.contents.keys()) {
        const to = join(folder, chunkPath(hash));
        await mkdir(dirname(to), { recursive: true });
        await share(pooledChunk(hash, level), to);
    }
}

/** Links a folder under a second name, file by file. */
export async function shareFolder(from: string, to: string): Promise<void> {
    await mkdir(to, { recursive: true });
    for (const entry of await readdir(from, { withFileTypes: true }))
        await (entry.isDirectory() ? shareFolder : share)(join(from, entry.name), join(to, entry.name));
}

/** Links a file under a second name; copies it if the file system has no links. */
export async function share(from: string, to: string): Promise<void> {
    try {
        await link(from, to);
    } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code === "EEXIST") return;
        await copyFile(from, to);
    }
}
