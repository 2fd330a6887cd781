/** `serve --dev`: Vite's development server behind ours, and the preview's files built into a separate folder. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "vite";
import { root } from "../host/project";
import { buildPreview } from "./preview-build";

export interface Development {
    /** Used in place of the built page; holds only `preview/`. */
    dist: string;
    middleware: (request: IncomingMessage, response: ServerResponse) => void;
    close(): Promise<void>;
}

/** The preview's files are built once; restart after changing `src/preview/worker` or `src/preview/frame`. */
export async function develop(): Promise<Development> {
    const dist = mkdtempSync(join(tmpdir(), "drydock-dev-"));
    writePreview(dist, await buildPreview({ minify: false }));
    const vite = await createServer({
        configFile: join(root, "vite.config.ts"),
        server: { middlewareMode: true },
        appType: "spa",
    });
    return {
        dist,
        middleware: (request, response) => vite.middlewares(request, response),
        close: async () => {
            await vite.close();
            rmSync(dist, { recursive: true, force: true });
        },
    };
}

function writePreview(dist: string, files: Map<string, string>): void {
    const folder = join(dist, "preview");
    mkdirSync(folder);
    for (const [name, content] of files) writeFileSync(join(folder, name), content);
}
