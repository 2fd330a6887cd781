import { copyFile, cp, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { DrydockError } from "../../base/errors";
import { root } from "../../host/project";
import { run } from "../workshop/program";
import { fetchWheels, writeWheelIndex } from "../pins/wheels";
import { defineStage, hashPath, type Stage, type StageContext } from "../workshop/stage";
import type { Inputs } from "./inputs";

const ADD_BYTECODE = join(root, "vm-images/wheels/add-bytecode.py");

/** Wheels, each as PyPI has it plus bytecode, and their index. Output: python/. */
export async function wheelsStage(
    { workshop, lock, wishes }: Inputs,
    needs: { base: Stage; debs: Stage },
): Promise<Stage> {
    return defineStage(workshop, {
        name: "wheels",
        version: 2,
        inputs: [wishes.wheels.python, JSON.stringify(lock.wheels), await hashPath(ADD_BYTECODE)],
        needs: Object.values(needs),
        async run(context) {
            const folder = join(context.out, "python");
            context.progress("fetching wheels");
            await fetchWheels(lock.wheels, wishes.wheels.python, folder, context);
            context.progress("compiling");
            await addBytecode(folder, wishes.wheels.python, needs, context);
            await writeWheelIndex(folder, context);
        },
    });
}

/** Bytecode fits only one version of Python, so the guest's own compiles it; a 64-bit host can run that too. */
async function addBytecode(
    folder: string,
    python: string,
    { base, debs }: { base: Stage; debs: Stage },
    context: StageContext,
): Promise<void> {
    const work = join(context.out, "work");
    await mkdir(work);
    await run("tar", ["-xf", join(base.folder, "root.tar"), "-C", work, "--exclude=./dev/*"], context);
    const pool = join(debs.folder, "debian/pool");
    const files = await readdir(pool);
    for (const name of [
        `python${python}-minimal`,
        `libpython${python}-minimal`,
        `libpython${python}-stdlib`,
        "libexpat1",
    ]) {
        const file = files.find(one => one.startsWith(`${name}_`));
        if (!file)
            throw new DrydockError(
                "image.no-package",
                `debian.lab lacks ${name}, which compiles the Python packages.`,
                `Add python3 to "archive" in vm-images/packages.json and pin it: npm run drydock -- image lock`,
            );
        await run("dpkg-deb", ["--extract", join(pool, file), work], context);
    }
    await cp(folder, join(work, "from"), { recursive: true });
    await mkdir(join(work, "to"));
    await cp(ADD_BYTECODE, join(work, "add-bytecode.py"));
    await run("chroot", [work, `/usr/bin/python${python}`, "-I", "/add-bytecode.py", "/from", "/to"], context);
    await cp(join(work, "to"), folder, { recursive: true });
    await rm(work, { recursive: true });
}

const SEABIOS = "/usr/share/seabios";
const BIOS_FILES = ["bios.bin", "vgabios-stdvga.bin"];

/** The host's seabios. Output: bios.bin, vgabios-stdvga.bin. */
export async function biosStage({ workshop }: Inputs): Promise<Stage> {
    const hashes = await Promise.all(
        BIOS_FILES.map(name =>
            hashPath(join(SEABIOS, name)).catch((thrown: unknown) => {
                throw new DrydockError(
                    "image.program-missing",
                    `${SEABIOS}/${name} is missing.`,
                    "Install Debian's package seabios.",
                    { cause: thrown },
                );
            }),
        ),
    );
    return defineStage(workshop, {
        name: "bios",
        version: 1,
        inputs: hashes,
        needs: [],
        run: async ({ out }) => {
            for (const name of BIOS_FILES) await copyFile(join(SEABIOS, name), join(out, name));
        },
    });
}
