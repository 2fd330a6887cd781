import { ZSTDDecoder } from "zstddec";

let ready: Promise<ZSTDDecoder> | undefined;

/** A decoder for small pieces. One for the thread: each has a WebAssembly memory of its own. */
export function zstdDecoder(): Promise<ZSTDDecoder> {
    ready ??= (async () => {
        const decoder = new ZSTDDecoder();
        await decoder.init();
        return decoder;
    })();
    return ready;
}
