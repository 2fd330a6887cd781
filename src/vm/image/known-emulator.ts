/**
 * The one emulator that this version runs. Its script runs in the page's own origin, and it comes with the image, which
 * people copy from elsewhere. So an image whose emulator has other hashes is refused before any of it runs.
 */
import { DrydockError } from "../../base/errors";
import type { ImageManifest } from "./image";

/**
 * sha256 of v86's two files after our changes (patch-emulator.ts, ballast.ts), whose result is always the same. If you
 * change the patch, change these too: the image build stops until you do, and prints the new values.
 */
export const KNOWN_EMULATOR = {
    /** libv86.mjs */
    module: "6cd003769a48ec7b3ceb435c879559b8c7c9e0acd3f635c8007dc69074391aeb",
    /** v86.wasm */
    wasm: "aa83f09277c0b48a48dc122cbe54574cb3a3ade34b50e8db051f60b89cb10a97",
};

/** Throws "image.unknown-emulator". The loader checks that the files match the manifest. */
export function refuseUnknownEmulator({ version, module, wasm }: ImageManifest["emulator"]): void {
    const others = [
        ...(module.sha256 === KNOWN_EMULATOR.module ? [] : [module]),
        ...(wasm.sha256 === KNOWN_EMULATOR.wasm ? [] : [wasm]),
    ];
    if (others.length === 0) return;
    throw new DrydockError(
        "image.unknown-emulator",
        "The machine image brings an emulator that this page does not know, so nothing of it was run.",
        "Build the image with this version of Drydock (`npm run drydock -- image build`), or serve it with the version that built it.",
        {
            cause: new Error(
                `v86 ${version}: ${others.map(({ path, sha256 }) => `${path} has the sha256 ${sha256}`).join(", ")}`,
            ),
        },
    );
}
