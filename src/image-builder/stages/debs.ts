import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { repackWithZstd } from "../formats/deb-file";
import { fieldsOf, fileNameOf, packagesFile, releaseFile, sha256, type PackedDeb } from "../formats/deb-repository";
import { ARCHITECTURE, SUITE } from "../pins/debian";
import { SIGNED_AT, withKeyring } from "../formats/openpgp";
import { defineStage, type Stage, type StageContext } from "../workshop/stage";
import type { Inputs } from "./inputs";

/** The signed repository that debian.lab serves. Output: debian/ with index.json, dists/ and pool/. */
export function debsStage({ workshop, lock, debian }: Inputs, trust: Stage): Stage {
    const { archive } = lock.debian;
    return defineStage(workshop, {
        name: "debs",
        version: 3,
        inputs: [SUITE, JSON.stringify(archive)],
        needs: [trust],
        async run(context) {
            const work = join(context.out, "work");
            const folder = join(context.out, "debian");
            await mkdir(work);
            await mkdir(join(folder, "pool"), { recursive: true });
            context.progress("fetching packages");
            await (await debian()).download(archive, work);
            const debs = await repack(work, folder, context);
            await rm(work, { recursive: true });
            context.progress("signing");
            const lists = await writeSuites(folder, packagesFile(debs), trust, context);
            await writeFile(join(folder, "index.json"), `${JSON.stringify(indexOf(debs, lists))}\n`);
        },
    });
}

async function repack(from: string, folder: string, context: StageContext): Promise<PackedDeb[]> {
    const names = (await readdir(from)).sort();
    const left = [...names];
    const debs: PackedDeb[] = [];
    async function work(): Promise<void> {
        for (let name = left.shift(); name !== undefined; name = left.shift()) {
            context.signal.throwIfAborted();
            context.progress(`repacking, ${debs.length} of ${names.length}`);
            const temporary = join(from, `${name}.part`);
            const control = await repackWithZstd(join(from, name), temporary, context);
            const bytes = await readFile(temporary);
            const path = `pool/${fileNameOf(control)}`;
            await writeFile(join(folder, path), bytes);
            await rm(temporary);
            debs.push({ control, path, bytes: bytes.length, sha256: sha256(bytes) });
        }
    }
    await Promise.all(Array.from({ length: availableParallelism() }, work));
    return debs.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** What the other two lines of a usual sources.list refer to: nothing here is newer than the suite itself. */
const EMPTY_SUITES = [`${SUITE}-updates`, `${SUITE}-security`];

interface ServedFile {
    bytes: number;
    sha256: string;
}

/** Files below dists/, by path. */
async function writeSuites(
    folder: string,
    packages: string,
    trust: Stage,
    context: StageContext,
): Promise<Record<string, ServedFile>> {
    const written: Record<string, ServedFile> = {};
    async function write(path: string, text: string): Promise<void> {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), text);
        written[path] = { bytes: Buffer.byteLength(text), sha256: sha256(text) };
    }
    const suites = [
        { codename: SUITE, suite: "stable", packages },
        ...EMPTY_SUITES.map(codename => ({ codename, suite: codename.replace(SUITE, "stable"), packages: "" })),
    ];
    await withKeyring(context, async gpg => {
        await gpg("--import", join(trust.folder, "archive-secret.asc"));
        for (const suite of suites) {
            const place = `dists/${suite.codename}`;
            await write(`${place}/main/binary-${ARCHITECTURE}/Packages`, suite.packages);
            await write(`${place}/Release`, releaseFile({ ...suite, architecture: ARCHITECTURE }, SIGNED_AT));
            const release = join(folder, place, "Release");
            await write(`${place}/Release.gpg`, await gpg("--armor", "--detach-sign", "--output", "-", release));
            await write(`${place}/InRelease`, await gpg("--clearsign", "--output", "-", release));
        }
    });
    return written;
}

/** The index in the form that src/internet/debian-lab.ts reads. */
function indexOf(debs: readonly PackedDeb[], lists: Record<string, ServedFile>) {
    const pool = debs.map(({ path, bytes, sha256 }) => [path, { bytes, sha256 }] as const);
    const packages = debs.map(({ control }) => {
        const fields = fieldsOf(control);
        return {
            name: fields.get("Package"),
            version: fields.get("Version"),
            summary: fields.get("Description")?.split("\n")[0],
        };
    });
    return { files: { ...lists, ...Object.fromEntries(pool) }, packages };
}
