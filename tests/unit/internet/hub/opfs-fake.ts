/**
 * The part of the origin's private file system that the hub uses, with its surprises: a file is empty until its writer
 * closes.
 */
import type { Bytes } from "../../../../src/base/bytes";
import { concatBytes } from "../../../../src/base/bytes";

export class FakeFolder {
    readonly kind = "directory";
    #files = new Map<string, { bytes: Bytes; lastModified: number }>();

    constructor(readonly now: () => number = Date.now) {}

    async getFileHandle(name: string, options: { create?: boolean } = {}): Promise<unknown> {
        if (!this.#files.has(name)) {
            if (!options.create) throw new DOMException(`${name} is not there`, "NotFoundError");
            this.#files.set(name, { bytes: new Uint8Array(), lastModified: this.now() });
        }
        return this.#handle(name);
    }

    #handle(name: string) {
        return {
            kind: "file",
            name,
            getFile: async () => {
                const file = this.#files.get(name);
                if (!file) throw new DOMException(`${name} is not there`, "NotFoundError");
                return new File([file.bytes], name, { lastModified: file.lastModified });
            },
            createWritable: async () => {
                let parts: Bytes[] = [];
                return {
                    write: async (part: Bytes) => void parts.push(part.slice()),
                    close: async () =>
                        void this.#files.set(name, { bytes: concatBytes(parts), lastModified: this.now() }),
                    abort: async () => void (parts = []),
                };
            },
        };
    }

    async removeEntry(name: string): Promise<void> {
        if (!this.#files.delete(name)) throw new DOMException(`${name} is not there`, "NotFoundError");
    }

    async *values(): AsyncIterableIterator<unknown> {
        for (const name of this.#files.keys()) yield this.#handle(name);
    }

    /** The folder under the type that the hub expects; the hub never calls what is missing here. */
    asHandle(): FileSystemDirectoryHandle {
        return this as unknown as FileSystemDirectoryHandle;
    }
}
