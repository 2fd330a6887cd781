/** The sandbox's internet: what the guest reaches outside itself, answered by a fetch handler. */
import type { Tell } from "./told";

/** Reads the bundle's files, paths relative to the image's folder. */
export interface Bundle {
    /** Rejects with "internet.missing" when there is no such file. */
    open(path: string, signal?: AbortSignal): Promise<{ bytes: number; body: ReadableStream<Uint8Array<ArrayBuffer>> }>;
}

/** `tell` hears what becomes of the request, in the order in which it happens, the last of it before the answer. */
export type Internet = (request: Request, tell?: Tell) => Promise<Response>;
