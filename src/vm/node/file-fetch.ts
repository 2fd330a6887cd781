import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { FetchFile } from "../image/loader";

const PIECE = 1 << 20;

/** `fetch` that also reads `file:` addresses; Node's own supports only http. A missing file is a 404. */
export const fetchFile: FetchFile = async (url, options) => {
    if (!url.startsWith("file:")) return fetch(url, { signal: options?.signal, integrity: options?.integrity });
    options?.signal?.throwIfAborted();
    let file;
    try {
        file = await open(fileURLToPath(url));
    } catch (thrown) {
        if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT")
            return new Response(null, { status: 404 });
        throw thrown;
    }
    const handle = file;
    const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
            const { bytesRead, buffer } = await handle.read(new Uint8Array(PIECE), 0, PIECE);
            if (bytesRead > 0) return controller.enqueue(buffer.subarray(0, bytesRead));
            await handle.close();
            controller.close();
        },
        cancel: () => handle.close(),
    });
    return new Response(body);
};
