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

export async function loadWasm(loader: ImageLoader, file: ImageFile, progress: LoadProgress): Promise<WebAssembly.Module> {
    const bytes = await loader.file(file, progress.track(file));
    try {
        return await WebAssembly.compile(bytes);
    } catch (thrown) {
        throw damaged(file.path, thrown);
    }
}
