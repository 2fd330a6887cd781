/** The same disk and kernel under qemu-system-i386 (TCG), for comparison on the same machine in the same run. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readFileSync, writeSync, ftruncateSync, closeSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex as NodeDuplex } from "node:stream";
import { ZSTDDecoder } from "zstddec";
import { connectAgent } from "../../src/agent/connect";
import type { Agent } from "../../src/agent/agent";
import type { Duplex } from "../../src/base/duplex";
import { DrydockError } from "../../src/base/errors";
import { toHex } from "../../src/base/bytes";
import type { ImageManifest } from "../../src/vm/image/image";
import { createDocker } from "../../src/docker/client";
import { engineAnswers } from "../../src/guest/guest";
import { createInternet } from "../../src/internet/router";
import { createFileBundle } from "../../src/host/file-bundle";
import { findProgram } from "../../src/host/debian-packages";

const HASH_BYTES = 16;

export interface QemuGuest {
    agent: Agent;
    stop(): void;
}

/** Puts the chunks together into one sparse raw disk. */
async function assembleDisk(folder: string, manifest: ImageManifest, to: string): Promise<void> {
    const decoder = new ZSTDDecoder();
    await decoder.init();
    const table = readFileSync(join(folder, manifest.disk.table.path));
    const file = openSync(to, "w");
    ftruncateSync(file, manifest.disk.bytes);
    for (let at = 0, chunk = 0; at < table.length; at += HASH_BYTES, chunk++) {
        const hash = table.subarray(at, at + HASH_BYTES);
        if (hash.every(byte => byte === 0)) continue;
        const name = toHex(hash);
        const stored = readFileSync(join(folder, "disk", name.slice(0, 2), `${name}.zst`));
        writeSync(
            file,
            decoder.decode(stored, manifest.disk.chunkBytes),
            0,
            manifest.disk.chunkBytes,
            chunk * manifest.disk.chunkBytes,
        );
    }
    closeSync(file);
}

/** Boots the image cold under QEMU and connects to its agent over the same virtio port. */
export async function startQemu(folder: string, manifest: ImageManifest): Promise<QemuGuest> {
    const program = findProgram("qemu-system-i386");
    if (!program)
        throw new DrydockError(
            "bench.no-qemu",
            "qemu-system-i386 is not installed.",
            "Install Debian's package qemu-system-x86, or use --no-qemu.",
        );
    const work = mkdtempSync(join(tmpdir(), "drydock-qemu-"));
    const disk = join(work, "disk.img");
    const path = join(work, "agent.sock");
    await assembleDisk(folder, manifest, disk);

    let connected!: (socket: Socket) => void;
    const socket = new Promise<Socket>(resolve => (connected = resolve));
    const server = createServer(connected).listen(path);
    const child = spawn(
        program,
        [
            ...[
                "-accel",
                "tcg",
                "-cpu",
                "max",
                "-smp",
                "1",
                "-m",
                String(manifest.snapshot.memory),
                "-display",
                "none",
                "-no-reboot",
                "-serial",
                "none",
                "-monitor",
                "none",
                "-nodefaults",
            ],
            ...["-kernel", join(folder, manifest.kernel.path), "-append", manifest.commandLine],
            ...["-drive", `file=${disk},format=raw,if=ide,cache=unsafe`],
            ...[
                "-device",
                "virtio-serial-pci,disable-modern=on",
                "-chardev",
                `socket,id=agent,path=${path}`,
                "-device",
                "virtserialport,chardev=agent,name=virtio-1",
            ],
        ],
        { stdio: ["ignore", "ignore", "inherit"] },
    );
    const stop = () => {
        child.kill("SIGKILL");
        server.close();
        if (existsSync(work)) rmSync(work, { recursive: true, force: true });
    };
    try {
        const died = new Promise<never>((_, reject) =>
            child.once("exit", code =>
                reject(new DrydockError("bench.qemu-died", `QEMU ended with status ${code}.`, "Its message is above.")),
            ),
        );
        died.catch(() => undefined); // after the race, this is the caller's own stop
        const port = NodeDuplex.toWeb(await Promise.race([socket, died])) as unknown as Duplex;
        // the guest needs a while to boot; anything sent before it has opened the port is lost, so ask until it answers
        const agent = await Promise.race([connectAgent(port, { timeout: 120_000 }), died]);
        agent.serve(createInternet(createFileBundle(folder)));
        await Promise.race([engineAnswers(createDocker(agent)), died]);
        return {
            agent,
            stop: () => {
                agent.close();
                stop();
            },
        };
    } catch (thrown) {
        stop();
        throw thrown;
    }
}
