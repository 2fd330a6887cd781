/**
 * Which versions a build uses: those in the lock, as long as the mirrors have them. Debian's mirrors keep one version
 * of each package and replace it at point releases, every other month; a clone from before one could no longer be
 * built. In that case the build pins the mirror's current versions for this machine, in its cache, and says so; the
 * lock in the repository stays as it is.
 */
import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readBundleLock, withBundle, type BundleLock } from "./bundle-lock";
import { cacheFolder } from "../../host/cache";
import type { Debian } from "./debian";
import { differences, readLock, readWishes, resolveDebian, saveLock, today, type ImageLock, type Wishes } from "./lock";
import { hashOf } from "../workshop/stage";

export interface Pins {
    wishes: Wishes;
    bundle: BundleLock;
    /** Includes the bundle's packages. */
    lock: ImageLock;
}

/** Every clone of the same repository finds the same file. */
const fileOf = (lock: ImageLock, bundle: BundleLock): string =>
    join(cacheFolder(), "pins", `${hashOf(JSON.stringify([lock, bundle])).slice(0, 20)}.json`);

/** The lock, or what this machine has pinned in its place. */
export async function readPins(): Promise<Pins> {
    const [lock, wishes, bundle] = await Promise.all([readLock(), readWishes(), readBundleLock()]);
    const own = fileOf(lock, bundle);
    // an unreadable file counts as none: the mirror is asked again
    const present = existsSync(own) ? await readLock(own).catch(() => undefined) : undefined;
    return { wishes, bundle, lock: withBundle(present ?? lock, bundle) };
}

/**
 * Pins the current versions of `debian` for this machine. Resolves to the lines that say what differs from the lock.
 */
export async function renewPins(debian: Debian): Promise<string[]> {
    const [lock, wishes, bundle] = await Promise.all([readLock(), readWishes(), readBundleLock()]);
    const added = bundle.items.filter(item => item.kind === "deb").map(item => item.name);
    const present: ImageLock = { ...lock, date: today(), debian: await resolveDebian(debian, wishes, added) };
    const own = fileOf(lock, bundle);
    await mkdir(dirname(own), { recursive: true });
    await saveLock(present, `${own}.part`);
    await rename(`${own}.part`, own);
    return differences(lock, present);
}
