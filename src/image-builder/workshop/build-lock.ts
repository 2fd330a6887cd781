/** Two builds at once would write to the same folders, so the second waits for the first. */
import { mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { delay } from "../../base/abort";
import { cacheFolder } from "../../host/cache";
import type { Reporter } from "./reporter";

const POLL = 500;

/** Runs `work` while this process holds the cache's lock file. If a lock's process is gone, the lock is taken over. */
export async function withBuildLock<T>(
    report: Pick<Reporter, "note">,
    signal: AbortSignal,
    work: () => Promise<T>,
): Promise<T> {
    const path = join(cacheFolder(), "build.lock");
    await mkdir(cacheFolder(), { recursive: true });
    for (let told = false; !(await take(path)); told = true) {
        const owner = await ownerOf(path);
        if (owner !== undefined && !isAlive(owner)) {
            await rm(path, { force: true });
            continue;
        }
        if (!told) report.note(`  another build (process ${owner ?? "?"}) is running; waiting for it`);
        await delay(POLL, signal);
    }
    try {
        return await work();
    } finally {
        await rm(path, { force: true });
    }
}

async function take(path: string): Promise<boolean> {
    try {
        const file = await open(path, "wx");
        await file.writeFile(String(process.pid));
        await file.close();
        return true;
    } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code === "EEXIST") return false;
        throw thrown;
    }
}

/** undefined while the owner is writing its number. */
async function ownerOf(path: string): Promise<number | undefined> {
    const text = await readFile(path, "utf8").catch(() => ""); // removed meanwhile: the next attempt takes it
    return text === "" ? undefined : Number(text);
}

function isAlive(pid: number): boolean {
    try {
        process.kill(pid, 0);
        return true;
    } catch (thrown) {
        return (thrown as NodeJS.ErrnoException).code === "EPERM";
    }
}
