/** The sandbox's internet: what the guest reaches outside itself, answered by a fetch handler. */
import type { Tell } from "./told";

/** Reads the bundle's files; paths are relative to the image's folder. */
export interface Bundle {
    /** Rejects with "internet.missing" if there is no such file. */
    open(path: string, signal?: AbortSignal): Promise<{ bytes: number; body: ReadableStream<Uint8Array<ArrayBuffer>> }>;
}

/** `tell` is called for everything that happens to the request, in order; the last call comes before the answer. */
export type Internet = (request: Request, tell?: Tell) => Promise<Response>;
