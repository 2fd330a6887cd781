/** The bundle's files from disk, for the headless guest. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import type { Bytes } from "../base/bytes";
import { DrydockError } from "../base/errors";
import type { Bundle } from "../internet/internet";
import { locate } from "./files";

/** `folder` holds image.json. */
export function createFileBundle(folder: string): Bundle {
    return {
        async open(path, signal) {
            signal?.throwIfAborted();
            const file = await locate(folder, path);
            if (!file)
                throw new DrydockError(
                    "internet.missing",
                    `The bundle has no file ${path}.`,
                    "Build the VM image again.",
                );
            const { size } = await stat(file);
            return { bytes: size, body: Readable.toWeb(createReadStream(file, { signal })) as ReadableStream<Bytes> };
        },
    };
}
