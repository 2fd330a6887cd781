/**
 * Fills the guest's engine with images before the guest has ever run. The engine, running natively, pulls them through
 * the guest's own agent from the same Docker Hub that the page will provide. So its records (digests, the origin of
 * each layer) are those of a pull, and a later pull of a related image finds its layers there.
 */
import { Duplex as NodeDuplex } from "node:stream";
import { connectAgent } from "../../agent/connect";
import type { Duplex } from "../../base/duplex";
import { DrydockError, messageOf } from "../../base/errors";
import type { Bundle } from "../../internet/internet";
import { createInternet } from "../../internet/router";
import { createFileBundle } from "../../host/file-bundle";
import { run } from "../workshop/program";

export interface PreloadContext {
    log: string;
    signal: AbortSignal;
    onPull(ref: string): void;
}

export interface PreloadRefs {
    /** Images that the engine will list. */
    images: readonly string[];
    /** Images of which the engine will hold the layers but not know the name: a pull of them has nothing to unpack. */
    layers: readonly string[];
}

/**
 * `script` is preload.sh, `tree` the guest's root, `hub` a folder with catalogue.json and blobs/. Resolves to what the
 * script printed.
 */
export async function preload(
    script: string,
    tree: string,
    hub: string,
    { images, layers }: PreloadRefs,
    { log, signal, onPull }: PreloadContext,
): Promise<string> {
    const problems: string[] = [];
    const internet = createInternet(bundleOf(hub), { report: error => problems.push(error.message) });
    const serve = async (end: NodeDuplex): Promise<void> => {
        end.on("error", () => undefined); // the script's status shows it
        const agent = await connectAgent(NodeDuplex.toWeb(end) as unknown as Duplex, { signal });
        end.once("close", () => agent.close());
        agent.serve(internet);
    };
    try {
        const namespaces = ["--mount", "--net", "--pid", "--fork", "--kill-child"];
        return await run("unshare", [...namespaces, script, tree, ...layers, "--", ...images], {
            log,
            signal,
            link: end => void serve(end).catch((thrown: unknown) => problems.push(messageOf(thrown))),
            onLine: line => {
                if (line.startsWith("docker.io/")) onPull(line);
            },
        });
    } catch (thrown) {
        if (problems.length === 0) throw thrown;
        throw new DrydockError(
            "image.preload-failed",
            `The engine could not pull its images: ${problems.join("; ")}`,
            `The full log: ${log}`,
            { cause: thrown },
        );
    }
}

/** A bundle of images only, in the place where the page's bundle has them. */
function bundleOf(hub: string): Bundle {
    const files = createFileBundle(hub);
    return { open: (path, signal) => files.open(path.replace(/^internet\/hub\//, ""), signal) };
}
