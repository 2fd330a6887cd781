import type { Bytes } from "../../base/bytes";
import { Pieces, fileMissing, type ByteFiles, type FileWriter } from "./byte-files";

/** The origin's private file system: real files, so a large layer takes no memory. Only in a secure context. */
export class OpfsFiles implements ByteFiles {
    constructor(private readonly folder: FileSystemDirectoryHandle) {}

    async create(id: string): Promise<FileWriter> {
        const handle = await this.folder.getFileHandle(id, { create: true });
        // data appears in the file only when the stream closes
        const stream = await handle.createWritable();
        const pieces = new Pieces(piece => stream.write(piece));
        return {
            write: chunk => pieces.write(chunk),
            close: async () => {
                await pieces.flush();
                await stream.close();
            },
            abort: async () => {
                await stream.abort();
                await this.remove(id);
            },
        };
    }

    async open(id: string, start: number, end: number): Promise<ReadableStream<Bytes>> {
        try {
            const file = await (await this.folder.getFileHandle(id)).getFile();
            if (file.size < end) throw fileMissing(id);
            return file.slice(start, end).stream();
        } catch (thrown) {
            throw fileMissing(id, thrown);
        }
    }

    async remove(id: string): Promise<void> {
        try {
            await this.folder.removeEntry(id);
        } catch (thrown) {
            if (!(thrown instanceof DOMException && thrown.name === "NotFoundError")) throw thrown;
        }
    }

    async list(): Promise<{ id: string; touched: number }[]> {
        const files: { id: string; touched: number }[] = [];
        for await (const handle of this.folder.values())
            if (handle.kind === "file")
                files.push({
                    id: handle.name,
                    touched: (await (handle as FileSystemFileHandle).getFile()).lastModified,
                });
        return files;
    }
}
