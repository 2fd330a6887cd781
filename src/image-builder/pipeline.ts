/** The whole pipeline: which stage needs which, and where the result goes. */
import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { DrydockError } from "../base/errors";
import { bundleImagesStage } from "./bundle/images";
import { cacheFolder, imagesFolder } from "../host/cache";
import { makeCurrent, openImage, type BuiltImage } from "../host/current-image";
import { checkAvailable, openDebian, type Debian } from "./pins/debian";
import { pinnedPackages } from "./pins/lock";
import { readPins, renewPins } from "./pins/pins";
import { withBuildLock } from "./workshop/build-lock";
import { prune } from "./workshop/prune";
import type { Reporter } from "./workshop/reporter";
import type { Stage } from "./workshop/stage";
import { containerImageStages } from "./stages/container-image";
import { hubStage } from "./stages/containers";
import { biosStage, wheelsStage } from "./stages/content";
import { debianRootStage } from "./stages/debian-root";
import { debsStage } from "./stages/debs";
import { diskStage } from "./stages/disk";
import { emulatorStage } from "./stages/emulator";
import { chunksStage, imageStage } from "./stages/image";
import type { Inputs } from "./stages/inputs";
import { kernelStage } from "./stages/kernel";
import { npmPackagesStage } from "./stages/npm-packages";
import { agentStage, runtimeStage } from "./stages/programs";
import { snapshotStage } from "./stages/snapshot";
import { trustStage } from "./stages/trust";

export interface BuildOptions {
    report: Reporter;
    signal?: AbortSignal;
    /** Rebuild all stages. */
    force?: boolean;
    /** Use the lock's versions or fail with "image.version-gone". */
    locked?: boolean;
}

/** How many outputs of each stage a build leaves in the cache: going back to an earlier commit then costs nothing. */
const KEPT_STAGES = 3;

/** How many of the replaced versions are listed. */
const SHOWN_CHANGES = 8;

/**
 * Builds what is missing and makes the result the current image. If everything is in the cache, it only hashes the
 * inputs. If the mirror has replaced pinned versions, it continues with the current ones.
 */
export async function buildImage(options: BuildOptions): Promise<BuiltImage> {
    try {
        return await buildPinned(options);
    } catch (thrown) {
        if (options.locked || !(thrown instanceof DrydockError) || thrown.code !== "image.version-gone") throw thrown;
        const { report, signal } = options;
        report.note(
            "Debian has replaced packages since this version of Drydock. Pinning the current ones for this computer ...",
        );
        const changes = await renewPins(await openAptIn("pins.log", signal));
        for (const change of changes.slice(0, SHOWN_CHANGES)) report.note(`  ${change}`);
        if (changes.length > SHOWN_CHANGES) report.note(`  and ${changes.length - SHOWN_CHANGES} more`);
        return buildPinned(options);
    }
}

async function openAptIn(log: string, signal?: AbortSignal): Promise<Debian> {
    await mkdir(join(cacheFolder(), "logs"), { recursive: true });
    return openDebian({ log: join(cacheFolder(), "logs", log), signal });
}

async function buildPinned({ report, signal: outer, force }: BuildOptions): Promise<BuiltImage> {
    // when one stage fails, the others are cancelled
    const failing = new AbortController();
    const signal = outer ? AbortSignal.any([outer, failing.signal]) : failing.signal;
    const final = await planImage({ report, signal, force });
    const folder = join(imagesFolder(), final.key);
    if (force || !existsSync(join(folder, "image.json"))) {
        if (process.getuid?.() !== 0)
            throw new DrydockError(
                "image.needs-root",
                "Building the VM image needs root, because it makes a Debian root file system and runs its engine in namespaces.",
                "Run the same command once as root (sudo). You do not need root to use the finished image.",
            );
        await withBuildLock(report, signal, async () => {
            try {
                await final.make();
            } catch (thrown) {
                failing.abort(thrown);
                throw thrown;
            }
            await mkdir(imagesFolder(), { recursive: true });
            await rename(final.folder, folder);
            await prune(KEPT_STAGES, false);
        });
    }
    await makeCurrent(final.key);
    return openImage(final.key);
}

/** The current image if it matches this source, otherwise undefined. Builds nothing. */
export async function findBuilt(report: Reporter): Promise<BuiltImage | undefined> {
    const final = await planImage({ report, signal: new AbortController().signal });
    if (!existsSync(join(imagesFolder(), final.key, "image.json"))) return undefined;
    await makeCurrent(final.key);
    return openImage(final.key);
}

async function planImage(workshop: { report: Reporter; signal: AbortSignal; force?: boolean }): Promise<Stage> {
    const { lock, wishes, bundle } = await readPins();
    let opened: Promise<Debian> | undefined;
    const inputs: Inputs = { workshop, lock, wishes, debian: () => (opened ??= openAndCheck()) };
    async function openAndCheck(): Promise<Debian> {
        const debian = await openAptIn("apt.log", workshop.signal);
        checkAvailable(pinnedPackages(lock), await debian.available());
        return debian;
    }

    const [kernel, runtime, agent, emulator, bios] = await Promise.all([
        kernelStage(inputs),
        runtimeStage(inputs),
        agentStage(inputs),
        emulatorStage(inputs),
        biosStage(inputs),
    ]);
    const trust = trustStage(inputs);
    const guestRoot = await debianRootStage(inputs, trust, "guest-root", lock.debian.guest);
    const base = await debianRootStage(inputs, trust, "base-root", lock.debian.base);
    const images = await containerImageStages(inputs, { base, trust });
    const debs = debsStage(inputs, trust);
    const wheels = await wheelsStage(inputs, { base, debs });
    const disk = await diskStage(inputs, {
        guestRoot,
        runtime,
        agent,
        preloaded: hubStage(
            inputs,
            "preloaded",
            [...images].filter(([image]) => image.preloaded !== "nothing"),
        ),
        trust,
    });
    const added = bundle.items.filter(item => item.kind === "image");
    const bundleImages = added.length > 0 ? bundleImagesStage(workshop, added) : undefined;
    const parts = { emulator, bios, kernel, disk };
    const snapshot = snapshotStage(inputs, parts);
    return imageStage(inputs, {
        parts,
        snapshot,
        chunks: chunksStage(inputs, disk),
        wheels,
        debs,
        npmPackages: npmPackagesStage(inputs),
        containers: hubStage(inputs, "containers", [...images]),
        bundleImages,
    });
}
