/** npm itself, for the node image: one package of npm's registry, pinned by its integrity. */
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DrydockError } from "../../base/errors";
import type { PinnedNpmPackage } from "./pinned";
import { npm, type NpmContext } from "./npm-packages";

/** Downloads `specification` ("npm@10.8.2") into `folder`; returns the file's path. */
async function pack(specification: string, folder: string, context: NpmContext): Promise<string> {
    const said = await npm(["pack", specification, "--pack-destination", folder], folder, context);
    return join(folder, said.trim().split("\n").at(-1)!);
}

const integrityOf = async (file: string): Promise<string> =>
    `sha512-${createHash("sha512")
        .update(await readFile(file))
        .digest("base64")}`;

export async function resolveNpmProgram(specification: string, context: NpmContext): Promise<PinnedNpmPackage> {
    const folder = await mkdtemp(join(tmpdir(), "drydock-npm-"));
    try {
        const [name, version] = specification.split("@") as [string, string];
        return { name, version, integrity: await integrityOf(await pack(specification, folder, context)) };
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
}

/** Writes the pinned npm to `folder` as npm.tgz. */
export async function fetchNpmProgram(
    { name, version, integrity }: PinnedNpmPackage,
    folder: string,
    context: NpmContext,
): Promise<void> {
    const file = await pack(`${name}@${version}`, folder, context);
    if ((await integrityOf(file)) !== integrity)
        throw new DrydockError(
            "image.npm-damaged",
            `${name} ${version} does not have its pinned hash.`,
            "Build again. If that fails too, check what npm's registry serves.",
        );
    await rename(file, join(folder, "npm.tgz"));
}
