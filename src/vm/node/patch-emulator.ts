import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { DrydockError } from "../../base/errors";
import { addBallasts } from "../image/ballast";
import { KNOWN_EMULATOR } from "../image/known-emulator";
import {
    patchError,
    patchScript,
    patchWasm,
    V86_SCRIPT_SHA256,
    V86_VERSION,
    V86_WASM_SHA256,
} from "../image/patch-emulator";

/** What goes into an image's `emulator`. */
export interface PatchedEmulator {
    version: string;
    /** Absolute path of the patched libv86.mjs. */
    module: string;
    /** Absolute path of the patched v86.wasm. */
    wasm: string;
}

/**
 * Writes the installed v86, patched, to `folder`, which is created if it is missing. Rejects with
 * "image.emulator-differs" if the package's version or files are not those that the patch was made for, and with
 * "image.patch-changed" if the result is not what the page runs.
 */
export async function writePatchedEmulator(folder: string): Promise<PatchedEmulator> {
    const build = dirname(createRequire(import.meta.url).resolve("v86"));
    const { version } = JSON.parse(await readFile(join(build, "../package.json"), "utf8")) as { version: string };
    // npm's registry gives the version as 0.5.462; the package itself adds the commit
    if (version.split("+")[0] !== V86_VERSION) throw patchError(`its version is ${version}, not ${V86_VERSION}`);
    const wasm = await readFile(join(build, "v86.wasm"));
    const script = await readFile(join(build, "libv86.mjs"));
    check("v86.wasm", wasm, V86_WASM_SHA256);
    check("libv86.mjs", script, V86_SCRIPT_SHA256);
    const patched = { version, module: join(folder, "libv86.mjs"), wasm: join(folder, "v86.wasm") };
    await mkdir(folder, { recursive: true });
    const patchedWasm = addBallasts(patchWasm(wasm));
    const patchedScript = Buffer.from(patchScript(script.toString("utf8")));
    checkKnown("v86.wasm", patchedWasm, KNOWN_EMULATOR.wasm);
    checkKnown("libv86.mjs", patchedScript, KNOWN_EMULATOR.module);
    await writeFile(patched.wasm, patchedWasm);
    await writeFile(patched.module, patchedScript);
    return patched;
}

/** Throws "image.patch-changed": the page would refuse an image with this emulator. */
function checkKnown(name: string, bytes: Uint8Array, known: string): void {
    const found = sha256Of(bytes);
    if (found !== known)
        throw new DrydockError(
            "image.patch-changed",
            `The patch of v86 gives another ${name} than the one the page runs: its sha256 is ${found}.`,
            "If the patch was changed on purpose, put that into src/vm/image/known-emulator.ts.",
        );
}

function check(name: string, bytes: Uint8Array, expected: string): void {
    const found = sha256Of(bytes);
    if (found !== expected) throw patchError(`the sha256 of ${name} is ${found}`);
}

const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
