import { messageOf } from "../../base/errors";
import type { Bytes } from "../../base/bytes";
import type { Draft } from "./blob-store";
import { randomUuid } from "./names";
import { OciError } from "./oci-error";

/** Uploads untouched for an hour are discarded: an engine that was switched off never ends its own. */
const idleAfter = 60 * 60 * 1000;

export interface Upload {
    readonly id: string;
    readonly name: string;
    readonly draft: Draft;
}

/** Uploads under way. They end with the page; a later visit removes what they wrote. */
export class Uploads {
    #open = new Map<string, Upload & { touched: number; turn: Promise<unknown> }>();

    constructor(private readonly now: () => number) {}

    async start(name: string, draft: Draft): Promise<Upload> {
        for (const upload of [...this.#open.values()])
            if (upload.touched < this.now() - idleAfter) await this.end(upload);
        const upload = { id: randomUuid(), name, draft, touched: this.now(), turn: Promise.resolve() };
        this.#open.set(upload.id, upload);
        return upload;
    }

    /** Throws BLOB_UPLOAD_UNKNOWN. */
    find(name: string, id: string): Upload {
        const upload = this.#open.get(id);
        if (upload?.name !== name) throw new OciError("BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
        return upload;
    }

    /** Runs `work` once earlier requests on the same upload are done, so that chunks cannot mix. */
    inTurn<T>({ name, id }: Upload, work: () => Promise<T>): Promise<T> {
        this.find(name, id);
        const upload = this.#open.get(id)!;
        upload.touched = this.now();
        const result = upload.turn.then(() => {
            this.find(name, id); // the previous request may have ended it
            return work();
        });
        upload.turn = result.catch(() => undefined); // its own caller gets the error
        return result;
    }

    /** Forgets the upload and removes what it wrote. */
    async end({ id, draft }: Upload): Promise<void> {
        this.#open.delete(id);
        await draft.discard();
    }
}

/**
 * Writes a request's body to the draft as it arrives; resolves to its length. Throws BLOB_UPLOAD_INVALID if the body
 * breaks off, DENIED if storage is full.
 */
export async function writeBody(draft: Draft, body: ReadableStream<Uint8Array> | null): Promise<number> {
    if (!body) return 0;
    const reader = (body as ReadableStream<Bytes>).getReader();
    let bytes = 0;
    for (;;) {
        let next;
        try {
            next = await reader.read();
        } catch (thrown) {
            throw new OciError("BLOB_UPLOAD_INVALID", "blob upload invalid", {
                detail: `the body was cut off after ${bytes} bytes: ${messageOf(thrown)}`,
                cause: thrown,
            });
        }
        if (next.done) return bytes;
        try {
            await draft.write(next.value);
        } catch (thrown) {
            await reader.cancel(thrown);
            throw isFull(thrown)
                ? new OciError(
                      "DENIED",
                      "the browser has no more room for pushed images: delete some, or free space on this computer's disk",
                      { cause: thrown },
                  )
                : thrown;
        }
        bytes += next.value.byteLength;
    }
}

const isFull = (thrown: unknown): boolean => thrown instanceof Error && thrown.name === "QuotaExceededError";
