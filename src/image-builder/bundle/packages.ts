/**
 * Wheels, Debian packages and npm packages for the bundle: each is resolved with its dependencies, by the tool that
 * fetches it during a build.
 */
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DrydockError } from "../../base/errors";
import { openDebian } from "../pins/debian";
import { pipPython } from "../workshop/host-packages";
import { readLock, readWishes } from "../pins/lock";
import { fetchNpmPackages, resolveNpmPackages } from "../pins/npm-packages";
import { run } from "../workshop/program";
import { downloadWheels } from "../pins/wheels";
import type { BundleItem } from "../pins/bundle-lock";

interface Context {
    log: string;
    signal?: AbortSignal;
}

async function inTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
    const folder = await mkdtemp(join(tmpdir(), "drydock-bundle-"));
    try {
        return await use(folder);
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
}

/**
 * `name` as pip takes it: "django", "django==5.2". Rejects with "bundle.no-386" if there are wheels for other platforms
 * only.
 */
export function resolveWheel(name: string, context: Context): Promise<BundleItem> {
    return inTemporaryFolder(async folder => {
        const { python } = (await readWishes()).wheels;
        try {
            await downloadWheels([name], python, folder, context);
        } catch (thrown) {
            if (context.signal?.aborted) throw thrown;
            const other = await wheelForThisHost(name, folder, context);
            if (other === undefined)
                throw new DrydockError(
                    "bundle.no-wheel",
                    `pip cannot find a wheel of ${name} for Python ${python}.`,
                    `Check the spelling and the version. Packages without wheels would need compiling, so they cannot be added. The full log: ${context.log}`,
                    { cause: thrown },
                );
            throw new DrydockError(
                "bundle.no-386",
                `${name}, or a package that it needs, has wheels only for other platforms (such as ${other}), but the machine in the page is 32-bit x86.`,
                "Choose an older version, or a similar package in pure Python.",
                { cause: thrown },
            );
        }
        const wheels = await Promise.all(
            (await readdir(folder)).sort().map(async filename => {
                const content = await readFile(join(folder, filename));
                return { filename, sha256: createHash("sha256").update(content).digest("hex"), bytes: content.length };
            }),
        );
        return { kind: "wheel", name, wheels };
    });
}

/**
 * The file name of the wheel that pip would choose on this machine: a sign that the package exists, but for other
 * platforms.
 */
async function wheelForThisHost(name: string, folder: string, context: Context): Promise<string | undefined> {
    const python = pipPython();
    if (!python) return undefined;
    try {
        const report = await run(
            python,
            [
                "-m",
                "pip",
                "install",
                "--dry-run",
                "--quiet",
                "--ignore-installed",
                "--no-deps",
                "--only-binary",
                ":all:",
                "--target",
                join(folder, "none"),
                "--report",
                "-",
                name,
            ],
            context,
        );
        const { install } = JSON.parse(report) as { install: { download_info: { url: string } }[] };
        return decodeURIComponent(new URL(install[0]!.download_info.url).pathname.split("/").at(-1)!);
    } catch {
        return undefined; // none at all; the caller reports why the first attempt failed
    }
}

/** What installing `name` adds to the base image. Rejects with "bundle.no-deb". */
export async function resolveDeb(name: string, context: Context): Promise<BundleItem> {
    const [lock, debian] = await Promise.all([readLock(), openDebian(context)]);
    const available = await debian.available();
    if (!available.has(name))
        throw new DrydockError(
            "bundle.no-deb",
            `Debian has no package ${name} for i386.`,
            "Search for it on a Debian system with apt-cache search.",
        );
    const closure = await debian.resolve([...Object.keys(lock.debian.base), name]);
    const packages = Object.entries(closure).filter(([needed]) => !(needed in lock.debian.base) || needed === name);
    return {
        kind: "deb",
        name,
        packages: Object.fromEntries(
            packages.map(([needed, version]) => [needed, { version, bytes: available.get(needed)?.bytes ?? 0 }]),
        ),
    };
}

/** `name` as npm takes it: "lodash", "express@4". Fetches it once to learn its size and hash. */
export function resolveNpm(name: string, context: Context): Promise<BundleItem> {
    return inTemporaryFolder(async folder => {
        const pinned = await resolveNpmPackages([name], context);
        await fetchNpmPackages(pinned, folder, context);
        const { packages } = JSON.parse(await readFile(join(folder, "index.json"), "utf8")) as {
            packages: Record<string, { file: string; integrity: string }[]>;
        };
        const files = new Map(
            Object.values(packages)
                .flat()
                .map(({ integrity, file }) => [integrity, file]),
        );
        return {
            kind: "npm",
            name,
            packages: await Promise.all(
                pinned.map(async one => ({
                    ...one,
                    bytes: (await stat(join(folder, files.get(one.integrity)!))).size,
                })),
            ),
        };
    });
}
