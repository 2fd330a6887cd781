/** JavaScript packages that the sandbox's own registry serves: fetched by the host's npm, pinned by integrity. */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DrydockError } from "../../base/errors";
import type { PinnedNpmPackage } from "./pinned";
import { run } from "../workshop/program";

export interface NpmContext {
    log: string;
    signal?: AbortSignal;
}

/** Fields of package.json that an installer needs, and those that `npm view` and `npm search` show. */
const SERVED = [
    "name",
    "version",
    "description",
    "keywords",
    "license",
    "author",
    "homepage",
    "dependencies",
    "optionalDependencies",
    "peerDependencies",
    "peerDependenciesMeta",
    "bundleDependencies",
    "bin",
    "engines",
    "os",
    "cpu",
] as const;

/** One version in the index, as src/internet/node-index.ts reads it. */
interface IndexVersion {
    /** The package.json, without what only the package's developers need. */
    manifest: Record<string, unknown>;
    /** Name of the tarball in the bundle's folder. */
    file: string;
    bytes: number;
    unpackedBytes: number;
    fileCount: number;
    integrity: string;
    shasum: string;
}

/** Runs the host's npm without side effects; resolves to what it prints. */
export async function npm(argv: readonly string[], cwd: string, context: NpmContext): Promise<string> {
    try {
        return await run(
            "npm",
            [...argv, "--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts", "--loglevel=error"],
            { ...context, cwd },
        );
    } catch (thrown) {
        throw new DrydockError(
            "image.npm",
            "npm could not fetch the JavaScript packages.",
            `Check that you can reach npm's registry. If a version was withdrawn, \`npm run drydock -- image lock\` replaces it. The full log: ${context.log}`,
            { cause: thrown },
        );
    }
}

/** The registry's current versions of these packages and of all that they need. */
export async function resolveNpmPackages(wishes: readonly string[], context: NpmContext): Promise<PinnedNpmPackage[]> {
    const folder = await mkdtemp(join(tmpdir(), "drydock-npm-"));
    try {
        // each under an alias, so that two versions of one package can exist side by side
        const dependencies = Object.fromEntries(wishes.map((wish, index) => [`wish-${index}`, `npm:${wish}`]));
        await writeFile(
            join(folder, "package.json"),
            JSON.stringify({ name: "wishes", version: "1.0.0", private: true, dependencies }),
        );
        await npm(["install", "--package-lock-only"], folder, context);
        return pinnedIn(await readFile(join(folder, "package-lock.json"), "utf8"));
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
}

interface LockedPackage {
    name?: string;
    version?: string;
    integrity?: string;
}

/** Each package of a package-lock.json once, by name and version. */
export function pinnedIn(packageLock: string): PinnedNpmPackage[] {
    const { packages } = JSON.parse(packageLock) as { packages: Record<string, LockedPackage> };
    const pinned = new Map<string, PinnedNpmPackage>();
    for (const [path, locked] of Object.entries(packages)) {
        const name = locked.name ?? path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
        if (path !== "" && locked.version && locked.integrity)
            pinned.set(`${name}@${locked.version}`, { name, version: locked.version, integrity: locked.integrity });
    }
    return [...pinned].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

interface Packed {
    name: string;
    version: string;
    filename: string;
    size: number;
    unpackedSize: number;
    shasum: string;
    integrity: string;
    entryCount: number;
}

/** Fetches the pinned packages and writes them to `folder` with an `index.json`. */
export async function fetchNpmPackages(
    pinned: readonly PinnedNpmPackage[],
    folder: string,
    context: NpmContext,
): Promise<void> {
    await mkdir(folder, { recursive: true });
    const said = await npm(
        ["pack", "--json", "--pack-destination", folder, ...pinned.map(({ name, version }) => `${name}@${version}`)],
        folder,
        context,
    );
    const packed = new Map(packedIn(said).map(one => [`${one.name}@${one.version}`, one]));
    const packages: Record<string, IndexVersion[]> = {};
    for (const { name, version, integrity } of pinned) {
        const found = packed.get(`${name}@${version}`);
        const bytes = found && (await readFile(join(folder, found.filename)));
        if (!found || !bytes || integrity !== `sha512-${createHash("sha512").update(bytes).digest("base64")}`)
            throw new DrydockError(
                "image.npm-damaged",
                `${name} ${version} does not have its pinned hash.`,
                "Build again. If that fails too, check what npm's registry serves.",
            );
        // the package.json in the archive's top folder, which is not always called "package"
        const own = await run(
            "tar",
            ["-xzOf", join(folder, found.filename), "--wildcards", "--no-wildcards-match-slash", "*/package.json"],
            { log: "/dev/null", signal: context.signal },
        );
        (packages[name] ??= []).push({
            manifest: manifestOf(JSON.parse(own) as Record<string, unknown>),
            file: found.filename,
            bytes: bytes.length,
            unpackedBytes: found.unpackedSize,
            fileCount: found.entryCount,
            integrity,
            shasum: createHash("sha1").update(bytes).digest("hex"),
        });
    }
    await writeFile(join(folder, "index.json"), `${JSON.stringify({ packages })}\n`);
}

/** `npm pack --json` prints a list; from npm 12 on, an object keyed by package name (npm/cli#9247). */
const packedIn = (said: string): Packed[] => Object.values(JSON.parse(said) as Packed[] | Record<string, Packed>);

/** The manifest as a registry gives it: with `bin` in its long form, and `hasInstallScript`. */
export function manifestOf(own: Record<string, unknown>): Record<string, unknown> {
    const manifest: Record<string, unknown> = {};
    for (const field of SERVED) if (own[field] !== undefined) manifest[field] = own[field];
    if (typeof own.bin === "string") manifest.bin = { [String(own.name).replace(/^@[^/]+\//, "")]: own.bin };
    const scripts = (own.scripts ?? {}) as Record<string, string>;
    if (scripts.preinstall || scripts.install || scripts.postinstall) manifest.hasInstallScript = true;
    return manifest;
}
