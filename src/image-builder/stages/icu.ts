import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DrydockError } from "../../base/errors";
import { icuSource, trimmedIcu } from "../formats/icu";
import { run } from "../workshop/program";
import { defineStage, type Stage } from "../workshop/stage";
import type { Inputs } from "./inputs";

/** Its version is in the library's name and in that of its table: change all of them together. */
export const ICU_PACKAGE = "libicu76";
const MAJOR = "76";

/** ICU's data for fewer languages, for the images that contain the package. Output: libicudata.so. */
export function icuStage({ workshop, lock, debian }: Inputs): Stage {
    const version = Object.values(lock.debian.images).find(packages => ICU_PACKAGE in packages)?.[ICU_PACKAGE];
    return defineStage(workshop, {
        name: "icu",
        version: 1,
        inputs: [ICU_PACKAGE, version ?? "none"],
        needs: [],
        async run({ out, log, signal }) {
            if (version === undefined)
                throw new DrydockError(
                    "image.icu",
                    `No image has the package ${ICU_PACKAGE} any longer.`,
                    "Put the name of its successor into src/image-builder/stages/icu.ts.",
                );
            const context = { log, signal };
            const work = join(out, "work");
            await mkdir(work);
            await (await debian()).download({ [ICU_PACKAGE]: version }, work);
            const [archive] = await readdir(work);
            await run("dpkg-deb", ["--extract", join(work, archive!), join(work, "root")], context);
            const folder = join(work, "root/usr/lib/i386-linux-gnu");
            const library = (await readdir(folder)).find(name => /^libicudata\.so\.\d+\.\d+$/.test(name));
            if (!library)
                throw new DrydockError(
                    "image.icu",
                    `${archive} has no libicudata.`,
                    "Look at what src/image-builder/stages/icu.ts expects of it.",
                );
            const table = join(work, "icudt.dat");
            await writeFile(table, trimmedIcu(await readFile(join(folder, library))));
            await writeFile(join(work, "icudt.S"), icuSource(table, MAJOR));
            await run(
                "gcc",
                [
                    "-m32",
                    "-shared",
                    "-nostdlib",
                    "-s",
                    "-Wl,--build-id=none",
                    `-Wl,-soname,libicudata.so.${MAJOR}`,
                    "-o",
                    join(out, "libicudata.so"),
                    join(work, "icudt.S"),
                ],
                context,
            );
            await rm(work, { recursive: true });
        },
    });
}
