/**
 * vm-images/packages.json says what is wanted; vm-images/image.lock.json pins its versions and those of its
 * dependencies.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { DrydockError } from "../../base/errors";
import { root } from "../../host/project";
import { openDebian, type Debian, type Versions } from "./debian";
import { resolveNpmPackages } from "./npm-packages";
import { resolveNpmProgram } from "./npm-program";
import { npmPackage, wheel } from "./pinned";
import { resolveWheels } from "./wheels";

const versions = v.record(v.string(), v.string());

const wishesSchema = v.object({
    /** Packages in the guest's root, and those in the base of container images. */
    guest: v.array(v.string()),
    base: v.array(v.string()),
    /** Packages of each container image that adds some to the base, by its folder in vm-images/hub. */
    images: v.record(v.string(), v.array(v.string())),
    /** The npm in the node image, as npm's registry names it: Debian's consists of 380 packages. */
    npmProgram: v.pipe(v.string(), v.regex(/^npm@\d+\.\d+\.\d+$/)),
    /** The source package that the busybox image is built from. */
    busybox: v.string(),
    kernelSource: v.string(),
    /** What debian.lab offers. */
    archive: v.array(v.string()),
    wheels: v.object({ python: v.string(), requirements: v.array(v.string()) }),
    /** What node.lab offers, as `npm install` takes it: "express", "express@4". */
    npm: v.array(v.string()),
});

const lockSchema = v.object({
    format: v.literal(1),
    /** The day of the pinning: the date given to files and images made from it. */
    date: v.pipe(v.string(), v.isoDate()),
    debian: v.object({
        guest: versions,
        base: versions,
        /** What each image adds to the base. */
        images: v.record(v.string(), versions),
        busybox: versions,
        kernelSource: versions,
        /** What the packages wanted for debian.lab need beyond the base. */
        archive: versions,
    }),
    wheels: v.array(wheel),
    npm: v.array(npmPackage),
    npmProgram: npmPackage,
});

export type Wishes = v.InferOutput<typeof wishesSchema>;
export type ImageLock = v.InferOutput<typeof lockSchema>;

const wishesPath = join(root, "vm-images/packages.json");
const lockPath = join(root, "vm-images/image.lock.json");

async function read<S extends v.GenericSchema>(path: string, schema: S): Promise<v.InferOutput<S>> {
    let content: unknown;
    try {
        content = JSON.parse(await readFile(path, "utf8"));
    } catch (thrown) {
        throw new DrydockError(
            "image.lock-unreadable",
            `${path} cannot be read as JSON.`,
            "Write it again: npm run drydock -- image lock",
            { cause: thrown },
        );
    }
    const parsed = v.safeParse(schema, content);
    if (parsed.success) return parsed.output;
    const problems = parsed.issues.map(issue => `${v.getDotPath(issue) ?? "top"}: ${issue.message}`).join("; ");
    throw new DrydockError(
        "image.lock-unreadable",
        `${path} does not have the expected shape: ${problems}.`,
        "Write it again: npm run drydock -- image lock",
    );
}

export const readWishes = (): Promise<Wishes> => read(wishesPath, wishesSchema);
export const readLock = (path = lockPath): Promise<ImageLock> => read(path, lockSchema);

/**
 * The mirror's current versions of everything wanted, and of all dependencies. `added`: further packages for
 * debian.lab.
 */
export async function resolveDebian(
    debian: Debian,
    wishes: Wishes,
    added: readonly string[] = [],
): Promise<ImageLock["debian"]> {
    const available = await debian.available();
    const smallest = [...available].filter(([, found]) => found.required).map(([name]) => name);
    const exact = (name: string) => {
        const found = available.get(name);
        if (!found)
            throw new DrydockError(
                "image.no-package",
                `The Debian mirror has no package ${name}.`,
                "Correct vm-images/packages.json.",
            );
        return { [name]: found.version };
    };
    const exactSource = async (name: string) => {
        const version = await debian.sourceVersion(name);
        if (version === undefined)
            throw new DrydockError(
                "image.no-package",
                `The Debian mirror has no source package ${name}.`,
                "Correct vm-images/packages.json.",
            );
        return { [name]: version };
    };
    const base = await debian.resolve([...smallest, "apt", ...wishes.base]);
    const beyondBase = async (names: readonly string[]) =>
        Object.fromEntries(
            Object.entries(await debian.resolve([...smallest, "apt", ...wishes.base, ...names])).filter(
                ([name]) => !(name in base),
            ),
        );
    const images: Record<string, Versions> = {};
    for (const [image, names] of Object.entries(wishes.images)) images[image] = await beyondBase(names);
    return {
        guest: await debian.resolve([...smallest, "apt", ...wishes.guest]),
        base,
        images,
        busybox: await exactSource(wishes.busybox),
        kernelSource: exact(wishes.kernelSource),
        archive: await beyondBase([...wishes.archive, ...added]),
    };
}

/** The date for a new lock. */
export const today = (): string => new Date().toISOString().slice(0, 10);

/** Pins the mirrors' current versions. Resolves to the lines that say what changed. */
export async function writeLock(context: {
    log: string;
    signal?: AbortSignal;
    progress(text: string): void;
}): Promise<string[]> {
    const wishes = await readWishes();
    context.progress("reading the Debian mirror's package list");
    const debian = await openDebian(context);
    await debian.available();
    context.progress("resolving packages");
    const packages = await resolveDebian(debian, wishes);
    context.progress("resolving wheels");
    const wheels = await resolveWheels(wishes.wheels, context);
    context.progress("resolving npm packages");
    const lock: ImageLock = {
        format: 1,
        date: today(),
        debian: packages,
        wheels,
        npm: await resolveNpmPackages(wishes.npm, context),
        npmProgram: await resolveNpmProgram(wishes.npmProgram, context),
    };
    const before = await readLock().catch(() => undefined); // none yet, or in an older format: then everything is new
    const changes = differences(before, lock);
    if (changes.length > 0) await saveLock(lock, lockPath);
    return changes;
}

export const saveLock = (lock: ImageLock, path: string): Promise<void> =>
    writeFile(path, `${JSON.stringify(lock, undefined, 4)}\n`);

/** The lock's day, in seconds since 1970. */
export const epochOf = (lock: ImageLock): string => String(Date.parse(lock.date) / 1000);

/** The lists of packages, each with its name. */
const sectionsOf = ({ images, ...others }: ImageLock["debian"]): [string, Versions][] => [
    ...Object.entries(others),
    ...Object.entries(images),
];

/**
 * All packages that the lock names, except source packages. A package has the same version in every list, because they are
 * resolved together.
 */
export const pinnedPackages = (lock: ImageLock): Versions =>
    Object.assign(
        {},
        ...sectionsOf(lock.debian)
            .filter(([section]) => section !== "busybox")
            .map(([, pinned]) => pinned),
    );

export function differences(before: ImageLock | undefined, after: ImageLock): string[] {
    const flat = (lock: ImageLock) =>
        new Map<string, string>([
            ...sectionsOf(lock.debian).flatMap(([section, pinned]) =>
                Object.entries(pinned).map(([name, version]) => [`${section}: ${name}`, version] as [string, string]),
            ),
            ["npm of the node image", lock.npmProgram.version],
            ...lock.wheels.map(
                pinned => [`wheel: ${pinned.filename.split("-")[0]!}`, pinned.filename] as [string, string],
            ),
            // several versions of one package may exist side by side
            ...lock.npm.map(({ name, version }) => [`npm: ${name}@${version}`, version] as [string, string]),
        ]);
    const old = before ? flat(before) : new Map<string, string>();
    const now = flat(after);
    const lines: string[] = [];
    for (const [name, version] of now)
        if (old.get(name) !== version) lines.push(`${name} ${old.get(name) ?? "(new)"} -> ${version}`);
    for (const name of old.keys()) if (!now.has(name)) lines.push(`${name} ${old.get(name)} -> (gone)`);
    return lines;
}
