import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Debian, DebianPackage } from "../../../src/image-builder/pins/debian";
import { readLock, readWishes, today } from "../../../src/image-builder/pins/lock";
import { readPins, renewPins } from "../../../src/image-builder/pins/pins";

let cache: string;

beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), "drydock-pins-"));
    vi.stubEnv("DRYDOCK_CACHE", cache);
});

afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(cache, { recursive: true });
});

/** A mirror after the next point release: each package has one version, "99", and no dependencies. */
async function laterMirror(): Promise<Debian> {
    const { kernelSource } = await readWishes();
    const found = (required: boolean): DebianPackage => ({ version: "99", bytes: 1, required });
    return {
        source: "deb nowhere trixie main",
        available: async () =>
            new Map([
                ["bash", found(true)],
                [kernelSource, found(false)],
            ]),
        resolve: async names => Object.fromEntries(names.map(name => [name, "99"])),
        download: async () => undefined,
        sourceVersion: async () => "99",
        downloadSource: async () => undefined,
    };
}

test("without pins of its own a machine builds what the lock says", async () => {
    const { lock } = await readPins();
    expect(lock).toEqual(await readLock());
});

test("the mirror's current versions replace the lock on this machine, and the changes are reported", async () => {
    const changes = await renewPins(await laterMirror());
    const { lock, wishes } = await readPins();
    expect(lock.debian.guest).toEqual(Object.fromEntries(["bash", "apt", ...wishes.guest].map(name => [name, "99"])));
    expect(lock.debian.base).toEqual({ bash: "99", apt: "99" });
    expect(lock.debian.images.nginx).toEqual(Object.fromEntries(wishes.images.nginx!.map(name => [name, "99"])));
    expect(lock.debian.archive).toHaveProperty("curl", "99");
    expect(lock.date).toBe(today());
    const { wheels, npm } = await readLock();
    expect(lock).toMatchObject({ wheels, npm });
    expect(changes.some(line => /^guest: docker\.io \S+ -> 99$/.test(line))).toBe(true);
});

test("a damaged file of pins counts as none", async () => {
    await renewPins(await laterMirror());
    const folder = join(cache, "pins");
    for (const name of readdirSync(folder)) writeFileSync(join(folder, name), "{");
    expect((await readPins()).lock).toEqual(await readLock());
});
