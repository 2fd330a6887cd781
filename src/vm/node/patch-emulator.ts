import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { addBallasts } from "../image/ballast";
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
 * Patches the installed v86 into `folder`, which is made when it is missing. Rejects with "image.emulator-differs" when the
 * package's version or its files are not the ones that the patch was made for.
 */
export async function writePatchedEmulator(folder: string): Promise<PatchedEmulator> {
    const build = dirname(createRequire(import.meta.url).resolve("v86"));
    const { version } = JSON.parse(await readFile(join(build, "../package.json"), "utf8")) as { version: string };
    // npm's registry names the version 0.5.462, the package itself adds the commit
    if (version.split("+")[0] !== V86_VERSION) throw patchError(`its version is ${version}, not ${V86_VERSION}`);
    const wasm = await readFile(join(build, "v86.wasm"));
    const script = await readFile(join(build, "libv86.mjs"));
    check("v86.wasm", wasm, V86_WASM_SHA256);
    check("libv86.mjs", script, V86_SCRIPT_SHA256);
    const patched = { version, module: join(folder, "libv86.mjs"), wasm: join(folder, "v86.wasm") };
    await mkdir(folder, { recursive: true });
    await writeFile(patched.wasm, addBallasts(patchWasm(wasm)));
    await writeFile(patched.module, patchScript(script.toString("utf8")));
    return patched;
}

function check(name: string, bytes: Uint8Array, expected: string): void {
    const found = createHash("sha256").update(bytes).digest("hex");
    if (found !== expected) throw patchError(`the sha256 of ${name} is ${found}`);
}
