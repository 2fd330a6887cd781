/**
 * Which chunks of an image's disk the common commands read, in order: what a page fetches ahead while the student
 * reads.
 */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { openGuest } from "../../guest/guest";
import { createInternet } from "../../internet/router";
import type { Machine, MachineOptions } from "../../vm/machine";
import { fetchFile } from "../../vm/node/file-fetch";
import { RemoteMachine, type WorkerLink } from "../../vm/remote-machine";
import { WorkerMachine } from "../../vm/worker/worker-machine";
import { createFileBundle } from "../../host/file-bundle";
import { HASH_BYTES } from "../formats/chunks";

/** What a student does first, in the order of a first lesson. */
const COMMANDS = [
    "TERM=xterm-256color bash --login -ic 'ls --color=auto' >/dev/null 2>&1; docker ps; docker images",
    "docker run --rm busybox echo hi",
    "docker run --rm hello-world",
    "docker run --rm python:3.13-slim python -c 'import json, socket, http.server'",
    'mkdir -p /tmp/build && cd /tmp/build && echo flask >requirements.txt && printf \'FROM python:3.13-slim\\nWORKDIR /app\\nCOPY requirements.txt .\\nRUN pip install -r requirements.txt\\nCMD ["python", "-m", "flask", "--version"]\\n\' >Dockerfile && docker build -t warm . && docker run --rm warm',
    // the engine, BuildKit and their pulls; the layers are in the store
    "docker pull node:20-slim && echo 'FROM gcc' | docker build -t warm -",
];

export interface Reads {
    /** Chunk numbers in order of first use. */
    chunks: number[];
    /** Compressed bytes that each command fetched in addition to those before it. */
    bytes: { command: string; chunks: number; bytes: number }[];
}

/** A machine in this thread whose file reads can be observed. */
function createWatchedMachine(options: MachineOptions, onFile: (path: string) => void): Machine {
    const open = (): WorkerLink => {
        let toPage: Parameters<WorkerLink["listen"]>[0] = () => undefined;
        const worker = new WorkerMachine({
            // one task later, as between threads: nobody is called back during their own call
            post: message => setImmediate(() => toPage(message)),
            fetchFile: (url, settings) => {
                onFile(url);
                return fetchFile(url, settings);
            },
        });
        return {
            post: message => setImmediate(() => worker.receive(message)),
            listen: onMessage => {
                toPage = onMessage;
            },
            // halts the CPU; the rest ends with the process
            terminate: () => worker.crashed(new Error("the measurement has ended")),
        };
    };
    return new RemoteMachine(options, open);
}

/** Restores the image and watches what the commands make it read. */
export async function measureReads(
    folder: string,
    tablePath: string,
    progress: (text: string) => void,
    signal?: AbortSignal,
): Promise<Reads> {
    const table = await readFile(join(folder, tablePath));
    const chunkOf = new Map<string, number>();
    for (let chunk = table.length / HASH_BYTES - 1; chunk >= 0; chunk--)
        chunkOf.set(table.toString("hex", chunk * HASH_BYTES, (chunk + 1) * HASH_BYTES), chunk);

    const seen = new Map<number, string>();
    const machine = createWatchedMachine(
        { image: { base: pathToFileURL(`${folder}/`).href }, boot: "snapshot" },
        url => {
            const chunk = chunkOf.get(/\/([0-9a-f]+)\.zst$/.exec(url)?.[1] ?? "");
            if (chunk !== undefined && !seen.has(chunk)) seen.set(chunk, url);
        },
    );
    const sizeOf = async (from: number): Promise<number> => {
        let bytes = 0;
        for (const url of [...seen.values()].slice(from)) bytes += (await stat(fileURLToPath(url))).size;
        return bytes;
    };
    const reads: Reads = { chunks: [], bytes: [] };
    try {
        const guest = await openGuest(machine, { internet: createInternet(createFileBundle(folder)), signal });
        await guest.engineReady(signal);
        for (const command of COMMANDS) {
            const before = seen.size;
            progress(`reads of: ${command.slice(0, 50)}`);
            const { code, stderr } = await guest.agent.exec(["bash", "-c", command], {
                signal,
                env: { HOME: "/root" },
            });
            // On a host under heavy load, a client may time out; what it has read until then still counts.
            if (code !== 0) progress(`"${command}" ended with status ${code}: ${stderr.trim()}`);
            reads.bytes.push({ command, chunks: seen.size - before, bytes: await sizeOf(before) });
        }
        guest.close();
    } finally {
        await machine.stop();
    }
    reads.chunks = [...seen.keys()];
    return reads;
}
