/**
 * The image's own v86. Script and WebAssembly are patched together, so they come from the image and not from our
 * bundle.
 */
import { abortable } from "../../base/abort";
import { damaged, unreachable, wrongFormat } from "../errors";
import type { ImageFile } from "../image/image";
import type { ImageLoader } from "../image/loader";
import type { LoadProgress } from "./load-progress";
import type { V86Module } from "../v86";

/**
 * Read and checked first, then run from its address: the browser then has it in its cache, under a name that stands for
 * its content. To run it from the bytes just read would need a policy that lets the page run any text as a script.
 */
export async function loadModule(loader: ImageLoader, file: ImageFile): Promise<V86Module> {
    await loader.file(file);
    let module: Partial<V86Module>;
    try {
        module = await import(/* @vite-ignore */ loader.urlOf(file));
    } catch (thrown) {
        throw thrown instanceof SyntaxError ? damaged(file.path, thrown) : unreachable(file.path, thrown);
    }
    if (typeof module.V86 !== "function") throw wrongFormat(`${file.path} is not v86`);
    return { V86: module.V86 };
}

/**
 * Compiled from the response itself if it comes over HTTP: only then does the browser cache the optimised code, so that
 * a second visit starts with a fast emulator. The browser itself compares the hash, and hands nothing over if it
 * differs. In that case it gives neither a reason nor any progress. So if the file does not compile, or not before a
 * server counts as silent, it is read and checked like any other file, which reports what is wrong.
 */
export async function loadWasm(
    loader: ImageLoader,
    file: ImageFile,
    progress?: LoadProgress,
): Promise<WebAssembly.Module> {
    const loaded = progress?.track(file);
    const streamed = await compileStreamed(loader, file);
    if (streamed) {
        loaded?.(file.bytes);
        return streamed;
    }
    const bytes = await loader.file(file, loaded);
    try {
        return await WebAssembly.compile(bytes);
    } catch (thrown) {
        throw damaged(file.path, thrown);
    }
}

async function compileStreamed(loader: ImageLoader, file: ImageFile): Promise<WebAssembly.Module | undefined> {
    const signal = AbortSignal.timeout(loader.silenceLimit);
    try {
        const response = await abortable(
            loader.fetchFile(loader.urlOf(file), { signal, integrity: integrityOf(file) }),
            signal,
        );
        if (!response.ok || response.headers.get("Content-Type") !== "application/wasm") {
            await response.body?.cancel();
            return undefined;
        }
        const module = await abortable(WebAssembly.compileStreaming(response), signal);
        loader.fetchedBytes += Number(response.headers.get("Content-Length") ?? file.bytes); // compressed, if the server compresses
        return module;
    } catch {
        return undefined; // reading the file will show what is wrong
    }
}

/** In the form that `fetch` takes: "sha256-" and the hash in base64. */
const integrityOf = ({ sha256 }: ImageFile): string =>
    `sha256-${btoa(String.fromCharCode(...sha256.match(/../g)!.map(byte => Number.parseInt(byte, 16))))}`;
