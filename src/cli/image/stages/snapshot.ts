import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { connectAgent } from "../../../agent/connect";
import type { Agent } from "../../../agent/agent";
import { until } from "../../../base/abort";
import { DrydockError } from "../../../base/errors";
import type { ImageManifest } from "../../../vm/image";
import type { Machine } from "../../../vm/machine";
import { createNodeMachine } from "../../../vm/node/node-machine";
import { fillPool, LayeredDisk, placeChunks, planChunks, type ChangedBlock } from "../chunks";
import { addBytes } from "../manifest-files";
import { run } from "../program";
import { defineStage, type Stage, type StageContext } from "../stage";
import { addCommonParts, addTable, CHUNK_BYTES, MEMORY, type ImageParts } from "./image-parts";
import type { Inputs } from "./inputs";

/** For the chunks of the draft, which only this stage reads. */
const QUICK = 1;

/** For kernel and agent, and for the engine: 10 s each on an idle machine, far more where builds run side by side. */
const BOOT_TIMEOUT = 900_000;

/**
 * Boots the disk, waits for agent and engine, makes the memory small and saves it. Output: state.zst with its size in
 * state.json, and the blocks that the guest wrote (blocks.bin: 8 bytes offset, 4 bytes length, content; little endian).
 */
export function snapshotStage({ workshop }: Inputs, parts: ImageParts): Stage {
    return defineStage(workshop, {
        name: "snapshot",
        version: 1,
        inputs: [PREPARE],
        needs: Object.values(parts),
        async run(context) {
            const { out, log, signal, progress } = context;
            const draft = join(out, "draft");
            await makeDraft(draft, parts, context);
            progress("booting");
            const kernelLog: string[] = [];
            const machine = createNodeMachine({ image: { base: pathToFileURL(`${draft}/`).href }, memory: MEMORY, boot: "cold", onKernelLog: line => kernelLog.push(line) });
            try {
                await machine.start(signal);
                const agent = await connectWithin(machine, kernelLog, signal);
                progress("starting the engine");
                await engineUp(agent, signal);
                progress("preparing the memory");
                await shell(agent, PREPARE, signal);
                agent.close();
                progress("saving");
                const { state, disk } = await machine.save();
                await writeFile(join(out, "state"), state);
                await writeFile(join(out, "blocks.bin"), packBlocks(disk));
                await writeFile(join(out, "state.json"), JSON.stringify({ rawBytes: state.length }));
            } finally {
                await machine.stop();
                await writeFile(join(out, "kernel.log"), kernelLog.join("\n"));
            }
            await rm(draft, { recursive: true });
            progress("compressing the memory");
            await run("zstd", ["-q", "--rm", "--no-check", "-T0", "-19", "--long=27", join(out, "state")], { log, signal });
        },
    });
}

/**
 * Makes the memory small. After the start it holds 80 MB of programs' pages that nothing needs any more; the kernel gives
 * them all back when asked, mapped ones too. What the prompt, a first `docker ps` and a first `docker run` touch is then read
 * again and goes into the snapshot: as chunks of the disk the same pages would cost three times the bytes, 330 requests and
 * seconds of waiting. It is read page by page, without what lies around it on the disk.
 */
const PREPARE = `
docker ps >/dev/null
docker images >/dev/null
sync
for turn in 1 2 3 4; do
    # "try again" is its way to say that there was less than asked for
    echo 400M >/sys/fs/cgroup/memory.reclaim || true
done 2>/dev/null
echo 3 >/proc/sys/vm/drop_caches
ahead=$(cat /sys/block/sda/queue/read_ahead_kb)
echo 0 >/sys/block/sda/queue/read_ahead_kb
docker images >/dev/null
docker run --rm busybox true
TERM=xterm-256color bash --login -ic 'ls --color=auto / | cat; docker ps' >/dev/null 2>&1
docker run --rm busybox true
echo $ahead >/sys/block/sda/queue/read_ahead_kb
sync
`;

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
        snapshot: { file: nothing, rawBytes: 1, memory: MEMORY },
        internet: { python: nothing, debian: nothing, node: nothing, hub: nothing },
    };
    await disk.close();
    await writeFile(join(folder, "image.json"), JSON.stringify(manifest));
}

async function connectWithin(machine: Machine, kernelLog: readonly string[], signal: AbortSignal): Promise<Agent> {
    try {
        return await connectAgent(machine.port(1), { signal, timeout: BOOT_TIMEOUT });
    } catch (thrown) {
        throw new DrydockError("image.guest-silent", `The guest did not come up. The end of its kernel log:\n${kernelLog.slice(-15).join("\n")}`, "Look for what stopped it in /sbin/drydock-init or the agent.", { cause: thrown });
    }
}

async function engineUp(agent: Agent, signal: AbortSignal): Promise<void> {
    try {
        await until(async () => ((await agent.exec(["docker", "info"], { signal })).code === 0 ? true : undefined), { every: 500, timeout: BOOT_TIMEOUT, what: "The start of the Docker engine", signal });
    } catch (thrown) {
        const tail = await agent.exec(["sh", "-c", "tail -n 20 /var/log/*.log"]);
        throw new DrydockError("image.engine-silent", `The Docker engine did not start. The end of its logs:\n${tail.stdout}`, "Look for what stopped it.", { cause: thrown });
    }
}

async function shell(agent: Agent, script: string, signal: AbortSignal): Promise<string> {
    const result = await agent.exec(["bash", "-ec", script], { signal });
    if (result.code !== 0) throw new DrydockError("image.guest-script", `A script in the guest ended with status ${result.code}: ${result.stderr.trim()}`, "Look at the script in src/cli/image/stages/snapshot.ts.");
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
    for (let at = 0; at < packed.length; ) {
        const length = packed.readUInt32LE(at + 8);
        blocks.push({ offset: Number(packed.readBigUInt64LE(at)), bytes: packed.subarray(at + BLOCK_HEADER, at + BLOCK_HEADER + length) });
        at += BLOCK_HEADER + length;
    }
    return blocks;
}

/** What a finished snapshot stage holds. */
export async function readSnapshot(stage: Stage): Promise<{ path: string; rawBytes: number; blocks: ChangedBlock[] }> {
    const { rawBytes } = JSON.parse(await readFile(join(stage.folder, "state.json"), "utf8")) as { rawBytes: number };
    return { path: join(stage.folder, "state.zst"), rawBytes, blocks: unpackBlocks(await readFile(join(stage.folder, "blocks.bin"))) };
}
