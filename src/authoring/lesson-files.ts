/**
 * Vite's plugin for the course: packs `lessons/` into files beside the page, and tells the first script what it must
 * know.
 */
import { relative, resolve } from "node:path";
import { runnerImport, type Plugin } from "vite";
import type { PackedFolder } from "./pack-lessons.ts";

/** Imported by src/app/index.ts; its content is a `CourseStart`. */
const MODULE = "virtual:drydock-course";
const RESOLVED = `\0${MODULE}`;

const lessons = resolve(import.meta.dirname, "../../lessons");

// Vite loads this file directly, so code whose imports lack an ending is loaded through Vite.
async function pack(folder: string): Promise<PackedFolder> {
    const path = resolve(import.meta.dirname, "pack-lessons.ts");
    const { module } = await runnerImport<typeof import("./pack-lessons.ts")>(path, { configFile: false });
    return module.packLessons(folder);
}

/** `folder`: a course; the project's own if left out. */
export function lessonFiles(folder = lessons): Plugin {
    let packing: Promise<PackedFolder> | undefined;
    const course = () => (packing ??= pack(folder));
    return {
        name: "drydock-lessons",
        // Before the work begins: Vite gives up a module of `runnerImport` after a minute, and the thread is busy for
        // longer after that.
        async buildStart() {
            if (this.environment.config.command === "build") await course();
        },
        resolveId: { filter: { id: new RegExp(`^${MODULE}$`) }, handler: () => RESOLVED },
        load: {
            filter: { id: new RegExp(`^${RESOLVED}$`) },
            handler: async () => `export default ${JSON.stringify((await course()).start)};`,
        },
        async generateBundle() {
            const { files, mistakes } = await course();
            if (mistakes !== "") this.warn(`The course has mistakes:\n${mistakes}`);
            for (const [fileName, source] of files) this.emitFile({ type: "asset", fileName, source });
        },
        configureServer(server) {
            server.watcher.add(folder);
            server.watcher.on("all", (_event, path) => {
                if (relative(folder, path).startsWith("..")) return;
                packing = undefined;
                const start = server.moduleGraph.getModuleById(RESOLVED);
                if (start) server.moduleGraph.invalidateModule(start);
                server.ws.send({ type: "full-reload" });
            });
            server.middlewares.use((request, response, next) => {
                const path = decodeURIComponent((request.url ?? "/").split("?", 1)[0]!).slice(1);
                if (!path.startsWith("lessons/")) return next();
                course().then(({ files }) => {
                    const content = files.get(path);
                    if (content === undefined) response.statusCode = 404;
                    else if (path.endsWith(".json")) response.setHeader("Content-Type", "application/json");
                    else if (path.endsWith(".svg")) response.setHeader("Content-Type", "image/svg+xml");
                    response.end(content);
                }, next);
            });
        },
    };
}
