import { cp, readdir, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { DrydockError } from "../../base/errors";
import { root } from "../../host/project";
import { run } from "../workshop/program";
import { defineStage, hashPath, type Stage } from "../workshop/stage";
import type { Inputs } from "./inputs";

const CONFIG = join(root, "vm-images/kernel.config");

/** Objects that a 32-bit build of kernel.config compiles; only for the displayed percentage. */
const OBJECTS = 1650;

/** Debian's kernel source, built without modules for one 32-bit processor. Output: bzImage. */
export async function kernelStage({ workshop, lock, debian }: Inputs): Promise<Stage> {
    return defineStage(workshop, {
        name: "kernel",
        version: 1,
        inputs: [JSON.stringify(lock.debian.kernelSource), await hashPath(CONFIG)],
        needs: [],
        async run({ out, log, signal, progress }) {
            const context = { log, signal };
            const work = join(out, "work");
            await run("mkdir", ["-p", work], context);
            progress("fetching the source");
            await (await debian()).download(lock.debian.kernelSource, work);
            const archive = (await readdir(work)).find(name => name.endsWith(".deb"));
            if (!archive) throw new DrydockError("image.no-package", "apt downloaded no kernel source.", `See ${log}`);
            progress("unpacking the source");
            await run(
                "bash",
                [
                    "-c",
                    'set -o pipefail; dpkg-deb --fsys-tarfile "$0" | tar -x --wildcards --strip-components=3 "./usr/src/*.tar.xz"',
                    archive,
                ],
                { ...context, cwd: work },
            );
            await rm(join(work, archive));
            const source = (await readdir(work)).find(name => name.endsWith(".tar.xz"))!;
            await run("tar", ["-xf", source], { ...context, cwd: work });
            await rm(join(work, source));
            const tree = join(work, source.replace(".tar.xz", ""));

            // fixed, so that the same source produces the same kernel on every machine
            const env = {
                KBUILD_BUILD_USER: "drydock",
                KBUILD_BUILD_HOST: "drydock",
                KBUILD_BUILD_TIMESTAMP: "2025-01-01",
                KCONFIG_ALLCONFIG: CONFIG,
            };
            await run("make", ["-s", "-C", tree, "ARCH=i386", "allnoconfig"], { ...context, env });
            let objects = 0;
            // ahead of the stages that run beside it: the snapshot waits longest for the kernel, and everything waits
            // for the snapshot
            await run("nice", ["-n", "-5", "make", "-C", tree, "ARCH=i386", `-j${availableParallelism()}`, "bzImage"], {
                ...context,
                env,
                onLine: line => {
                    if (/^\s+(CC|AS)\s/.test(line))
                        progress(`compiling, ${Math.min(99, Math.round((++objects / OBJECTS) * 100))} %`);
                },
            });
            await cp(join(tree, "arch/x86/boot/bzImage"), join(out, "bzImage"));
            await cp(join(tree, ".config"), join(out, "config"));
            await rm(work, { recursive: true });
        },
    });
}
