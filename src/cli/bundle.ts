/** `bundle add`, `bundle list`, `bundle remove`. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DrydockError, messageOf } from "../base/errors";
import type { Command } from "./command";
import { cacheFolder } from "../host/cache";
import { usage } from "../host/usage";
import { DOCKER_HUB, resolveImage } from "../image-builder/bundle/images";
import {
    bundleKinds,
    bytesOf,
    readBundleLock,
    writeBundleLock,
    type BundleItem,
    type BundleKind,
    type BundleLock,
} from "../image-builder/pins/bundle-lock";
import { resolveDeb, resolveNpm, resolveWheel } from "../image-builder/bundle/packages";

const help = `npm run drydock -- bundle <add|list|remove>

Adds images and packages to the sandbox's internet, for lessons that need them. This needs a network; using the page afterwards does not.

  add image <name>...    container images for linux/386, named as students will pull them: alpine:3.20, bitnami/redis:7.4 (uses skopeo)
    --registry HOST      the registry to use (default docker.io; http://HOST without TLS)
  add wheel <name>...    Python packages with their dependencies: humanize, "django==5.2" (uses pip; pure Python or 32-bit x86)
  add deb <name>...      Debian packages with their dependencies: jq (uses apt)
  add npm <name>...      JavaScript packages with their dependencies: lodash, express@4 (uses npm)
  list                   list the bundle, with sizes
  remove <kind> <name>...  remove items
    --json               print {"items": [{"kind", "name", "bytes"}], "before", "after"}, in bytes

Adding a name again pins its current version. The pins are in vm-images/bundle.lock.json: commit that file with your lessons, and
every build uses exactly the same content. \`npm run drydock -- image build\` downloads it. Sizes are those of the compressed files;
files that several items share count once.`;

interface Options {
    registry: string;
    json: boolean;
}

export const bundle: Command = {
    name: "bundle",
    summary: "add images and packages to the sandbox's internet",
    help,
    async run(argv) {
        const { options, words } = parse(argv);
        const [action, kind, ...names] = words;
        if (action === "list" && kind === undefined) {
            const { items } = await readBundleLock();
            report(items, bytesOf(items), bytesOf(items), options, "list");
            return 0;
        }
        if (action !== "add" && action !== "remove")
            throw usage(
                "bundle",
                action === undefined || action === "list"
                    ? "say add, list or remove"
                    : `there is no "bundle ${action}"`,
            );
        if (!isKind(kind)) throw usage("bundle", `say what to ${action}: ${bundleKinds.join(", ")}`);
        if (names.length === 0) throw usage("bundle", `say which ${kind} to ${action}`);
        const before = await readBundleLock();
        const [after, changed] =
            action === "add" ? await add(before, kind, names, options) : remove(before, kind, names);
        await writeBundleLock(after);
        report(changed, bytesOf(before.items), bytesOf(after.items), options, action);
        return 0;
    },
};

const isKind = (text: string | undefined): text is BundleKind =>
    (bundleKinds as readonly (string | undefined)[]).includes(text);

function parse(argv: string[]): { options: Options; words: string[] } {
    try {
        const { values, positionals } = parseArgs({
            args: argv,
            allowPositionals: true,
            options: { registry: { type: "string", default: DOCKER_HUB }, json: { type: "boolean", default: false } },
        });
        return { options: values, words: positionals };
    } catch (thrown) {
        throw usage("bundle", messageOf(thrown).replace(/\.$/, ""));
    }
}

async function add(
    lock: BundleLock,
    kind: BundleKind,
    names: readonly string[],
    { registry }: Options,
): Promise<[BundleLock, BundleItem[]]> {
    const logs = join(cacheFolder(), "logs");
    await mkdir(logs, { recursive: true });
    const stop = new AbortController();
    const interrupt = () =>
        stop.abort(
            new DrydockError(
                "bundle.interrupted",
                "Interrupted. The bundle is unchanged.",
                "Run the same command again.",
            ),
        );
    process.once("SIGINT", interrupt);
    const log = join(logs, "bundle.log");
    await rm(log, { force: true });
    const context = { log, signal: stop.signal };
    const resolve = {
        image: (name: string) => resolveImage(name, registry, context),
        wheel: (name: string) => resolveWheel(name, context),
        deb: (name: string) => resolveDeb(name, context),
        npm: (name: string) => resolveNpm(name, context),
    }[kind];
    try {
        const added: BundleItem[] = [];
        for (const name of names) {
            console.error(`${kind} ${name} ...`);
            added.push(await resolve(name));
        }
        const kept = lock.items.filter(item => !added.some(one => one.kind === item.kind && one.name === item.name));
        return [{ format: 1, items: [...kept, ...added] }, added];
    } finally {
        process.off("SIGINT", interrupt);
    }
}

/** If a name is not in the bundle, throws "bundle.not-there" and removes nothing. */
function remove(lock: BundleLock, kind: BundleKind, names: readonly string[]): [BundleLock, BundleItem[]] {
    const removed = names.map(name => {
        const found = lock.items.find(
            item => item.kind === kind && (item.name === name || (kind === "image" && item.name === `${name}:latest`)),
        );
        if (!found)
            throw new DrydockError(
                "bundle.not-there",
                `The bundle has no ${kind} ${name}.`,
                "List what it has: npm run drydock -- bundle list",
            );
        return found;
    });
    return [{ format: 1, items: lock.items.filter(item => !removed.includes(item)) }, removed];
}

const size = (bytes: number): string =>
    bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

function report(
    items: readonly BundleItem[],
    before: number,
    after: number,
    { json }: Options,
    action: "add" | "list" | "remove",
): void {
    const sized = items.map(item => ({ kind: item.kind, name: item.name, bytes: bytesOf([item]) }));
    if (json) return console.log(JSON.stringify({ items: sized, before, after }));
    const width = Math.max(0, ...sized.map(({ name }) => name.length));
    for (const { kind, name, bytes } of sized)
        console.log(`  ${kind.padEnd(5)} ${name.padEnd(width)} ${size(bytes).padStart(9)}`);
    if (action === "list")
        return console.log(
            items.length === 0
                ? "The bundle is empty: the image has only what it comes with."
                : `  ${size(after)} in all`,
        );
    console.log(
        `The bundle had ${size(before)} and now has ${size(after)}. Run \`npm run drydock -- image build\` to make an image with it.`,
    );
}
