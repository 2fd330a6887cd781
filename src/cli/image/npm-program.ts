/** npm itself, for the node image: one package of npm's registry, pinned by its integrity. */
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DrydockError } from "../../base/errors";
import type { PinnedNpm } from "./lock";
import { run } from "./program";

interface Context {
    log: string;
    signal?: AbortSignal;
}

/** Downloads `specification` ("npm@10.8.2") into `folder`; returns the file's path. */
async function pack(specification: string, folder: string, context: Context): Promise<string> {
    try {
        const said = await run("npm", ["pack", specification, "--pack-destination", folder, "--loglevel=error"], { ...context, cwd: folder });
        return join(folder, said.trim().split("\n").at(-1)!);
    } catch (thrown) {
        throw new DrydockError("image.npm", `npm could not fetch ${specification}.`, `Check that npm's registry can be reached. The whole log: ${context.log}`, { cause: thrown });
    }
}

const integrityOf = async (file: string): Promise<string> => `sha512-${createHash("sha512").update(await readFile(file)).digest("base64")}`;

export async function resolveNpmProgram(specification: string, context: Context): Promise<PinnedNpm> {
    const folder = await mkdtemp(join(tmpdir(), "drydock-npm-"));
    try {
        return { version: specification.slice("npm@".length), integrity: await integrityOf(await pack(specification, folder, context)) };
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
}

/** Puts the pinned npm into `folder` as npm.tgz. */
export async function fetchNpmProgram({ version, integrity }: PinnedNpm, folder: string, context: Context): Promise<void> {
    const file = await pack(`npm@${version}`, folder, context);
    if ((await integrityOf(file)) !== integrity) throw new DrydockError("image.npm-damaged", `npm ${version} does not have its pinned hash.`, "Build again; if it stays, look at what npm's registry serves.");
    await rename(file, join(folder, "npm.tgz"));
}
