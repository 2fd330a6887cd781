import { createHash } from "node:crypto";
import { describe, expect, test, vi, type Mock } from "vitest";
import type { ImageFile } from "../../../src/vm/image/image";
import { ImageLoader, type FetchFile } from "../../../src/vm/image/loader";
import { loadModule, loadWasm } from "../../../src/vm/worker/load-emulator";

/** The smallest module possible. */
const content = new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
const file: ImageFile = {
    path: "code.wasm",
    bytes: content.byteLength,
    sha256: createHash("sha256").update(content).digest("hex"),
};
const streamed = (body: BodyInit | null) => new Response(body, { headers: { "Content-Type": "application/wasm" } });
type Answer = () => Response | Promise<Response>;
const silent = () => new ReadableStream({ start: controller => controller.enqueue(content.slice(0, 4)) });

/** Gives the answers in turn; the last one for ever. */
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

    test("is requested with its hash, so that the browser hands over nothing else", async () => {
        const { module, fetchFile } = loadWithin(10_000, () => streamed(content));
        await module;
        expect(fetchFile.mock.calls[0]![1]).toMatchObject({
            integrity: `sha256-${createHash("sha256").update(content).digest("base64")}`,
        });
    });

    test("that compiles but has another hash is not used, whoever serves it", async () => {
        const other = new Uint8Array([...content, 0, 2, 1, 0x78]); // with a section without meaning
        expect(await WebAssembly.compile(other)).toBeInstanceOf(WebAssembly.Module);
        const refusing =
            (bytes: Uint8Array<ArrayBuffer>): FetchFile =>
            async (_url, options) => {
                const hash = `sha256-${createHash("sha256").update(bytes).digest("base64")}`;
                if (options?.integrity !== undefined && options.integrity !== hash)
                    throw new TypeError("Failed to fetch");
                return streamed(bytes);
            };
        const loader = new ImageLoader("http://image.test/vm/", refusing(other), 10_000);
        await expect(loadWasm(loader, { ...file, bytes: other.byteLength })).rejects.toMatchObject({
            code: "image.damaged",
        });
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

    test("a cancelled request rejects as cancelled", async () => {
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

describe("the emulator's script", () => {
    const script = (text: string, sha256 = createHash("sha256").update(text).digest("hex")) => {
        const loader = new ImageLoader("http://image.test/vm/", async () => new Response(text));
        // the address itself contains the script
        Object.defineProperty(loader, "urlOf", { value: () => `data:text/javascript,${encodeURIComponent(text)}` });
        return loadModule(loader, { path: "v86.mjs", bytes: text.length, sha256 });
    };

    test("runs when its hash is the expected one", async () => {
        const { V86 } = await script("export class V86 {}");
        expect(V86).toBeTypeOf("function");
    });

    test("with another hash is not run at all", async () => {
        const mark = "drydockRanForeignScript";
        await expect(script(`globalThis.${mark} = true; export class V86 {}`, "0".repeat(64))).rejects.toMatchObject({
            code: "image.damaged",
        });
        expect(mark in globalThis).toBe(false);
        await script(`globalThis.${mark} = true; export class V86 {}`); // run without the refusal, it does set the mark
        expect(Reflect.get(globalThis, mark)).toBe(true);
        Reflect.deleteProperty(globalThis, mark);
    });

    test("that is something else is named", async () => {
        await expect(script("export const a = 1;")).rejects.toMatchObject({ code: "image.wrong-format" });
        await expect(script("export const = ;")).rejects.toMatchObject({ code: "image.damaged" });
    });
});
