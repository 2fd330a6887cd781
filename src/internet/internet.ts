/** The sandbox's internet: what the guest reaches outside itself, answered by a fetch handler. */

/** Reads the bundle's files, paths relative to the image's folder. */
export interface Bundle {
    /** Rejects with "internet.missing" when there is no such file. */
    open(path: string, signal?: AbortSignal): Promise<{ bytes: number; body: ReadableStream<Uint8Array<ArrayBuffer>> }>;
}

export type Internet = (request: Request) => Promise<Response>;
