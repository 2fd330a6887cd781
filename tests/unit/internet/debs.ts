/** A small Debian repository, made by the image build's own stage from packages that dpkg-deb builds here. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Versions } from "../../../src/image-builder/pins/debian";
import { silentReporter } from "../../../src/image-builder/workshop/reporter";
import { debsStage } from "../../../src/image-builder/stages/debs";
import type { Inputs } from "../../../src/image-builder/stages/inputs";
import { trustStage } from "../../../src/image-builder/stages/trust";

export interface DebSource {
    version: string;
    depends?: string;
    /** Files by path. */
    files: Record<string, string>;
}

export interface DebRepository {
    /** The bundle's files by path. */
    files: Map<string, Buffer>;
    /** Folder of the repository. */
    folder: string;
    /** Path of the public key. */
    key: string;
}

/** `folder`: scratch space that must contain DRYDOCK_CACHE. */
export async function makeDebRepository(folder: string, packages: Record<string, DebSource>): Promise<DebRepository> {
    const archive: Versions = Object.fromEntries(
        Object.entries(packages).map(([name, { version }]) => [name, version]),
    );
    const download = async (versions: Versions, to: string) => {
        for (const name of Object.keys(versions)) buildDeb(join(folder, name), name, packages[name]!, to);
    };
    const inputs = {
        workshop: { report: silentReporter, signal: new AbortController().signal },
        lock: { debian: { archive } },
        debian: async () => ({ download }),
    } as unknown as Inputs;
    const trust = trustStage(inputs);
    const made = join(await debsStage(inputs, trust).make(), "debian");
    return { files: filesBelow(made, "internet/debian/"), folder: made, key: join(trust.folder, "archive.asc") };
}

function buildDeb(work: string, name: string, { version, depends, files }: DebSource, to: string): void {
    for (const [path, content] of Object.entries(files)) {
        mkdirSync(join(work, path, ".."), { recursive: true });
        writeFileSync(join(work, path), content);
    }
    mkdirSync(join(work, "DEBIAN"), { recursive: true });
    const fields = {
        Package: name,
        Version: version,
        Architecture: "i386",
        Maintainer: "Nobody <nobody@example.com>",
        ...(depends ? { Depends: depends } : {}),
        Suggests: "nothing",
        Description: `the ${name}\n and more about it`,
    };
    writeFileSync(
        join(work, "DEBIAN/control"),
        Object.entries(fields)
            .map(([field, value]) => `${field}: ${value}\n`)
            .join(""),
    );
    execFileSync("dpkg-deb", ["-Zxz", "--root-owner-group", "--build", work, join(to, `${name}.deb`)], {
        stdio: "ignore",
    });
}

function filesBelow(folder: string, prefix: string): Map<string, Buffer> {
    const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).map(path => join(folder, path));
    return new Map(
        paths
            .filter(path => statSync(path).isFile())
            .map(path => [prefix + relative(folder, path), readFileSync(path)]),
    );
}
