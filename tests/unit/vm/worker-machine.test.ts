import { describe, expect, test, vi } from "vitest";
import type { FetchFile } from "../../../src/vm/loader";
import type { FromWorker, StartOptions } from "../../../src/vm/protocol";
import { WorkerMachine } from "../../../src/vm/worker/worker-machine";
import { manifest } from "./fake-manifest";

const start: StartOptions = { base: "http://image.test/vm/", boot: "auto", commandLine: "", kernelLog: false };

function open(fetchFile: FetchFile) {
    const said: FromWorker[] = [];
    const machine = new WorkerMachine({ post: message => said.push(structuredClone(message)), fetchFile });
    const failure = () => said.find((message): message is Extract<FromWorker, { kind: "failed" }> => message.kind === "failed");
    return { machine, said, failure };
}
const offline: FetchFile = () => Promise.reject(new TypeError("Failed to fetch"));

describe("the machine in its thread", () => {
    test.each<[string, string, FetchFile]>([
        ["nobody answers", "image.unreachable", offline],
        ["the image is not there", "image.unreachable", async () => new Response(null, { status: 404 })],
        ["there is a web page instead", "image.wrong-format", async () => new Response("<!doctype html>")],
        ["the image has another format", "image.wrong-format", async () => new Response(JSON.stringify({ ...manifest(), format: 2 }))],
        ["only the manifest is there", "image.unreachable", async url => (url.endsWith("image.json") ? new Response(JSON.stringify(manifest())) : new Response(null, { status: 404 }))],
    ])("fails by name when %s", async (_name, code, fetchFile) => {
        const { machine, failure } = open(fetchFile);
        machine.receive({ kind: "start", options: start });
        await vi.waitFor(() => expect(failure()).toMatchObject({ error: { code } }));
    });

    test("refuses to do without the snapshot when that is demanded", async () => {
        const { machine, failure } = open(async () => new Response(JSON.stringify(manifest())));
        machine.receive({ kind: "start", options: { ...start, boot: "snapshot", memory: 256 } });
        await vi.waitFor(() => expect(failure()).toMatchObject({ error: { code: "vm.memory-differs" } }));
    });

    test("what v86 throws in a turn of its CPU ends the machine, once, with its cause", () => {
        const { machine, said } = open(offline);
        machine.crashed(new WebAssembly.RuntimeError("unreachable"));
        machine.crashed(new Error("and again"));
        expect(said).toEqual([{ kind: "failed", error: expect.objectContaining({ code: "vm.worker-died", causes: [expect.stringContaining("unreachable")] }) }]);
    });

    test("answers before it runs", async () => {
        const { machine, said } = open(offline);
        machine.receive({ kind: "statistics", request: 7 });
        machine.receive({ kind: "save", request: 8 });
        machine.receive({ kind: "port-consumed", port: 1, count: 1 });
        machine.receive({ kind: "port-input", port: 1, bytes: new Uint8Array(1) });
        await vi.waitFor(() => expect(said).toHaveLength(2));
        expect(said).toEqual([
            { kind: "statistics", request: 7, statistics: { instructions: 0, compiledModules: 0, fetchedBytes: 0, diskChunksFetched: 0, diskBytesWritten: 0 } },
            { kind: "request-failed", request: 8, error: expect.objectContaining({ code: "vm.not-running" }) },
        ]);
    });
});
