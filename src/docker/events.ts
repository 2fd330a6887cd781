/** The engine's event stream: lines of JSON without end, followed again whenever the engine goes away and comes back. */
import { delay } from "../base/abort";
import { readAll } from "../base/bytes";
import { DrydockError, asDrydockError } from "../base/errors";
import type { Stop } from "../base/lifetime";
import { isOwn } from "./own";
import type { DockerEvent } from "./docker";
import { event as eventReply, parseReply } from "./replies";
import { refusal, type Transport } from "./transport";

/** Milliseconds to wait before following again: doubles from `first` to `most` while the engine stays away. */
export interface Backoff {
    first: number;
    most: number;
}

/** A line longer than this is no event. Characters. */
const lineLimit = 1 << 20;

export function followEvents(
    transport: Transport,
    onEvent: (event: DockerEvent) => void,
    onError: ((error: unknown) => void) | undefined,
    backoff: Backoff,
): Stop {
    const end = new AbortController();
    const seen = new Seen();
    const follow = async () => {
        let wait = backoff.first;
        while (!end.signal.aborted) {
            try {
                await readEvents(transport, seen, end.signal, event => {
                    wait = backoff.first;
                    onEvent(event);
                });
            } catch (thrown) {
                if (end.signal.aborted) return;
                onError?.(
                    asDrydockError(
                        thrown,
                        "docker.unreachable",
                        "The Docker engine's events have stopped.",
                        "They continue by themselves.",
                    ),
                );
                if (thrown instanceof DrydockError && thrown.code.startsWith("vm.")) return; // this machine will not come back
            }
            await delay(wait, end.signal);
            wait = Math.min(wait * 2, backoff.most);
        }
    };
    follow().catch(thrown => {
        if (!end.signal.aborted) onError?.(thrown);
    });
    return () => end.abort();
}

async function readEvents(
    transport: Transport,
    seen: Seen,
    signal: AbortSignal,
    onEvent: (event: DockerEvent) => void,
): Promise<void> {
    const path = `/events${seen.since === undefined ? "" : `?since=${seen.since}`}`;
    const response = await transport.open(path, signal);
    if (!response.ok)
        throw refusal(
            path,
            response.status,
            response.body ? await readAll(response.body, lineLimit) : new Uint8Array(),
        );
    if (!response.body) return;
    for await (const line of lines(response.body, signal)) {
        const raw = parseReply(eventReply, line, "GET /events");
        if (
            seen.isNew(raw.time, `${raw.timeNano} ${raw.Type} ${raw.Action} ${raw.Actor.ID}`) &&
            !seen.isOwn(raw.Actor.ID, raw.Actor.Attributes)
        )
            onEvent({
                type: raw.Type,
                action: raw.Action,
                id: raw.Actor.ID,
                attributes: raw.Actor.Attributes,
                time: raw.timeNano ? Math.floor(raw.timeNano / 1e6) : raw.time * 1000,
            });
    }
}

/** Remembers the last second of events (`since` counts whole seconds, so that the second is told again after a reconnect), and what is our own. */
class Seen {
    since: number | undefined;
    #keys = new Set<string>();
    #own = new Set<string>();

    /** Ours by its label, or the network's and image's part of something that was: those events name the container or image only. */
    isOwn(id: string, attributes: Record<string, string>): boolean {
        if (isOwn(attributes)) this.#own.add(id);
        return this.#own.has(id) || this.#own.has(attributes["container"] ?? "");
    }

    isNew(second: number, key: string): boolean {
        if (this.#keys.has(key)) return false;
        if (this.since !== second) this.#keys.clear();
        this.since = second;
        this.#keys.add(key);
        return true;
    }
}

/** Splits a byte stream at line ends, across chunks and across the bytes of one character. */
export async function* lines(stream: ReadableStream<Uint8Array>, signal?: AbortSignal): AsyncGenerator<string> {
    const reader = stream.getReader();
    const decoder = new TextDecoder();
    const onAbort = () => void reader.cancel(signal?.reason).catch(() => undefined); // a stream that fails while it is given up has nothing to add
    signal?.addEventListener("abort", onAbort, { once: true });
    let rest = "";
    try {
        for (;;) {
            const { done, value } = await reader.read();
            signal?.throwIfAborted();
            rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
            const whole = rest.split("\n");
            rest = whole.pop() ?? "";
            for (const line of whole) if (line.trim() !== "") yield line;
            if (rest.length > lineLimit)
                throw new DrydockError(
                    "docker.bad-reply",
                    "The Docker engine sent an event without an end.",
                    "Restart the machine.",
                );
            if (done) break;
        }
        if (rest.trim() !== "") yield rest;
    } finally {
        signal?.removeEventListener("abort", onAbort);
        await reader.cancel().catch(() => undefined); // already broken: its error has been thrown above
    }
}
