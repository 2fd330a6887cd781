/**
 * Programs that a stage runs: their output goes to the stage's log, and a failure becomes an error that shows the end
 * of it.
 */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import type { Duplex } from "node:stream";
import { DrydockError } from "../../base/errors";

export interface RunOptions {
    log: string;
    cwd?: string;
    env?: Record<string, string>;
    stdin?: string;
    signal?: AbortSignal;
    /** Each line of both streams as it arrives, for progress. */
    onLine?: (line: string) => void;
    /** Gets the other end of the program's file descriptor 3, which works both ways. */
    link?: (end: Duplex) => void;
}

/** Lines of the log that an error shows. */
const TAIL = 15;

export const tailOf = (log: string): string =>
    existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n").slice(-TAIL).join("\n") : "";

/**
 * Runs to the end and resolves to what it printed on standard output. A status other than 0 rejects with
 * "image.program-failed".
 */
export function run(program: string, argv: readonly string[], options: RunOptions): Promise<string> {
    const log = openSync(options.log, "a");
    writeSync(log, `$ ${program} ${argv.join(" ")}\n`);
    return new Promise((resolve, reject) => {
        const child = spawn(program, argv, {
            cwd: options.cwd,
            env: { ...process.env, LC_ALL: "C.UTF-8", ...options.env },
            signal: options.signal,
            killSignal: "SIGTERM",
            stdio: ["pipe", "pipe", "pipe", ...(options.link ? (["pipe"] as const) : [])],
        }) as ChildProcessWithoutNullStreams;
        if (child.pid !== undefined) options.link?.(child.stdio[3] as unknown as Duplex);
        const parts: Buffer[] = [];
        let rest = "";
        const watch = (data: Buffer) => {
            writeSync(log, data);
            if (!options.onLine) return;
            const lines = (rest + data.toString()).split("\n");
            rest = lines.pop()!;
            for (const line of lines) options.onLine(line);
        };
        child.stdout.on("data", (data: Buffer) => {
            parts.push(data);
            watch(data);
        });
        child.stderr.on("data", watch);
        child.stdin.on("error", () => undefined); // the program may end without reading it; its status shows the result
        child.stdin.end(options.stdin ?? "");
        child.on("error", thrown => {
            if (options.signal?.aborted) return reject(options.signal.reason); // "close" follows
            if (child.pid !== undefined) return;
            closeSync(log);
            reject(
                new DrydockError(
                    "image.program-missing",
                    `The program ${program} could not be started.`,
                    "Install what `npm run drydock -- image packages` lists, then run the build again.",
                    {
                        cause: thrown,
                    },
                ),
            );
        });
        child.on("close", (code, signal) => {
            if (child.pid === undefined) return; // never started: reported above
            closeSync(log);
            if (code === 0) return resolve(Buffer.concat(parts).toString());
            if (options.signal?.aborted) return reject(options.signal.reason);
            reject(
                new DrydockError(
                    "image.program-failed",
                    `${program} ${argv[0] ?? ""} ended with ${signal ?? `status ${code}`}:\n${tailOf(options.log)}`,
                    `The full log: ${options.log}`,
                ),
            );
        });
    });
}
