/**
 * The only part of Drydock that may ask hosts outside. The server gives this script a policy of its own (`onlinePolicy`
 * in server/headers.ts), which applies to a worker whatever the page's own policy says; the page itself never gets that
 * right.
 */
import { isAbort, messageOf } from "../../base/errors";
import type { Bytes } from "../../base/bytes";
import type { FromPassage, ToPassage } from "./protocol";

declare const self: DedicatedWorkerGlobalScope;

interface Asked {
    abort: AbortController;
    reader: ReadableStreamDefaultReader<Bytes> | undefined;
}

const asked = new Map<number, Asked>();
const post = (message: FromPassage, moved: Transferable[] = []) => self.postMessage(message, moved);

self.addEventListener("message", ({ data }: MessageEvent<ToPassage>) => {
    if (data.kind === "ask") void ask(data);
    else if (data.kind === "more") void more(data.id);
    else {
        asked.get(data.id)?.abort.abort();
        asked.delete(data.id);
    }
});

async function ask({ id, url, method, headers, body }: Extract<ToPassage, { kind: "ask" }>): Promise<void> {
    const abort = new AbortController();
    asked.set(id, { abort, reader: undefined });
    try {
        const response = await fetch(url, {
            method,
            headers: headers as [string, string][],
            body,
            mode: "cors",
            credentials: "omit",
            referrerPolicy: "no-referrer",
            cache: "no-store",
            signal: abort.signal,
        });
        asked.set(id, { abort, reader: response.body?.getReader() as ReadableStreamDefaultReader<Bytes> | undefined });
        post({ kind: "answer", id, url: response.url, status: response.status, headers: [...response.headers] });
    } catch (thrown) {
        fail(id, thrown);
    }
}

async function more(id: number): Promise<void> {
    const reader = asked.get(id)?.reader;
    try {
        const next = await reader?.read();
        if (next && !next.done) return post({ kind: "chunk", id, chunk: next.value }, [next.value.buffer]);
        asked.delete(id);
        post({ kind: "end", id });
    } catch (thrown) {
        fail(id, thrown);
    }
}

function fail(id: number, thrown: unknown): void {
    asked.delete(id);
    if (!isAbort(thrown)) post({ kind: "failed", id, message: messageOf(thrown) });
}
