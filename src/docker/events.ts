/**
 * The engine's event stream: lines of JSON without end. It is followed again whenever the engine goes away and comes
 * back.
 */
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

/** A longer line is not an event. Characters. */
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

/**
 * Remembers the last second of events (`since` counts whole seconds, so a reconnect repeats that second), and which
 * things Drydock made.
 */
class Seen {
    since: number | undefined;
    #keys = new Set<string>();
    #own = new Set<string>();

    /**
     * True for a thing with our label, and for network and image events that belong to one: those events name only the
     * container or image.
     */
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

/** Splits a byte stream into lines, across chunks and across the bytes of one character. */
export async function* lines(stream: ReadableStream<Uint8Array>, signal?: AbortSignal): AsyncGenerator<string> {
    const reader = stream.getReader();
    const decoder = new TextDecoder();
    const onAbort = () => void reader.cancel(signal?.reason).catch(() => undefined); // the stream is being given up, so its failure no longer matters
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
        await reader.cancel().catch(() => undefined); // if it is already broken, its error was thrown above
    }
}
