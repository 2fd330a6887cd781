/** The bundle's files from the web server. */
import { DrydockError, isAbort, messageOf } from "../base/errors";
import type { Bytes } from "../base/bytes";
import type { Bundle } from "./internet";

/** `base` is the address of the folder that holds image.json, ending in "/". */
export function createHttpBundle(base: string): Bundle {
    return {
        async open(path, signal) {
            const address = new URL(path, base).href;
            let response: Response;
            try {
                response = await fetch(address, signal ? { signal } : {});
            } catch (thrown) {
                if (isAbort(thrown)) throw thrown;
                throw new DrydockError(
                    "internet.unreachable",
                    `The web server did not answer ${path} (${messageOf(thrown)}).`,
                    "Check that Drydock's server is still running, then try again.",
                    { cause: thrown },
                );
            }
            if (response.status === 404)
                throw new DrydockError(
                    "internet.missing",
                    `The bundle has no file ${path}.`,
                    "Build the VM image again.",
                );
            if (!response.ok || !response.body)
                throw new DrydockError(
                    "internet.unreachable",
                    `The web server answered ${path} with status ${response.status}.`,
                    "Look at the server's output.",
                );
            // Content-Length of a compressed answer is not the file's: if the server compressed it, read it to the end.
            if (!response.headers.has("Content-Encoding"))
                return {
                    bytes: Number(response.headers.get("Content-Length")),
                    body: response.body as ReadableStream<Bytes>,
                };
            const whole = await response.blob();
            return { bytes: whole.size, body: whole.stream() as ReadableStream<Bytes> };
        },
    };
}
