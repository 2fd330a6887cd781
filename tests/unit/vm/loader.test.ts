import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test, vi, type Mock } from "vitest";
import type { ImageFile } from "../../../src/vm/image/image";
import { ImageLoader, type FetchFile } from "../../../src/vm/image/loader";
import { fetchFile } from "../../../src/vm/node/file-fetch";
import { manifest } from "./fake-manifest";

const BASE = "http://image.test/vm/";
const content = new Uint8Array(300_000).map((_, at) => at * 7);
const file: ImageFile = {
    path: "kernel-1.bin",
    bytes: content.byteLength,
    sha256: createHash("sha256").update(content).digest("hex"),
};

/** Gives the responses in turn; the last one for ever. */
function answers(...responses: (() => Response)[]) {
    const fetches: Mock<FetchFile> = vi.fn<FetchFile>(async () =>
        responses[Math.min(fetches.mock.calls.length, responses.length) - 1]!(),
    );
    return fetches;
}
const good = () => new Response(content);
const status = (code: number) => () => new Response(null, { status: code });
const cacheModes = (fetches: ReturnType<typeof answers>) => fetches.mock.calls.map(([, options]) => options?.cache);

describe("loader", () => {
    test("gives the file and its progress", async () => {
        const fetches = answers(good);
        const loader = new ImageLoader(BASE, fetches);
        const progress: number[] = [];
        expect(Buffer.from(await loader.file(file, loaded => progress.push(loaded))).equals(Buffer.from(content))).toBe(
            true,
        );
        expect(progress.at(-1)).toBe(content.byteLength);
        expect(loader.fetchedBytes).toBe(content.byteLength);
        expect(fetches.mock.calls[0]![0]).toBe(`${BASE}kernel-1.bin`);
    });

    test.each([
        ["truncated", () => new Response(content.slice(0, 1000))],
        ["longer", () => new Response(new Uint8Array(content.byteLength + 1))],
        ["altered", () => new Response(content.map((byte, at) => (at === 99 ? byte ^ 1 : byte)))],
        ["empty", () => new Response(new Uint8Array(0))],
    ])("a file that is %s is fetched once more past the cache, then named", async (_name, bad) => {
        const twice = answers(bad);
        await expect(new ImageLoader(BASE, twice).file(file)).rejects.toMatchObject({
            code: "image.damaged",
            message: expect.stringContaining("kernel-1.bin"),
        });
        expect(cacheModes(twice)).toEqual(["default", "reload"]);
        await expect(new ImageLoader(BASE, answers(bad, good)).file(file)).resolves.toHaveLength(content.byteLength);
    });

    test("an unavailable file is named", async () => {
        await expect(new ImageLoader(BASE, answers(status(404))).file(file)).rejects.toMatchObject({
            code: "image.unreachable",
        });
        const offline: FetchFile = () => Promise.reject(new TypeError("Failed to fetch"));
        await expect(new ImageLoader(BASE, offline).file(file)).rejects.toMatchObject({
            code: "image.unreachable",
            cause: { message: "Failed to fetch" },
        });
    });

    test("a connection that breaks off is named", async () => {
        const breaking = () => {
            let pieces = 0;
            return new Response(
                new ReadableStream({
                    pull: controller =>
                        pieces++
                            ? controller.error(new TypeError("network error"))
                            : controller.enqueue(content.slice(0, 100)),
                }),
            );
        };
        await expect(new ImageLoader(BASE, answers(breaking)).file(file)).rejects.toMatchObject({
            code: "image.unreachable",
            cause: { message: "network error" },
        });
        await expect(new ImageLoader(BASE, answers(breaking, good)).file(file)).resolves.toHaveLength(
            content.byteLength,
        );
    });

    test("a server that falls silent is named, whenever it does", async () => {
        const never = new Promise<never>(() => undefined);
        const silent = (fetchFile: FetchFile) => new ImageLoader(BASE, fetchFile, 5);
        const stuck = async () =>
            new Response(new ReadableStream({ start: controller => controller.enqueue(content.slice(0, 100)) }));
        for (const fetchFile of [() => never, stuck]) {
            await expect(silent(fetchFile).file(file)).rejects.toMatchObject({ code: "image.unreachable" });
            await expect(silent(fetchFile).manifest()).rejects.toMatchObject({ code: "image.unreachable" });
        }
    });

    test("asks for the manifest anew each time", async () => {
        const fetches = answers(() => new Response(JSON.stringify(manifest())));
        expect(await new ImageLoader(BASE, fetches).manifest()).toEqual(manifest());
        expect(cacheModes(fetches)).toEqual(["no-cache"]);
    });

    test("a server that answers everything with its start page is told apart from an image", async () => {
        await expect(
            new ImageLoader(
                BASE,
                answers(() => new Response("<!doctype html>")),
            ).manifest(),
        ).rejects.toMatchObject({ code: "image.wrong-format", message: expect.stringContaining("web page") });
    });

    test("without WebCrypto, as on a plain http address, the hash is still checked", async () => {
        vi.stubGlobal("crypto", {});
        try {
            await expect(new ImageLoader(BASE, answers(good)).file(file)).resolves.toHaveLength(content.byteLength);
            await expect(
                new ImageLoader(
                    BASE,
                    answers(() => new Response(content.map(byte => byte ^ 1))),
                ).file(file),
            ).rejects.toMatchObject({ code: "image.damaged" });
        } finally {
            vi.unstubAllGlobals();
        }
    });
});

describe("fetch from disk", () => {
    let folder: string;
    beforeAll(async () => {
        folder = await mkdtemp(join(tmpdir(), "drydock-loader-"));
        await writeFile(join(folder, file.path), content);
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    test("reads files whole", async () => {
        const loader = new ImageLoader(pathToFileURL(`${folder}/`).href, fetchFile);
        expect(Buffer.from(await loader.file(file)).equals(Buffer.from(content))).toBe(true);
    });

    test("a missing file is a 404", async () => {
        const loader = new ImageLoader(pathToFileURL(`${folder}/`).href, fetchFile);
        await expect(loader.manifest()).rejects.toMatchObject({
            code: "image.unreachable",
            cause: { message: "status 404" },
        });
    });
});
