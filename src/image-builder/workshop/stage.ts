/**
 * A stage makes one folder from its inputs. The folder's name holds a hash of them (files, pinned versions, keys of
 * earlier stages), so every clone on this machine finds it again as long as nothing has changed. It is written under a
 * temporary name and renamed when complete: whatever has its final name is complete.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, readlink, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { asDrydockError, DrydockError, isAbort, messageOf } from "../../base/errors";
import { cacheFolder, stagesFolder } from "../../host/cache";
import type { Reporter } from "./reporter";

export interface StageContext {
    /** The folder to fill. Becomes the stage's output. */
    out: string;
    log: string;
    signal: AbortSignal;
    progress(text: string): void;
}

export interface Stage {
    name: string;
    /** Identifies the output: hash of everything that goes in. */
    key: string;
    /** Where the output is, or will be. */
    folder: string;
    /** The output's folder. Builds what is missing, once, however many ask. */
    make(): Promise<string>;
}

export interface StageRecipe {
    name: string;
    /** Raise it when the code below makes something else from the same inputs. */
    version: number;
    /** Strings that identify inputs: pinned versions, content hashes. */
    inputs: readonly string[];
    /** Earlier stages whose output this one reads. */
    needs: readonly Stage[];
    /** Waits for this stage's turn among others of its kind, which would slow each other down. */
    turn?: <T>(job: () => Promise<T>) => Promise<T>;
    run(context: StageContext): Promise<void>;
}

export interface Workshop {
    report: Reporter;
    signal: AbortSignal;
    /** Builds even what the cache holds. */
    force?: boolean;
}

export const hashOf = (...parts: readonly string[]): string => {
    const hash = createHash("sha256");
    for (const part of parts) hash.update(`${part.length}:${part}`);
    return hash.digest("hex");
};

/**
 * Content hash of a file, or of a folder with everything in it: names, modes, links and bytes. `skip`: names to leave
 * out.
 */
export async function hashPath(path: string, skip?: RegExp): Promise<string> {
    const hash = createHash("sha256");
    async function add(at: string, name: string): Promise<void> {
        const found = await readdir(at, { withFileTypes: true }).catch((thrown: NodeJS.ErrnoException) => {
            if (thrown.code === "ENOTDIR") return undefined;
            throw thrown;
        });
        if (!found) {
            const executable = ((await stat(at)).mode & 0o111) !== 0;
            const bytes = await readFile(at);
            hash.update(`file ${name} ${executable} ${bytes.length}\n`).update(bytes);
            return;
        }
        hash.update(`folder ${name}\n`);
        for (const entry of found.sort((a, b) => (a.name < b.name ? -1 : 1))) {
            if (skip?.test(entry.name)) continue;
            const inner = `${name}/${entry.name}`;
            if (entry.isSymbolicLink()) hash.update(`link ${inner} ${await readlink(join(at, entry.name))}\n`);
            else await add(join(at, entry.name), inner);
        }
    }
    await add(path, "");
    return hash.digest("hex");
}

export function defineStage(workshop: Workshop, recipe: StageRecipe): Stage {
    const key = hashOf(
        recipe.name,
        String(recipe.version),
        ...recipe.inputs,
        ...recipe.needs.map(stage => stage.key),
    ).slice(0, 20);
    const folder = join(stagesFolder(), `${recipe.name}-${key}`);
    let made: Promise<string> | undefined;
    return { name: recipe.name, key, folder, make: () => (made ??= make(workshop, recipe, folder)) };
}

async function make(workshop: Workshop, recipe: StageRecipe, folder: string): Promise<string> {
    if (existsSync(folder) && !workshop.force) {
        const now = new Date();
        await utimes(folder, now, now); // "last used", for prune
        return folder;
    }
    // all at once: independent stages run side by side
    await Promise.all(recipe.needs.map(stage => stage.make()));
    const build = () => fill(workshop, recipe, folder);
    return recipe.turn ? recipe.turn(build) : build();
}

async function fill(workshop: Workshop, recipe: StageRecipe, folder: string): Promise<string> {
    workshop.signal.throwIfAborted();
    const part = `${folder}.part`;
    const logs = join(cacheFolder(), "logs");
    const log = join(logs, `${recipe.name}.log`);
    await rm(part, { recursive: true, force: true });
    await rm(log, { force: true });
    await mkdir(part, { recursive: true });
    await mkdir(logs, { recursive: true });
    const report = workshop.report.begin(recipe.name);
    try {
        await recipe.run({ out: part, log, signal: workshop.signal, progress: text => report.progress(text) });
        await rm(folder, { recursive: true, force: true });
        await rename(part, folder);
    } catch (thrown) {
        report.failed();
        if (workshop.signal.aborted || isAbort(thrown)) throw workshop.signal.reason ?? thrown;
        throw explain(thrown, recipe.name, log);
    }
    report.done("built");
    return folder;
}

function explain(thrown: unknown, stage: string, log: string): DrydockError {
    if (
        (thrown as NodeJS.ErrnoException | undefined)?.code === "ENOSPC" ||
        /No space left on device/.test(messageOf(thrown))
    )
        return new DrydockError(
            "image.no-space",
            `The stage "${stage}" ran out of disk space in ${cacheFolder()}.`,
            "Free about 8 GB there, for example with `npm run drydock -- image prune`, which removes old builds, or set DRYDOCK_CACHE to a folder on a larger disk.",
            { cause: thrown },
        );
    if (thrown instanceof DrydockError)
        return new DrydockError(thrown.code, `The stage "${stage}" failed. ${thrown.message}`, thrown.advice, {
            cause: thrown.cause,
        });
    return asDrydockError(
        thrown,
        "image.stage-failed",
        `The stage "${stage}" failed: ${messageOf(thrown)}.`,
        `Its log: ${log}`,
    );
}
