import { concatBytes, decodeText, encodeText, type Bytes } from "../base/bytes";
import type { Stop } from "../base/lifetime";
import type { FileChange, FileEntry, GuestFiles } from "./agent";
import { ask, openCall, QUICK, type Call } from "./call";
import { badReply } from "./failures";
import { encodeFrame, FRAME, writeData } from "./frames";
import type { YamuxSession } from "./yamux";

/** Default `limit` of `read`, bytes. */
const READ_LIMIT = 16 << 20;

export class AgentFiles implements GuestFiles {
    #session: YamuxSession;

    constructor(session: YamuxSession) {
        this.#session = session;
    }

    async read(path: string, options: { limit?: number; signal?: AbortSignal } = {}): Promise<Bytes> {
        return this.#collect(
            await openCall(
                this.#session,
                { op: "read", path, limit: options.limit ?? READ_LIMIT },
                { signal: options.signal, timeout: QUICK },
            ),
        );
    }

    async write(
        path: string,
        bytes: Uint8Array | string,
        options: { mode?: number; signal?: AbortSignal } = {},
    ): Promise<void> {
        const content = typeof bytes === "string" ? encodeText(bytes) : bytes;
        const call = await openCall(
            this.#session,
            { op: "write", path, mode: options.mode },
            {
                signal: options.signal,
                send: async stream => {
                    await writeData(stream, content);
                    await stream.write(encodeFrame(FRAME.end));
                },
            },
        );
        call.done();
        call.stream.end();
    }

    async list(path: string, options: { recursive?: boolean; signal?: AbortSignal } = {}): Promise<FileEntry[]> {
        const call = await openCall(
            this.#session,
            { op: "list", path, recursive: options.recursive ?? false },
            { signal: options.signal, timeout: QUICK },
        );
        const lines = decodeText(await this.#collect(call)).split("\n");
        return lines.filter(line => line !== "").map(line => entryOf(JSON.parse(line)));
    }

    async stat(path: string): Promise<FileEntry | undefined> {
        const { entry } = await ask(this.#session, { op: "stat", path });
        return entry === null || entry === undefined ? undefined : entryOf(entry);
    }

    async makeFolder(path: string): Promise<void> {
        await ask(this.#session, { op: "mkdir", path });
    }

    async rename(from: string, to: string): Promise<void> {
        await ask(this.#session, { op: "rename", from, to });
    }

    async remove(path: string): Promise<void> {
        await ask(this.#session, { op: "remove", path });
    }

    watch(path: string, onChange: (changes: FileChange[]) => void, onError?: (error: unknown) => void): Stop {
        const stop = new AbortController();
        const follow = async () => {
            const call = await openCall(this.#session, { op: "watch", path }, { signal: stop.signal, timeout: QUICK });
            for (let body = await call.input.data(); body; body = await call.input.data()) onChange(changesOf(body));
        };
        follow().catch(thrown => {
            if (!stop.signal.aborted) onError?.(thrown);
        });
        return () => stop.abort();
    }

    async #collect({ stream, input, done }: Call): Promise<Bytes> {
        try {
            const parts: Bytes[] = [];
            for (let part = await input.data(); part; part = await input.data()) parts.push(part);
            stream.end();
            return concatBytes(parts);
        } catch (thrown) {
            stream.reset(thrown);
            throw thrown;
        } finally {
            done();
        }
    }
}

const kinds = ["file", "folder", "link", "other"];

function entryOf(value: unknown): FileEntry {
    const entry = value as FileEntry;
    if (
        typeof entry?.path !== "string" ||
        !kinds.includes(entry.kind) ||
        typeof entry.size !== "number" ||
        typeof entry.mode !== "number" ||
        typeof entry.modified !== "number"
    )
        throw badReply("a file entry without its fields");
    return entry;
}

function changesOf(body: Bytes): FileChange[] {
    const changes: unknown = JSON.parse(decodeText(body));
    if (!Array.isArray(changes)) throw badReply("changes are not a list");
    return changes as FileChange[];
}
