import type { Bytes } from "../../../src/base/bytes";
import { DrydockError } from "../../../src/base/errors";
import type { Bundle } from "../../../src/internet/internet";

/** A bundle with these files by path; `change` may damage what it returns, or return nothing. */
export function bundleOfFiles(
    files: ReadonlyMap<string, Uint8Array>,
    change: (path: string, bytes: Uint8Array) => Uint8Array | undefined = (_path, bytes) => bytes,
): Bundle & { opened: string[] } {
    const opened: string[] = [];
    return {
        opened,
        async open(path) {
            opened.push(path);
            const content = files.get(path);
            const bytes = content && change(path, content);
            if (!bytes)
                throw new DrydockError(
                    "internet.missing",
                    `The bundle has no file ${path}.`,
                    "Build the VM image again.",
                );
            return { bytes: bytes.length, body: new Blob([new Uint8Array(bytes)]).stream() as ReadableStream<Bytes> };
        },
    };
}
