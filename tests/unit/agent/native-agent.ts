/** The agent built for this host and run over its standard input and output. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { Readable, Writable } from "node:stream";
import type { Bytes } from "../../../src/base/bytes";
import type { Duplex } from "../../../src/base/duplex";

const source = resolve(import.meta.dirname, "../../../vm-images/agent");
const folder = resolve(import.meta.dirname, "../../../node_modules/.cache/agent");

/** Builds if the source has changed (the Go tool knows), and returns the program's path. */
export function buildNativeAgent(): string {
    mkdirSync(folder, { recursive: true });
    const program = resolve(folder, "agent");
    execFileSync("go", ["build", "-trimpath", "-o", program, "."], {
        cwd: source,
        env: { ...process.env, CGO_ENABLED: "0", GOOS: "linux", GOFLAGS: "-mod=readonly" },
        stdio: "inherit",
    });
    return program;
}

export interface NativePort {
    port: Duplex;
    process: ChildProcess;
    close: () => Promise<void>;
}

export function startNativeAgent(program: string): NativePort {
    const child = spawn(program, ["-stdio"], { stdio: ["pipe", "pipe", "inherit"] });
    const ended = new Promise<void>(done => child.once("exit", () => done()));
    child.stdin.on("error", () => undefined); // the error shows in the writable
    return {
        port: {
            readable: Readable.toWeb(child.stdout, { strategy: { highWaterMark: 4 } }) as ReadableStream<Bytes>,
            writable: Writable.toWeb(child.stdin) as WritableStream<Bytes>,
        },
        process: child,
        close: async () => {
            child.kill("SIGKILL");
            await ended;
        },
    };
}
