import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { DrydockError } from "../../../base/errors";
import { fetchWheels } from "../wheels";
import { defineStage, hashPath, type Stage } from "../stage";
import type { Inputs } from "./inputs";

/** Wheels and their index. Output: python/. */
export function wheelsStage({ workshop, lock, wishes }: Inputs): Stage {
    return defineStage(workshop, {
        name: "wheels",
        version: 1,
        inputs: [wishes.wheels.python, JSON.stringify(lock.wheels)],
        needs: [],
        run: ({ out, log, signal }) => fetchWheels(lock.wheels, wishes.wheels.python, join(out, "python"), { log, signal }),
    });
}

const SEABIOS = "/usr/share/seabios";
const BIOS_FILES = ["bios.bin", "vgabios-stdvga.bin"];

/** The host's seabios. Output: bios.bin, vgabios-stdvga.bin. */
export async function biosStage({ workshop }: Inputs): Promise<Stage> {
    const hashes = await Promise.all(
        BIOS_FILES.map(name =>
            hashPath(join(SEABIOS, name)).catch((thrown: unknown) => {
                throw new DrydockError("image.program-missing", `${SEABIOS}/${name} is missing.`, "Install Debian's package seabios.", { cause: thrown });
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
