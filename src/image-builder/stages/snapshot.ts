import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { connectAgent } from "../../agent/connect";
import { openShell } from "../../agent/shell";
import type { Agent } from "../../agent/agent";
import { until } from "../../base/abort";
import { DrydockError } from "../../base/errors";
import { openGuest } from "../../guest/guest";
import type { ImageManifest, SnapshotCode } from "../../vm/image/image";
import type { Machine } from "../../vm/machine";
import { createNodeMachine } from "../../vm/node/node-machine";
import { fillPool, LayeredDisk, placeChunks, planChunks, type ChangedBlock } from "../formats/chunks";
import { addBytes } from "../formats/manifest-files";
import { run } from "../workshop/program";
import { defineStage, type Stage, type StageContext } from "../workshop/stage";
import { addCommonParts, addTable, CHUNK_BYTES, MEMORY, type ImageParts } from "./image-parts";
import type { Inputs } from "./inputs";

/** For the draft's chunks, which only this stage reads. */
const QUICK = 1;

/**
 * The level and window of zstd. A window of 8 MB makes a tenth more. Browsers could decompress that themselves
 * (`Content-Encoding: zstd`), but that was no faster: passing 137 MB in pieces of 64 KB from one process to the other
 * takes as long as decompressing them here.
 */
const PACKER = ["-19", "--long=27"];

/** For kernel and agent, and for the engine: 10 s each on an idle machine, far more where builds run side by side. */
const BOOT_TIMEOUT = 900_000;

/**
 * Boots the disk, waits for agent and engine, makes the memory small and saves it. Output: state.zst; the compiled code
 * (code-0.wasm and so on); state.json, which says what the state unpacks to; and the blocks that the guest wrote
 * (blocks.bin: 8 bytes offset, 4 bytes length, content; little endian).
 */
export function snapshotStage({ workshop }: Inputs, parts: ImageParts): Stage {
    return defineStage(workshop, {
        name: "snapshot",
        version: 5,
        inputs: [SHRINK, VISIT.join("\n"), GROWN, PACKER.join(" ")],
        needs: Object.values(parts),
        async run(context) {
            const { out, log, signal, progress } = context;
            const draft = join(out, "draft");
            await makeDraft(draft, parts, context);
            progress("booting");
            const kernelLog: string[] = [];
            const machine = createNodeMachine({
                image: { base: pathToFileURL(`${draft}/`).href },
                memory: MEMORY,
                boot: "cold",
                keepCode: true,
                onKernelLog: line => kernelLog.push(line),
            });
            try {
                await machine.start(signal);
                const agent = await connectWithin(machine, kernelLog, signal);
                progress("starting the engine");
                await engineUp(agent, signal);
                progress("preparing the memory");
                await shell(agent, SHRINK, signal);
                agent.close();
                await visit(machine, signal);
                progress("saving");
                const { state, code, disk } = await machine.save();
                if (!code) throw new Error("the machine should have saved its code, but saved none");
                await writeFile(join(out, "state"), state);
                for (const [number, module] of code.modules.entries())
                    await writeFile(join(out, codeFile(number)), module);
                await writeFile(join(out, "blocks.bin"), packBlocks(disk));
                const { guestAt, clock } = code;
                const kept: Kept = {
                    raw: { bytes: state.length, sha256: createHash("sha256").update(state).digest("hex") },
                    code: { guestAt, clock },
                    codeModules: code.modules.length,
                };
                await writeFile(join(out, "state.json"), JSON.stringify(kept));
            } finally {
                await machine.stop();
                await writeFile(join(out, "kernel.log"), kernelLog.join("\n"));
            }
            await rm(draft, { recursive: true });
            progress("compressing the memory");
            await run("zstd", [...PACKER, "-q", "--rm", "--no-check", "-T0", join(out, "state")], { log, signal });
        },
    });
}

/**
 * Makes the memory small. After the start it holds 80 MB of programs' pages that nothing needs any more; the kernel
 * frees them all when asked, even mapped ones. Then the pages that a visit touches, up to the end of a first `docker
 * run`, are read in again and go into the snapshot: as chunks of the disk, the same pages would cost three times the
 * bytes, 330 requests and seconds of waiting. They are read page by page, without their neighbours on the disk.
 */
const SHRINK = `
docker ps >/dev/null
docker images >/dev/null
sync
for turn in 1 2 3 4; do
    # "try again" is its way to say that there was less than asked for
    echo 400M >/sys/fs/cgroup/memory.reclaim || true
done 2>/dev/null
echo 3 >/proc/sys/vm/drop_caches
cat /sys/block/sda/queue/read_ahead_kb >/run/read-ahead
echo 0 >/sys/block/sda/queue/read_ahead_kb
`;

/**
 * Typed in a terminal, where none of it may remain. What is hot in the commands at the end goes into the snapshot
 * compiled: four rounds make 353 pages, 15 MB of WebAssembly, 1.5 MB to transfer. Two rounds make 223, and then a first
 * `docker run` takes 6.2 s instead of 5.5 on a return visit; on a first visit, when the browser has to optimise them,
 * there is no difference.
 */
const VISIT = [
    "unset HISTFILE",
    "ls --color=auto / | cat",
    "docker images",
    ...Array.from({ length: 4 }, () => ["docker run --rm busybox true", "docker ps"]).flat(),
];

const GROWN = `
cat /run/read-ahead >/sys/block/sda/queue/read_ahead_kb
rm /run/read-ahead
sync
`;

/** Does what a page and its student do first, which also brings in the pages of the agent and of the shell. */
async function visit(machine: Machine, signal: AbortSignal): Promise<void> {
    const guest = await openGuest(machine, { internet: () => new Response(null, { status: 404 }), signal });
    try {
        await guest.engineReady(signal);
        const { agent } = guest;
        const file = "/workspace/.visit";
        const unwatch = agent.files.watch("/workspace", () => undefined);
        await agent.files.write(file, "", { signal });
        await agent.files.list("/workspace", { recursive: true, signal });
        await agent.files.read(file, { signal });
        await agent.files.remove(file);
        unwatch();
        await agent.usage();
        const terminal = await openShell(agent, { columns: 80, rows: 24 });
        const shown = terminal.output.pipeTo(new WritableStream());
        machine.forgetCode(); // keep what is hot from here on, during a visit, and not what was hot when the engine started
        for (const command of VISIT) {
            const { code, output } = await terminal.run(command, signal);
            if (code !== 0)
                throw new DrydockError(
                    "image.guest-script",
                    `"${command}" in the guest ended with status ${code}: ${output}`,
                    "Look at VISIT in src/image-builder/stages/snapshot.ts.",
                );
        }
        terminal.close();
        await Promise.allSettled([shown, terminal.exit]);
        await guest.docker.containers.list({ signal });
        await shell(agent, GROWN, signal);
    } finally {
        guest.close();
    }
}

async function makeDraft(folder: string, parts: ImageParts, context: StageContext): Promise<void> {
    await mkdir(folder);
    const disk = await LayeredDisk.open(join(parts.disk.folder, "disk.img"), CHUNK_BYTES);
    context.progress("reading the disk");
    const plan = await planChunks(disk, context.signal);
    await fillPool(disk, plan, QUICK, context);
    await placeChunks(plan, QUICK, folder);
    const nothing = await addBytes(folder, new Uint8Array(1), "none");
    const manifest: ImageManifest = {
        ...(await addCommonParts(folder, parts)),
        id: "draft",
        disk: await addTable(folder, plan.table, disk.bytes, []),
        snapshot: { file: nothing, raw: nothing, memory: MEMORY },
        internet: { python: nothing, debian: nothing, node: nothing, hub: nothing },
    };
    await disk.close();
    await writeFile(join(folder, "image.json"), JSON.stringify(manifest));
}

async function connectWithin(machine: Machine, kernelLog: readonly string[], signal: AbortSignal): Promise<Agent> {
    try {
        return await connectAgent(machine.port(1), { signal, timeout: BOOT_TIMEOUT });
    } catch (thrown) {
        throw new DrydockError(
            "image.guest-silent",
            `The guest did not start. The end of its kernel log:\n${kernelLog.slice(-15).join("\n")}`,
            "Look for the cause in /sbin/drydock-init or the agent.",
            { cause: thrown },
        );
    }
}

async function engineUp(agent: Agent, signal: AbortSignal): Promise<void> {
    try {
        await until(async () => ((await agent.exec(["docker", "info"], { signal })).code === 0 ? true : undefined), {
            every: 500,
            timeout: BOOT_TIMEOUT,
            what: "The start of the Docker engine",
            signal,
        });
    } catch (thrown) {
        const tail = await agent.exec(["sh", "-c", "tail -n 20 /var/log/*.log"]);
        throw new DrydockError(
            "image.engine-silent",
            `The Docker engine did not start. The end of its logs:\n${tail.stdout}`,
            "Look for what stopped it.",
            { cause: thrown },
        );
    }
}

async function shell(agent: Agent, script: string, signal: AbortSignal): Promise<string> {
    const result = await agent.exec(["bash", "-ec", script], { signal });
    if (result.code !== 0)
        throw new DrydockError(
            "image.guest-script",
            `A script in the guest ended with status ${result.code}: ${result.stderr.trim()}`,
            "Look at the script in src/cli/image/stages/snapshot.ts.",
        );
    return result.stdout;
}

const BLOCK_HEADER = 12;

export function packBlocks(blocks: readonly ChangedBlock[]): Buffer {
    return Buffer.concat(
        blocks.flatMap(({ offset, bytes }) => {
            const header = Buffer.alloc(BLOCK_HEADER);
            header.writeBigUInt64LE(BigInt(offset), 0);
            header.writeUInt32LE(bytes.length, 8);
            return [header, bytes];
        }),
    );
}

export function unpackBlocks(packed: Buffer): ChangedBlock[] {
    const blocks: ChangedBlock[] = [];
    for (let at = 0; at < packed.length;) {
        const length = packed.readUInt32LE(at + 8);
        blocks.push({
            offset: Number(packed.readBigUInt64LE(at)),
            bytes: packed.subarray(at + BLOCK_HEADER, at + BLOCK_HEADER + length),
        });
        at += BLOCK_HEADER + length;
    }
    return blocks;
}

const codeFile = (number: number): string => `code-${number}.wasm`;

/** state.json: what the other files unpack to, and where it belongs. */
interface Kept {
    raw: ImageManifest["snapshot"]["raw"];
    code: Omit<SnapshotCode, "modules">;
    codeModules: number;
}

export interface FinishedSnapshot extends Kept {
    /** Paths of the snapshot's files. */
    files: { state: string; code: string[] };
    blocks: ChangedBlock[];
}

/** The content of a finished snapshot stage. */
export async function readSnapshot({ folder }: Stage): Promise<FinishedSnapshot> {
    const kept = JSON.parse(await readFile(join(folder, "state.json"), "utf8")) as Kept;
    const files = {
        state: join(folder, "state.zst"),
        code: Array.from({ length: kept.codeModules }, (_, number) => join(folder, codeFile(number))),
    };
    return { ...kept, files, blocks: unpackBlocks(await readFile(join(folder, "blocks.bin"))) };
}
