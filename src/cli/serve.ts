/** `npm run drydock -- serve` */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DrydockError, messageOf } from "../base/errors";
import type { Command } from "./command";
import { currentImage } from "../host/current-image";
import { ensurePage } from "../server/page";
import { root } from "../host/project";
import { usage } from "../host/usage";
import { type RunningServer, startServer } from "../server/server";

const help = `npm run drydock -- serve [--port N] [--preview-port N] [--host ADDRESS] [--dev] [--json]

Serves the page and the VM image. The preview has a port and a host name of its own, preview.localhost: what the guest serves
must neither run with the page's rights nor see the cookies of other programs on localhost.

  --port N          the page's port (default 5173, or the next free pair)
  --preview-port N  the preview's port (default: the page's plus one)
  --host ADDRESS    where to listen (default localhost; 0.0.0.0 for a classroom)
  --dev             Vite's development server instead of the built page
  --json            print {"url", "previewUrl"} on one line

On any address but localhost, and in browsers that do not find preview.localhost (Safari), the preview shows one page at a
time without its scripts. On plain http from another computer, work is saved in the browser's smaller storage.`;

function port(value: string | undefined, option: string): number | undefined {
    if (value === undefined) return undefined;
    const number = Number(value);
    if (!/^\d+$/.test(value) || number > 65535)
        throw usage("serve", `${option} takes a port from 0 to 65535, not "${value}"`);
    return number;
}

function optionsOf(argv: string[]) {
    try {
        const { values } = parseArgs({
            args: argv,
            options: {
                port: { type: "string" },
                "preview-port": { type: "string" },
                host: { type: "string" },
                dev: { type: "boolean" },
                json: { type: "boolean" },
            },
        });
        return {
            port: port(values.port, "--port"),
            previewPort: port(values["preview-port"], "--preview-port"),
            host: values.host,
            dev: values.dev ?? false,
            json: values.json ?? false,
        };
    } catch (thrown) {
        throw thrown instanceof DrydockError ? thrown : usage("serve", messageOf(thrown).replace(/\.$/, ""));
    }
}

export const serve: Command = {
    name: "serve",
    summary: "serve the page, the VM image and the preview",
    help,
    async run(argv) {
        const options = optionsOf(argv);
        const { folder } = await currentImage();
        const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
        const development = options.dev ? await (await import("../server/develop")).develop() : undefined;
        const dist = development?.dist ?? (await ensurePage());
        const server = await startServer({
            port: options.port,
            previewPort: options.previewPort,
            host: options.host,
            dist,
            image: folder,
            version,
            middleware: development?.middleware,
        });
        announce(server, options.json, options.host);
        await interrupted();
        await server.close();
        await development?.close();
        return 0;
    },
};

function announce({ url, previewUrl }: RunningServer, json: boolean, host: string | undefined): void {
    if (json) return console.log(JSON.stringify({ url, previewUrl }));
    console.log(`\n  Drydock is at  ${url}\n  Press Ctrl-C to stop it. (The preview is at ${previewUrl}.)\n`);
    if (host !== undefined && !["localhost", "127.0.0.1", "::1"].includes(host))
        console.log("  On other computers the preview shows one page at a time. See serve --help.\n");
}

function interrupted(): Promise<void> {
    return new Promise(resolve => {
        for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
    });
}
