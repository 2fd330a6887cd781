/** The image's own v86: script and WebAssembly, patched together, so they come from the image and not from our bundle. */
import { damaged, unreachable, wrongFormat } from "../errors";
import type { ImageFile } from "../image";
import type { ImageLoader } from "../loader";
import type { LoadProgress } from "./load-progress";
import type { V86Module } from "./v86";

export async function loadModule(loader: ImageLoader, file: ImageFile): Promise<V86Module> {
    let module: Partial<V86Module>;
    try {
        module = await import(/* @vite-ignore */ loader.urlOf(file));
    } catch (thrown) {
        throw thrown instanceof SyntaxError ? damaged(file.path, thrown) : unreachable(file.path, thrown);
    }
    loader.fetchedBytes += file.bytes;
    if (typeof module.V86 !== "function") throw wrongFormat(`${file.path} is not v86`);
    return { V86: module.V86 };
}

/**
 * Compiled from the response itself where it comes over HTTP: only so does the browser keep the optimised code in its cache,
 * and a second visit starts with a fast emulator. What arrived damaged does not compile; then it is read and checked as any
 * other file, which says what is wrong.
 */
export async function loadWasm(loader: ImageLoader, file: ImageFile, progress?: LoadProgress): Promise<WebAssembly.Module> {
    const loaded = progress?.track(file);
    const response = await loader.fetchFile(loader.urlOf(file)).catch(() => undefined);
    if (response?.ok && response.headers.get("Content-Type") === "application/wasm") {
        try {
            const module = await WebAssembly.compileStreaming(response);
            loader.fetchedBytes += Number(response.headers.get("Content-Length") ?? file.bytes); // packed, where the server packs
            loaded?.(file.bytes);
            return module;
        } catch {
            // read below
        }
    } else await response?.body?.cancel();
    const bytes = await loader.file(file, loaded);
    try {
        return await WebAssembly.compile(bytes);
    } catch (thrown) {
        throw damaged(file.path, thrown);
    }
}
