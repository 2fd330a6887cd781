/** Debian's Chromium, driven like a student's browser: for the end-to-end tests and the benchmark. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext } from "playwright-core";
import { DrydockError } from "../../src/base/errors";
import { findProgram } from "../../src/host/debian-packages";

/**
 * A name that leads to this machine but that the browser takes for another computer: over plain http it is not a secure
 * context.
 */
export const CLASSROOM = "classroom.test";

/**
 * Playwright turns storage partitioning off (microsoft/playwright#32701), but students' browsers have it on, and without
 * it Chromium refuses service workers in frames of another site, such as the preview. Only the last --disable-features
 * counts.
 */
export const PARTITIONED =
    "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,MediaRouter,PaintHolding,OptimizationHints";

/** Without the last five of these, Chromium contacts hosts of its own on every start. */
const flags = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    `--host-resolver-rules=MAP ${CLASSROOM} 127.0.0.1`,
];

export interface Browser {
    context: BrowserContext;
    close(): Promise<void>;
}

export interface BrowserOptions {
    viewport?: { width: number; height: number };
    colorScheme?: "light" | "dark";
    /** Folder for cookies, storage and HTTP cache; if left out, a fresh one that `close` removes. */
    profile?: string;
}

export async function openBrowser(options: BrowserOptions = {}): Promise<Browser> {
    const executablePath = findProgram("chromium");
    if (!executablePath)
        throw new DrydockError("browser.missing", "Chromium is not installed.", "Install Debian's package chromium.");
    const profile = options.profile ?? mkdtempSync(join(tmpdir(), "drydock-chromium-"));
    const context = await chromium.launchPersistentContext(profile, {
        executablePath,
        args: [...flags, PARTITIONED],
        viewport: options.viewport ?? { width: 1440, height: 900 },
        colorScheme: options.colorScheme ?? "light",
        reducedMotion: "reduce",
    });
    return {
        context,
        close: async () => {
            await context.close();
            if (!options.profile) rmSync(profile, { recursive: true, force: true });
        },
    };
}
