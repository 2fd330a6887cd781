/**
 * Builds the preview origin's files: each script whole and in one file, under a stable name, since a service worker is
 * looked up by its address and must not load parts from elsewhere.
 */
import { readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { build, type Plugin } from "vite";

// No imports of our own here: vite.config.ts loads this file directly.
const source = resolve(import.meta.dirname, "../preview");
const scripts = [
    join(source, "worker/service-worker.ts"),
    join(source, "frame/bridge-frame.ts"),
    join(source, "frame/waiting.ts"),
    join(source, "frame/drydock-addresses.ts"),
];
const documents = [join(source, "frame/bridge.html"), join(source, "frame/waiting.html")];

/**
 * File name to content. Without `minify`, constants keep their names, so that a test can turn the result into an older
 * build.
 */
export async function buildPreview(options: { minify: boolean } = { minify: true }): Promise<Map<string, string>> {
    const files = new Map<string, string>();
    for (const path of documents) files.set(basename(path), readFileSync(path, "utf8"));
    for (const path of scripts) {
        const built = await build({
            configFile: false,
            root: source,
            publicDir: false,
            logLevel: "error",
            build: {
                write: false,
                target: "es2022",
                minify: options.minify,
                rolldownOptions: {
                    input: path,
                    optimization: { inlineConst: options.minify },
                    output: { format: "iife", entryFileNames: "[name].js" },
                },
            },
        });
        const outputs = (Array.isArray(built) ? built : [built]).flatMap(result =>
            "output" in result ? result.output : [],
        );
        const chunk = outputs.find(output => output.type === "chunk");
        if (outputs.length !== 1 || !chunk)
            throw new Error(
                `${basename(path)} does not build into a single file: it must not load modules at run time. Look for import().`,
            );
        files.set(chunk.fileName, chunk.code);
    }
    return files;
}

/** Adds them to the page's build, below `preview/`; the server serves that folder on the second port. */
export function previewFiles(): Plugin {
    return {
        name: "drydock-preview",
        apply: (_config, { command }) => command === "build",
        async generateBundle() {
            for (const [name, source] of await buildPreview())
                this.emitFile({ type: "asset", fileName: `preview/${name}`, source });
        },
    };
}
