import { cp, mkdtemp, open, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Agent } from "../../src/agent/agent";
import { until } from "../../src/base/abort";
import type { ImageManifest, SnapshotCode } from "../../src/vm/image/image";
import type { MachineState } from "../../src/vm/machine";
import { readPieces, SavedState } from "../../src/vm/image/saved-state";
import { openGuest } from "../../src/guest/guest";
import { createNodeMachine, openThread } from "../../src/vm/node/node-machine";
import { RemoteMachine, type WorkerLink } from "../../src/vm/remote-machine";
import { imageBase, startMachine, type StartedMachine } from "./machine";

const running: StartedMachine[] = [];
const start = async (options?: Parameters<typeof startMachine>[0]) => {
    const started = await startMachine(options);
    running.push(started);
    return started;
};
const shell = async (agent: Agent, command: string) => {
    const { stdout, stderr, code } = await agent.exec(["sh", "-c", command]);
    if (code !== 0) throw new Error(`${command}: ${code}\n${stderr}`);
    return stdout.trim();
};

afterEach(async () => {
    await Promise.all(running.splice(0).map(started => started.stop()));
});

/** The current image with one of its files changed; everything else is linked. */
async function imageWith(change: (folder: string, manifest: ImageManifest) => Promise<ImageManifest>): Promise<string> {
    const original = fileURLToPath(await imageBase());
    const folder = await mkdtemp(join(tmpdir(), "drydock-image-"));
    folders.push(folder);
    const manifest = JSON.parse(await readFile(join(original, "image.json"), "utf8")) as ImageManifest;
    for (const path of topLevelOf(manifest)) await symlink(join(original, path), join(folder, path));
    await writeFile(join(folder, "image.json"), JSON.stringify(await change(folder, manifest)));
    return pathToFileURL(`${folder}/`).href;
}
const folders: string[] = [];
afterAll(() => Promise.all(folders.map(folder => rm(folder, { recursive: true, force: true }))));

/** Names in the image's folder that contain the manifest's files and the chunks. */
function topLevelOf(manifest: ImageManifest): Set<string> {
    const { emulator, bios, vgaBios, kernel, disk, snapshot } = manifest;
    const files = [emulator.module, emulator.wasm, bios, vgaBios, kernel, disk.table, snapshot.file];
    return new Set(["disk", ...files.map(({ path }) => path.split("/")[0]!)]);
}

/** Replaces the link at `path` with a copy. */
async function ownCopy(folder: string, path: string): Promise<string> {
    const target = join(folder, path);
    const top = join(folder, path.split("/")[0]!);
    const original = join(fileURLToPath(await imageBase()), path.split("/")[0]!);
    await rm(top);
    await cp(original, top, { recursive: true });
    return target;
}

describe("from the snapshot", () => {
    let started: StartedMachine;
    beforeAll(async () => {
        started = await startMachine();
    });
    afterAll(() => started.stop());

    test("the agent answers and the engine is up", async () => {
        expect(started.machine.state).toEqual({ kind: "running", from: "snapshot" });
        expect(await started.docker.ping()).toBe(true);
    });

    test("the snapshot contains what a first docker ps reads", async () => {
        const fetched = async () => (await started.machine.statistics()).diskChunksFetched;
        const before = await fetched();
        expect((await started.agent.exec(["docker", "ps"])).code).toBe(0);
        expect((await fetched()) - before).toBeLessThan(5); // 27 to 30 if Go interrupts its goroutines: different pages each time
    });

    test("the clock is right, keeps running, and timers fire", async () => {
        const guestTime = async () => Number(await shell(started.agent, "date +%s.%N"));
        const before = Date.now() / 1000;
        const first = await guestTime();
        expect(Math.abs(first - before)).toBeLessThan(30);
        await shell(started.agent, "sleep 1");
        const host = Date.now() / 1000 - before;
        const guest = (await guestTime()) - first;
        expect(guest).toBeGreaterThan(0.9);
        expect(Math.abs(guest - host)).toBeLessThan(10);
        // if the clock stood still, this would stay at its first number
        const ticks = "awk '{print $1}' /proc/uptime";
        const uptime = Number(await shell(started.agent, ticks));
        await until(async () => (Number(await shell(started.agent, ticks)) > uptime ? true : undefined), {
            every: 100,
            timeout: 20_000,
            what: "the uptime's next step",
        });
    });

    test("the clock can be set", async () => {
        const past = Date.UTC(2030, 0, 1);
        await started.agent.setTime(past);
        expect(await shell(started.agent, "date -u +%Y")).toBe("2030");
        await started.agent.setTime(Date.now());
    });

    test("statistics grow with what the guest does", async () => {
        const before = await started.machine.statistics();
        await shell(
            started.agent,
            "dd if=/dev/zero of=/root/grow bs=1M count=8 conv=fsync; cksum /root/grow; rm /root/grow; sync",
        );
        const after = await started.machine.statistics();
        expect(after.instructions).toBeGreaterThan(before.instructions + 1e6);
        expect(after.compiledModules).toBeGreaterThan(0);
        expect(after.diskBytesWritten).toBeGreaterThanOrEqual(before.diskBytesWritten + 8 * 1024 * 1024);
        expect(after.fetchedBytes).toBeGreaterThan(1e6);
        expect(after.diskChunksFetched).toBeGreaterThan(0);
    });

    test("its disk is read ahead when the page says so, and not in a machine beside it that nobody told", async () => {
        const fetched = async ({ machine }: StartedMachine) => (await machine.statistics()).diskChunksFetched;
        const untold = await start();
        const before = { told: await fetched(started), untold: await fetched(untold) };
        started.machine.prefetch();
        await until(async () => ((await fetched(started)) >= before.told + 100 ? true : undefined), {
            every: 200,
            timeout: 60_000,
            what: "a hundred chunks ahead",
        });
        expect((await fetched(untold)) - before.untold).toBeLessThan(20); // the engine's own reads
    });

    test("what is written to the disk is read back from it", async () => {
        const sum = "cksum </root/data";
        await shell(started.agent, "dd if=/dev/urandom of=/root/data bs=1000 count=9000 conv=fsync");
        const before = await shell(started.agent, sum);
        await shell(started.agent, "sync; echo 3 >/proc/sys/vm/drop_caches");
        expect(await shell(started.agent, sum)).toBe(before);
    });

    test("8 MB through the port arrive whole, both ways", async () => {
        const bytes = new Uint8Array(8 << 20).map((_, at) => (at * 31) ^ (at >> 11));
        await started.agent.files.write("/root/large", bytes);
        expect(Buffer.from(await started.agent.files.read("/root/large")).equals(Buffer.from(bytes))).toBe(true);
    });

    test("a flood that nobody reads blocks the guest's program, not the machine", async () => {
        const flood = await started.agent.spawn(["yes", "flood"]);
        await until(async () => ((await shell(started.agent, "echo alive")) === "alive" ? true : undefined), {
            every: 10,
            timeout: 30_000,
            what: "an answer beside the flood",
        });
        flood.kill("KILL");
        await flood.stdout.cancel(); // the exit comes after what the program has written
        expect(await flood.exit).toBe(137);
    });
});

test("two restores do not draw the same random numbers", async () => {
    const uuid = "cat /proc/sys/kernel/random/uuid";
    const drawn: string[] = [];
    for (let machine = 0; machine < 2; machine++) {
        const started = await startMachine();
        try {
            drawn.push(await shell(started.agent, uuid));
            drawn.push(await shell(started.agent, "od -An -N16 -tx1 /dev/urandom"));
        } finally {
            await started.stop();
        }
    }
    expect(new Set(drawn).size).toBe(4);
});

test("a cold boot starts agent and engine on its own, and logs its kernel", async () => {
    const log: string[] = [];
    const started = await start({ boot: "cold", commandLine: "drydock.test=1", onKernelLog: line => log.push(line) });
    expect(started.machine.state).toEqual({ kind: "running", from: "cold" });
    expect(await shell(started.agent, "cat /proc/cmdline")).toContain("drydock.test=1");
    expect(log.join("\n")).toContain("Linux version");
    await started.engineReady();
});

test("another memory size boots cold and says so", async () => {
    const started = await start({ memory: 384 });
    expect(started.machine.state).toMatchObject({
        kind: "running",
        from: "cold",
        fallback: { code: "vm.memory-differs" },
    });
    const total = Number(await shell(started.agent, "awk '/MemTotal/ {print $2}' /proc/meminfo")) / 1024;
    expect(total).toBeGreaterThan(320);
    expect(total).toBeLessThan(384);
});

describe("the snapshot's compiled code", () => {
    /** Modules compiled before anything was asked of the guest. */
    const compiledAtStart = async (options: Parameters<typeof start>[0] = {}) => {
        const started = await start(options);
        expect(started.machine.state).toEqual({ kind: "running", from: "snapshot" });
        return { started, compiled: (await started.machine.statistics()).compiledModules };
    };

    test("is there from the start, and the guest's clock keeps running", async () => {
        const { started, compiled } = await compiledAtStart();
        expect(compiled).toBeGreaterThan(100);
        await started.engineReady();
        // measured with the restored counter: a second is a second
        const [before, after] = (await shell(started.agent, "date +%s%N; sleep 1; date +%s%N"))
            .split("\n")
            .map(Number) as [number, number];
        expect((after - before) / 1e9).toBeGreaterThanOrEqual(1);
        expect((after - before) / 1e9).toBeLessThan(30);
        expect(await shell(started.agent, "docker run --rm busybox echo compiled")).toBe("compiled");
    });

    test.each([
        [
            "missing",
            async (_folder: string, code: SnapshotCode) => ({
                ...code,
                modules: [...code.modules.slice(1), { ...code.modules[0]!, path: "gone.wasm" }],
            }),
        ],
        [
            "damaged",
            async (folder: string, code: SnapshotCode) => (
                await truncate(await ownCopy(folder, code.modules.at(-1)!.path), 1_000_000),
                code
            ),
        ],
        [
            "that of an emulator with another layout",
            async (_folder: string, code: SnapshotCode) => ({ ...code, guestAt: code.guestAt + 4096 }),
        ],
    ])("when it is %s, the machine starts without", async (_, change) => {
        const base = await imageWith(async (folder, manifest) => ({
            ...manifest,
            snapshot: { ...manifest.snapshot, code: await change(folder, manifest.snapshot.code!) },
        }));
        const { started, compiled } = await compiledAtStart({ image: { base } });
        expect(compiled).toBeLessThan(100);
        expect(await shell(started.agent, "docker run --rm busybox echo interpreted")).toBe("interpreted");
    });
});

describe("a snapshot that cannot be used", () => {
    test("is damaged: the machine boots cold and keeps the reason", async () => {
        const base = await imageWith(async (folder, manifest) => {
            const file = await open(await ownCopy(folder, manifest.snapshot.file.path), "r+");
            await file.write(new Uint8Array([1, 2, 3, 4]), 0, 4, Math.floor(manifest.snapshot.file.bytes / 2));
            await file.close();
            return manifest;
        });
        const started = await start({ image: { base } });
        expect(started.machine.state).toMatchObject({
            kind: "running",
            from: "cold",
            fallback: { code: "image.damaged" },
        });
        expect(await shell(started.agent, "echo up")).toBe("up");
    });

    test("is missing: the machine does the same", async () => {
        const base = await imageWith(async (_folder, manifest) => ({
            ...manifest,
            snapshot: { ...manifest.snapshot, file: { ...manifest.snapshot.file, path: "snapshot-gone.zst" } },
        }));
        const started = await start({ image: { base } });
        expect(started.machine.state).toMatchObject({
            kind: "running",
            from: "cold",
            fallback: { code: "image.unreachable" },
        });
    });

    test("is required: the start fails with a named error", async () => {
        const base = await imageWith(async (_folder, manifest) => ({
            ...manifest,
            snapshot: {
                ...manifest.snapshot,
                raw: { ...manifest.snapshot.raw, bytes: manifest.snapshot.raw.bytes - 1 },
            },
        }));
        const machine = createNodeMachine({ image: { base }, boot: "snapshot" });
        await expect(machine.start()).rejects.toMatchObject({ code: "vm.restore-failed" });
        await machine.stop();
    });
});

describe("a disk with holes", () => {
    test("a missing chunk fails the machine with a named error, and nobody waits for ever", async () => {
        const base = await imageWith(async (folder, manifest) => {
            await rm(join(folder, "disk"));
            return manifest;
        });
        const machine = createNodeMachine({ image: { base } });
        const failed = new Promise<MachineState>(resolve =>
            machine.subscribe(state => state.kind === "failed" && resolve(state)),
        );
        // v86 itself reads the first sector before it starts
        await expect(machine.start()).rejects.toMatchObject({ code: "image.chunk-missing" });
        expect(await failed).toMatchObject({ kind: "failed", error: { code: "image.chunk-missing" } });
    });
});

describe("the end", () => {
    test("stop rejects every waiting caller and can be called again", async () => {
        const started = await startMachine();
        const sleeping = started.agent.exec(["sleep", "1000"]);
        sleeping.catch(() => undefined);
        const statistics = started.machine.statistics();
        await Promise.all([started.machine.stop(), statistics.catch(() => undefined)]);
        await started.machine.stop();
        await expect(sleeping).rejects.toThrow();
        await expect(started.machine.statistics()).rejects.toMatchObject({ code: "vm.stopped" });
        expect(started.machine.state).toEqual({ kind: "stopped" });
    });

    test("a killed thread rejects all its callers with a named error", async () => {
        const image = { base: await imageBase() };
        let link: WorkerLink | undefined;
        const machine = new RemoteMachine({ image }, () => (link = openThread()));
        const guest = await openGuest(machine, { internet: () => new Response() });
        // each takes longer than the thread has left to live; a quick question might still be answered
        const callers = [
            guest.agent.exec(["sleep", "1000"]),
            guest.agent.exec(["tail", "-f", "/dev/null"]),
            machine.save(),
        ];
        await link!.terminate();
        const results = await Promise.allSettled(callers);
        expect(results.map(({ status }) => status)).toEqual(callers.map(() => "rejected"));
        expect(machine.state).toMatchObject({ kind: "failed", error: { code: "vm.worker-died" } });
        await expect(machine.statistics()).rejects.toMatchObject({ code: "vm.worker-died" });
    });

    test.each([
        ["reboot", "restarted"],
        ["poweroff", "switched off"],
    ])("%s inside the guest is told", async (command, how) => {
        const started = await start();
        const ended = new Promise<MachineState>(resolve =>
            started.machine.subscribe(state => state.kind === "failed" && resolve(state)),
        );
        // without -f, the guest's init would first end the running programs; to the machine it is the same
        started.agent.exec(["busybox", command, "-f"]).catch(() => undefined);
        expect(await ended).toMatchObject({ error: { code: "vm.guest-ended", message: expect.stringContaining(how) } });
        await expect(started.machine.statistics()).rejects.toMatchObject({ code: "vm.guest-ended" });
    });

    test("a start that is aborted ends", async () => {
        const machine = createNodeMachine({ image: { base: await imageBase() } });
        const abort = new AbortController();
        machine.subscribe(
            state => state.kind === "starting" && state.stage === "snapshot" && abort.abort(new Error("enough")),
        );
        await expect(machine.start(abort.signal)).rejects.toThrow("enough");
        expect(machine.state).toEqual({ kind: "stopped" });
    });
});

test("a saved machine holds what the guest has written", async () => {
    const started = await start();
    await shell(started.agent, "echo kept-in-the-overlay >/root/kept; sync");
    const before = await started.machine.statistics();
    const { state, disk } = await started.machine.save();
    expect(new SavedState(readPieces([state])).bytes).toBe(state.byteLength);
    expect(disk.reduce((sum, { bytes }) => sum + bytes.byteLength, 0)).toBeGreaterThanOrEqual(before.diskBytesWritten);
    expect(disk.some(({ bytes }) => Buffer.from(bytes).includes("kept-in-the-overlay"))).toBe(true);
    // and it still works
    expect(await shell(started.agent, "cat /root/kept")).toBe("kept-in-the-overlay");
});
