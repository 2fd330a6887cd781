import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
    chunkPath,
    fillPool,
    LayeredDisk,
    placeChunks,
    planChunks,
    pooledChunk,
} from "../../../src/image-builder/formats/chunks";
import { packBlocks, unpackBlocks } from "../../../src/image-builder/stages/snapshot";

const CHUNK = 4096;
const COUNT = 64;
let folder: string;
let path: string;
const before = process.env.DRYDOCK_CACHE;

beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "drydock-chunks-"));
    process.env.DRYDOCK_CACHE = folder;
    path = join(folder, "disk");
    writeFileSync(path, "");
    truncateSync(path, COUNT * CHUNK);
    const file = await open(path, "r+");
    await file.write(Buffer.alloc(CHUNK, "a"), 0, CHUNK, 3 * CHUNK);
    await file.write(Buffer.alloc(CHUNK, "a"), 0, CHUNK, 9 * CHUNK);
    await file.write(Buffer.alloc(CHUNK, "b"), 0, CHUNK, 20 * CHUNK);
    await file.write(Buffer.alloc(CHUNK), 0, CHUNK, 30 * CHUNK); // zeros that are not a hole
    await file.close();
});
afterEach(() => {
    if (before === undefined) delete process.env.DRYDOCK_CACHE;
    else process.env.DRYDOCK_CACHE = before;
    rmSync(folder, { recursive: true });
});

const hashOf = (content: Buffer): string => createHash("sha256").update(content).digest("hex").slice(0, 32);
const entry = (table: Buffer, chunk: number): string => table.toString("hex", chunk * 16, chunk * 16 + 16);
const context = () => ({ log: join(folder, "log"), progress: () => undefined });

describe("chunks", () => {
    test("the table names contents; equal ones share a file, zeros have none", async () => {
        const disk = await LayeredDisk.open(path, CHUNK);
        const { table, contents } = await planChunks(disk);
        await disk.close();
        expect(table.length).toBe(COUNT * 16);
        expect(entry(table, 3)).toBe(hashOf(Buffer.alloc(CHUNK, "a")));
        expect(entry(table, 9)).toBe(entry(table, 3));
        expect(contents.size).toBe(2);
        expect([...Array(COUNT).keys()].filter(chunk => !/^0+$/.test(entry(table, chunk)))).toEqual([3, 9, 20]);
    });

    test("the guest's blocks cover the disk, across borders and in holes", async () => {
        const changes = [
            { offset: 4 * CHUNK - 512, bytes: Buffer.alloc(1024, "x") },
            { offset: 50 * CHUNK + 1, bytes: Buffer.from("y") },
            { offset: 20 * CHUNK, bytes: Buffer.alloc(CHUNK) },
        ];
        const disk = await LayeredDisk.open(path, CHUNK, changes);
        const expected = Buffer.alloc(COUNT * CHUNK);
        for (let chunk = 0; chunk < COUNT; chunk++) (await disk.read(chunk)).copy(expected, chunk * CHUNK);
        const { table } = await planChunks(disk);
        await disk.close();
        expect(expected.subarray(3 * CHUNK, 4 * CHUNK - 512).every(byte => byte === 97)).toBe(true);
        expect(expected.subarray(4 * CHUNK - 512, 4 * CHUNK + 512).toString()).toBe("x".repeat(1024));
        expect(expected[50 * CHUNK + 1]).toBe(121);
        expect([...Array(COUNT).keys()].filter(chunk => !/^0+$/.test(entry(table, chunk)))).toEqual([3, 4, 9, 50]);
    });

    test("a later block wins over an earlier one", async () => {
        const disk = await LayeredDisk.open(path, CHUNK, [
            { offset: 0, bytes: Buffer.from("first") },
            { offset: 0, bytes: Buffer.from("then") },
        ]);
        expect((await disk.read(0)).toString("latin1", 0, 5)).toBe("thent");
        await disk.close();
    });

    test("each content is compressed once and shared between images", async () => {
        const disk = await LayeredDisk.open(path, CHUNK);
        const plan = await planChunks(disk);
        await fillPool(disk, plan, 3, context());
        const [hash] = plan.contents.keys();
        const made = statSync(pooledChunk(hash!, 3)).mtimeMs;
        await fillPool(disk, plan, 3, context());
        await disk.close();
        expect(statSync(pooledChunk(hash!, 3)).mtimeMs).toBe(made);
        for (const image of ["one", "two"]) await placeChunks(plan, 3, join(folder, image));
        await placeChunks(plan, 3, join(folder, "one")); // harmless the second time
        expect(execFileSync("zstd", ["-dc", join(folder, "two", chunkPath(hash!))]).toString()).toBe("a".repeat(CHUNK));
        expect(statSync(pooledChunk(hash!, 3)).nlink).toBe(3);
        expect(readdirSync(join(folder, "chunks")).filter(name => name.startsWith("work"))).toEqual([]);
        expect(existsSync(pooledChunk(hash!, 19))).toBe(false);
    });

    test("a disk that is no whole number of chunks is refused", async () => {
        truncateSync(path, COUNT * CHUNK + 1);
        await expect(LayeredDisk.open(path, CHUNK)).rejects.toThrow("whole number");
    });

    test("blocks survive being written down", () => {
        const blocks = [
            { offset: 5_000_000_000, bytes: Buffer.from("abc") },
            { offset: 0, bytes: Buffer.alloc(0) },
            { offset: 512, bytes: Buffer.alloc(512, 7) },
        ];
        expect(
            unpackBlocks(packBlocks(blocks)).map(({ offset, bytes }) => ({ offset, bytes: Buffer.from(bytes) })),
        ).toEqual(blocks);
    });
});
