import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../../host/project";
import { writePatchedEmulator } from "../../vm/node/patch-emulator";
import { V86_SCRIPT_SHA256, V86_WASM_SHA256 } from "../../vm/image/patch-emulator";
import { defineStage, hashPath, type Stage } from "../workshop/stage";
import type { Inputs } from "./inputs";

const SOURCES = ["src/vm/image/patch-emulator.ts", "src/vm/image/ballast.ts", "src/vm/image/wasm-format.ts"];

/** v86 with our few constants changed, and with its ballasts. Output: libv86.mjs, v86.wasm, version.json. */
export async function emulatorStage({ workshop }: Inputs): Promise<Stage> {
    return defineStage(workshop, {
        name: "emulator",
        version: 1,
        inputs: [
            V86_SCRIPT_SHA256,
            V86_WASM_SHA256,
            ...(await Promise.all(SOURCES.map(source => hashPath(join(root, source))))),
        ],
        needs: [],
        async run({ out }) {
            const { version } = await writePatchedEmulator(out);
            await writeFile(join(out, "version.json"), JSON.stringify({ version }));
        },
    });
}
