import { createHash } from "node:crypto";
import { describe, expect, test, vi, type Mock } from "vitest";
import type { ImageFile } from "../../../src/vm/image/image";
import { ImageLoader, type FetchFile } from "../../../src/vm/image/loader";
import { loadWasm } from "../../../src/vm/worker/load-emulator";

/** The smallest module there is. */
const content = new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
const file: ImageFile = {
    path: "code.wasm",
    bytes: content.byteLength,
    sha256: createHash("sha256").update(content).digest("hex"),
};
const streamed = (body: BodyInit | null) => new Response(body, { headers: { "Content-Type": "application/wasm" } });
type Answer = () => Response | Promise<Response>;
const silent = () => new ReadableStream({ start: controller => controller.enqueue(content.slice(0, 4)) });

/** Answers in turn; the last one for ever. */
const load = (...answers: Answer[]) => loadWithin(20, ...answers);

function loadWithin(silenceLimit: number, ...answers: Answer[]) {
    const fetchFile: Mock<FetchFile> = vi.fn<FetchFile>(async () =>
        answers[Math.min(fetchFile.mock.calls.length, answers.length) - 1]!(),
    );
    const loader = new ImageLoader("http://image.test/vm/", fetchFile, silenceLimit);
    return { module: loadWasm(loader, file), fetchFile, loader };
}

describe("WebAssembly of the image", () => {
    test("is compiled from the response", async () => {
        const { module, fetchFile, loader } = loadWithin(10_000, () => streamed(content));
        expect(await module).toBeInstanceOf(WebAssembly.Module);
        expect(fetchFile).toHaveBeenCalledOnce();
        expect(loader.fetchedBytes).toBe(content.byteLength);
    });

    test.each<[string, Answer]>([
        ["is no stream of WebAssembly", () => new Response(content)],
        ["is damaged", () => streamed(new Uint8Array(8))],
        ["falls silent half-way", () => streamed(silent())],
        ["does not come", () => new Promise<Response>(() => undefined)],
    ])("what %s is read and checked as any other file", async (_, first) => {
        const { module, fetchFile } = load(first, () => new Response(content));
        expect(await module).toBeInstanceOf(WebAssembly.Module);
        expect(fetchFile).toHaveBeenCalledTimes(2);
    });

    test("a request that is given up is told so", async () => {
        const { module, fetchFile } = load(
            () => streamed(silent()),
            () => new Response(content),
        );
        await module;
        expect(fetchFile.mock.calls[0]![1]!.signal!.aborted).toBe(true);
    });

    test("what stays silent, or damaged, is named", async () => {
        await expect(load(() => streamed(silent())).module).rejects.toMatchObject({ code: "image.unreachable" });
        await expect(load(() => streamed(new Uint8Array(8))).module).rejects.toMatchObject({ code: "image.damaged" });
    });
});
