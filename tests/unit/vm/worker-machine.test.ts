import { afterEach, beforeEach, describe, expect, test, vi, type MockInstance } from "vitest";
import type { ImageFile } from "../../../src/vm/image/image";
import type { FetchFile } from "../../../src/vm/image/loader";
import type { FromWorker, StartOptions } from "../../../src/vm/protocol";
import { prepareCode, WorkerMachine } from "../../../src/vm/worker/worker-machine";
import { manifest } from "./fake-manifest";

const start: StartOptions = { base: "http://image.test/vm/", boot: "auto", commandLine: "", kernelLog: false };

function open(fetchFile: FetchFile) {
    const said: FromWorker[] = [];
    const machine = new WorkerMachine({ post: message => said.push(structuredClone(message)), fetchFile });
    const failure = () =>
        said.find((message): message is Extract<FromWorker, { kind: "failed" }> => message.kind === "failed");
    return { machine, said, failure };
}
const file = (path: string): ImageFile => ({ path, bytes: 4, sha256: "0".repeat(64) });
const offline: FetchFile = () => Promise.reject(new TypeError("Failed to fetch"));

describe("the machine in its thread", () => {
    test.each<[string, string, FetchFile]>([
        ["nobody answers", "image.unreachable", offline],
        ["the image is not there", "image.unreachable", async () => new Response(null, { status: 404 })],
        ["there is a web page instead", "image.wrong-format", async () => new Response("<!doctype html>")],
        [
            "the image has another format",
            "image.wrong-format",
            async () => new Response(JSON.stringify({ ...manifest(), format: 1 })),
        ],
        [
            "only the manifest is there",
            "image.unreachable",
            async url =>
                url.endsWith("image.json")
                    ? new Response(JSON.stringify(manifest()))
                    : new Response(null, { status: 404 }),
        ],
    ])("fails by name when %s", async (_name, code, fetchFile) => {
        const { machine, failure } = open(fetchFile);
        machine.receive({ kind: "start", options: start });
        await vi.waitFor(() => expect(failure()).toMatchObject({ error: { code } }));
    });

    test.each(["module", "wasm"] as const)(
        "an image with another emulator's %s is refused before any of it is requested",
        async part => {
            const other = manifest();
            other.emulator[part] = { ...other.emulator[part], sha256: "1".repeat(64) };
            const asked: string[] = [];
            const { machine, failure } = open(async url => {
                asked.push(url);
                return new Response(JSON.stringify(other));
            });
            machine.receive({ kind: "start", options: start });
            await vi.waitFor(() =>
                expect(failure()).toMatchObject({
                    error: {
                        code: "image.unknown-emulator",
                        advice: expect.stringContaining("npm run drydock -- image build"),
                        causes: [expect.stringContaining(`${other.emulator[part].path} has the sha256 1111`)],
                    },
                }),
            );
            expect(asked).toEqual(["http://image.test/vm/image.json"]);
        },
    );

    test("refuses to start without the snapshot if it is required", async () => {
        const { machine, failure } = open(async () => new Response(JSON.stringify(manifest())));
        machine.receive({ kind: "start", options: { ...start, boot: "snapshot", memory: 256 } });
        await vi.waitFor(() => expect(failure()).toMatchObject({ error: { code: "vm.memory-differs" } }));
    });

    test.each([
        ["less than the snapshot has keeps the snapshot", 256, "image.unreachable"],
        ["as much as the snapshot has keeps it", 512, "image.unreachable"],
        ["more than the snapshot has does not fit it", 768, "vm.memory-differs"],
    ])("a demand for at least %s", async (_name, leastMemory, code) => {
        const { machine, failure } = open(async url =>
            url.endsWith("image.json") ? new Response(JSON.stringify(manifest())) : new Response(null, { status: 404 }),
        );
        machine.receive({ kind: "start", options: { ...start, boot: "snapshot", leastMemory } });
        await vi.waitFor(() => expect(failure()).toMatchObject({ error: { code } }));
    });

    test("what v86 throws in a turn of its CPU ends the machine, once, with its cause", () => {
        const { machine, said } = open(offline);
        machine.crashed(new WebAssembly.RuntimeError("unreachable"));
        machine.crashed(new Error("and again"));
        expect(said).toEqual([
            {
                kind: "failed",
                error: expect.objectContaining({
                    code: "vm.worker-died",
                    causes: [expect.stringContaining("unreachable")],
                }),
            },
        ]);
    });

    test("answers before it runs", async () => {
        const { machine, said } = open(offline);
        machine.receive({ kind: "statistics", request: 7 });
        machine.receive({ kind: "save", request: 8 });
        machine.receive({ kind: "port-consumed", port: 1, count: 1 });
        machine.receive({ kind: "port-input", port: 1, bytes: new Uint8Array(1) });
        await vi.waitFor(() => expect(said).toHaveLength(2));
        expect(said).toEqual([
            {
                kind: "statistics",
                request: 7,
                statistics: {
                    instructions: 0,
                    compiledModules: 0,
                    fetchedBytes: 0,
                    diskChunksFetched: 0,
                    diskBytesWritten: 0,
                },
            },
            { kind: "request-failed", request: 8, error: expect.objectContaining({ code: "vm.not-running" }) },
        ]);
    });
});

describe("the snapshot's compiled code", () => {
    const saved = { modules: [file("code.wasm")], guestAt: 4096, clock: [7, 0] as [number, number] };
    const modules = [new WebAssembly.Module(new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]))];
    let said: MockInstance;
    beforeEach(() => void (said = vi.spyOn(console, "warn").mockImplementation(() => undefined)));
    afterEach(() => said.mockRestore());

    test("is made ready with what belongs to it", async () => {
        const place = () => undefined;
        const emulator = { prepareCode: vi.fn(async () => place) };
        expect(await prepareCode(emulator, saved, Promise.resolve({ value: modules }), 1000)).toBe(place);
        expect(emulator.prepareCode).toHaveBeenCalledWith(saved, modules);
        expect(said).not.toHaveBeenCalled();
    });

    test.each([
        ["cannot be had", Promise.resolve({ thrown: new Error("gone") })],
        ["does not come", new Promise<never>(() => undefined)],
    ])("that %s is done without", async (_, code) => {
        const emulator = { prepareCode: vi.fn(async () => () => undefined) };
        expect(await prepareCode(emulator, saved, code, 5)).toBeUndefined();
        expect(emulator.prepareCode).not.toHaveBeenCalled();
        expect(said).toHaveBeenCalledOnce();
    });

    test("that does not fit is not used", async () => {
        const emulator = { prepareCode: () => Promise.reject(new Error("another layout")) };
        expect(await prepareCode(emulator, saved, Promise.resolve({ value: modules }), 1000)).toBeUndefined();
        expect(said).toHaveBeenCalledOnce();
    });
});
