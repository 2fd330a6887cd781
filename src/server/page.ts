/** The built page (dist/), which Vite rebuilds when its sources have changed. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DrydockError } from "../base/errors";
import { root } from "../host/project";

const sources = ["src", "lessons", "static", "vite.config.ts", "package-lock.json"];
const mark = join(root, "dist", ".built-from");

function fingerprint(): string {
    const hash = createHash("sha256");
    const visit = (path: string): void => {
        const full = join(root, path);
        if (statSync(full).isDirectory()) for (const name of readdirSync(full).sort()) visit(`${path}/${name}`);
        else hash.update(`${path}\0`).update(readFileSync(full));
    };
    for (const path of sources) visit(path);
    return hash.digest("hex");
}

/** Builds `dist/` unless it was built from exactly these sources. Rejects with "page.build-failed". */
export async function ensurePage(): Promise<string> {
    const folder = join(root, "dist");
    const wanted = fingerprint();
    if (existsSync(mark) && readFileSync(mark, "utf8") === wanted) return folder;
    console.error("Building the page ...");
    // Vitest's variables would turn this into a build for tests, with Svelte's server half, which cannot mount
    // anything.
    const env = Object.fromEntries(
        Object.entries(process.env).filter(
            ([name]) => !name.startsWith("VITEST") && name !== "NODE_ENV" && name !== "TEST",
        ),
    );
    const built = spawnSync(
        process.execPath,
        [join(root, "node_modules/vite/bin/vite.js"), "build", "--logLevel", "warn"],
        { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] },
    );
    if (built.status !== 0)
        throw new DrydockError(
            "page.build-failed",
            "Vite could not build the page. Its message is above.",
            "Run `npm run build` to see only that message.",
        );
    writeFileSync(mark, wanted);
    return folder;
}
