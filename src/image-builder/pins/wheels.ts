/** Python packages that the sandbox's own index serves: fetched by the host's pip, pinned by hash. */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DrydockError } from "../../base/errors";
import type { PinnedWheel } from "./pinned";
import { pipPython } from "../workshop/host-packages";
import { run } from "../workshop/program";

/** Wheels that a 32-bit Debian accepts, best first. */
const PLATFORMS = [
    "manylinux_2_41_i686",
    "manylinux_2_28_i686",
    "manylinux_2_17_i686",
    "manylinux2014_i686",
    "manylinux_2_12_i686",
    "manylinux2010_i686",
    "manylinux_2_5_i686",
    "manylinux1_i686",
];

/** One file of the index, as the page serves it. */
export interface IndexFile {
    filename: string;
    sha256: string;
    bytes: number;
    requiresPython?: string;
    /** sha256 of `<filename>.metadata`, stored beside the wheel (PEP 658). */
    metadataSha256: string;
}

export interface PythonIndex {
    packages: Record<string, IndexFile[]>;
}

interface Context {
    log: string;
    signal?: AbortSignal;
}

/**
 * Downloads the wheels that fit the guest to `folder`. Requirements are written as on pip's command line. Rejects with
 * "image.wheels".
 */
export async function downloadWheels(
    requirements: readonly string[],
    python: string,
    folder: string,
    context: Context,
): Promise<void> {
    const program = pipPython();
    if (!program)
        throw new DrydockError("image.no-pip", "No Python with pip was found.", "Install Debian's python3-pip.");
    const platform = PLATFORMS.flatMap(name => ["--platform", name]);
    const common = [
        "-m",
        "pip",
        "download",
        "--no-input",
        "--progress-bar",
        "off",
        "--dest",
        folder,
        "--only-binary",
        ":all:",
        "--implementation",
        "cp",
        "--abi",
        `cp${python.replace(".", "")}`,
        "--abi",
        "abi3",
        "--abi",
        "none",
        "--python-version",
        python,
        ...platform,
    ];
    try {
        await run(program, [...common, ...requirements], context);
    } catch (thrown) {
        throw new DrydockError(
            "image.wheels",
            "pip could not download the Python packages.",
            `Check that you can reach pip's index. If a version was withdrawn, \`npm run drydock -- image lock\` replaces it. The full log: ${context.log}`,
            { cause: thrown },
        );
    }
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** The index's current versions for these requirements and all that they need. */
export async function resolveWheels(
    wishes: { python: string; requirements: readonly string[] },
    context: Context,
): Promise<PinnedWheel[]> {
    const folder = await mkdtemp(join(tmpdir(), "drydock-wheels-"));
    try {
        await downloadWheels(wishes.requirements, wishes.python, folder, context);
        const files = (await readdir(folder)).sort();
        return await Promise.all(
            files.map(async filename => ({ filename, sha256: sha256(await readFile(join(folder, filename))) })),
        );
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
}

/** Fetches the pinned wheels into `folder`. */
export async function fetchWheels(
    pinned: readonly PinnedWheel[],
    python: string,
    folder: string,
    context: Context,
): Promise<void> {
    await mkdir(folder, { recursive: true });
    const list = join(folder, "requirements.txt");
    for (const round of oneVersionEach(pinned)) {
        const lines = round.map(wheel => {
            const [name, version] = wheel.filename.split("-");
            return `${name}==${version} --hash=sha256:${wheel.sha256}`;
        });
        await writeFile(list, `${lines.join("\n")}\n`);
        await downloadWheels(["--no-deps", "--require-hashes", "-r", list], python, folder, context);
    }
    await rm(list, { force: true });
    for (const { filename, sha256: expected } of pinned)
        if (sha256(await readFile(join(folder, filename))) !== expected)
            throw new DrydockError(
                "image.wheel-damaged",
                `${filename} does not have its pinned hash.`,
                "Build again. If that fails too, check what pip's index serves.",
            );
}

/** Writes `index.json` for the wheels in `folder`, and each wheel's metadata beside it. */
export async function writeWheelIndex(folder: string, context: Context): Promise<void> {
    const packages: PythonIndex["packages"] = {};
    for (const filename of (await readdir(folder)).filter(name => name.endsWith(".whl")).sort()) {
        const bytes = await readFile(join(folder, filename));
        const metadata = Buffer.from(
            await run("python3", ["-c", READ_METADATA, join(folder, filename)], { ...context }),
            "latin1",
        );
        await writeFile(join(folder, `${filename}.metadata`), metadata);
        const requiresPython = /^Requires-Python: (.+)$/m.exec(metadata.toString())?.[1];
        (packages[normalize(filename.split("-")[0]!)] ??= []).push({
            filename,
            sha256: sha256(bytes),
            bytes: bytes.length,
            requiresPython,
            metadataSha256: sha256(metadata),
        });
    }
    await writeFile(
        join(folder, "index.json"),
        `${JSON.stringify({ packages } satisfies PythonIndex, undefined, 1)}\n`,
    );
}

/** pip accepts only one version of a project at a time; a bundle may have several. */
function oneVersionEach(pinned: readonly PinnedWheel[]): PinnedWheel[][] {
    const rounds: PinnedWheel[][] = [];
    const seen = new Map<string, number>();
    for (const wheel of pinned) {
        const project = normalize(wheel.filename.split("-")[0]!);
        const round = seen.get(project) ?? 0;
        seen.set(project, round + 1);
        (rounds[round] ??= []).push(wheel);
    }
    return rounds;
}

/** The name under which an index lists a project (PEP 503). */
export const normalize = (name: string): string => name.replace(/[-_.]+/g, "-").toLowerCase();

/** Prints a wheel's METADATA byte for byte; bytes are passed as latin-1 characters. */
const READ_METADATA = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    name = next(n for n in wheel.namelist() if n.count("/") == 1 and n.endswith(".dist-info/METADATA"))
    sys.stdout.reconfigure(encoding="utf-8", newline="")
    sys.stdout.write(wheel.read(name).decode("latin-1"))
`;
