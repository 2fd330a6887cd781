/** `image build`, `image use`, `image lock`, `image prune`, `image packages`. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Command } from "./command";
import { usage } from "../host/usage";
import { cacheFolder } from "../host/cache";
import { makeCurrent, openImage, type BuiltImage } from "../host/current-image";
import { imageHostPackages } from "../image-builder/workshop/host-packages";
import { installDebianPackages } from "../host/debian-packages";
import { writeLock } from "../image-builder/pins/lock";
import { buildImage, findBuilt } from "../image-builder/pipeline";
import { prune } from "../image-builder/workshop/prune";
import { createReporter, megabytes, silentReporter } from "../image-builder/workshop/reporter";

export const image: Command = {
    name: "image",
    summary: "build the VM image, pin its inputs, clean up old builds",
    help: `npm run drydock -- image <build|use|lock|prune|packages>

  build      build what is missing and make it the current image (needs root; fifteen minutes or more from scratch on two cores)
    --force    build every stage again
    --locked   use the pinned versions or fail; without it, the build replaces versions that Debian's mirror no longer has
    --json     print {id, folder} at the end
  use ID     use an image that is in the cache already, such as one copied from another computer
  lock       pin the package versions that the mirrors have today, in vm-images/image.lock.json
  prune      remove old builds
    --keep N   how many outputs of each stage, and images, to keep (default 3)
  packages   list the Debian packages that a build needs and this computer lacks

The cache is at ${cacheFolder()} (DRYDOCK_CACHE, XDG_CACHE_HOME).`,

    async run([action, ...rest]) {
        switch (action) {
            case "build": {
                const { values } = parseArgs({
                    args: rest,
                    options: {
                        force: { type: "boolean", default: false },
                        locked: { type: "boolean", default: false },
                        json: { type: "boolean", default: false },
                    },
                });
                installDebianPackages(await imageHostPackages());
                const built = await build(values);
                console.log(values.json ? JSON.stringify({ id: built.id, folder: built.folder }) : describe(built));
                return 0;
            }
            case "use": {
                if (rest.length !== 1)
                    throw usage("image", "use takes the id of one image, which is its folder's name");
                const { id, folder } = await openImage(rest[0]!);
                await makeCurrent(id);
                console.log(`This clone uses the VM image ${id} now: ${folder}`);
                return 0;
            }
            case "lock":
                return lock();
            case "prune": {
                const { values } = parseArgs({ args: rest, options: { keep: { type: "string", default: "3" } } });
                const keep = Number(values.keep);
                if (!Number.isInteger(keep) || keep < 1)
                    throw usage("image", "--keep takes a whole number, at least 1");
                const { removed, bytes } = await prune(keep);
                console.log(`Removed ${removed} folders, ${megabytes(bytes)}.`);
                return 0;
            }
            case "packages":
                for (const name of await imageHostPackages()) console.log(name);
                return 0;
            default:
                throw usage(
                    "image",
                    action === undefined
                        ? "choose build, use, lock, prune or packages"
                        : `there is no "image ${action}"`,
                );
        }
    },
};

/** The image for this source: from the cache, or built with visible progress. */
export async function ensureImage(): Promise<BuiltImage> {
    return (await findBuilt(silentReporter)) ?? build({});
}

async function build(options: { force?: boolean; locked?: boolean }): Promise<BuiltImage> {
    const report = createReporter(process.stderr);
    const stop = new AbortController();
    const interrupt = () => stop.abort(new Error("interrupted"));
    process.once("SIGINT", interrupt);
    process.once("SIGTERM", interrupt);
    try {
        return await buildImage({ report, signal: stop.signal, ...options });
    } finally {
        process.off("SIGINT", interrupt);
        process.off("SIGTERM", interrupt);
        report.end();
    }
}

function describe({ id, folder, manifest }: BuiltImage): string {
    return `VM image ${id}: snapshot ${megabytes(manifest.snapshot.file.bytes)}, kernel ${megabytes(manifest.kernel.bytes)}, containers ${manifest.preloaded.map(entry => entry.ref).join(", ")}\n${folder}`;
}

async function lock(): Promise<number> {
    await mkdir(join(cacheFolder(), "logs"), { recursive: true });
    const report = createReporter(process.stderr);
    const stage = report.begin("lock");
    try {
        const changes = await writeLock({
            log: join(cacheFolder(), "logs/lock.log"),
            progress: text => stage.progress(text),
        });
        stage.done("built");
        console.log(changes.length === 0 ? "Nothing changed." : changes.join("\n"));
        return 0;
    } catch (thrown) {
        stage.failed();
        throw thrown;
    } finally {
        report.end();
    }
}
