/** A Docker Engine that replays what a real one (26.1.5, i386) answered, for everything above the agent. */
import { readFileSync } from "node:fs";
import type { Address } from "../../../src/agent/agent";
import type { EngineSocket } from "../../../src/docker/transport";
import { encodeText, type Bytes } from "../../../src/base/bytes";
import { DrydockError } from "../../../src/base/errors";

/** The body is in `json`, `text` or `base64`, depending on its kind. */
interface Recorded {
    path: string;
    status: number;
    type: string;
    json?: unknown;
    text?: string;
    base64?: string;
}

export const recorded = JSON.parse(readFileSync(new URL("recorded.json", import.meta.url), "utf8")) as Record<
    string,
    Recorded
>;

type Reply = { status: number; type: string; body: Bytes };

export class FakeEngine implements EngineSocket {
    #replies = new Map<string, Reply>();
    #followers = new Set<ReadableStreamDefaultController<Bytes>>();
    readonly asked: string[] = [];
    /** Nothing listens on the socket while false. */
    up = true;
    /** While true, requests get no answer. */
    silent = false;
    /** What a follower of `/events?since=` receives first. */
    history = "";

    constructor() {
        for (const reply of Object.values(recorded)) {
            if (reply.json !== undefined) this.answer(reply.path, reply.json, reply.status);
            else
                this.#replies.set(reply.path, {
                    status: reply.status,
                    type: reply.type,
                    body: reply.base64 !== undefined ? bytesOf(reply.base64) : encodeText(reply.text ?? ""),
                });
        }
    }

    answer(path: string, json: unknown, status = 200): void {
        this.#replies.set(path, {
            status,
            type: "application/json",
            body: encodeText(typeof json === "string" ? json : JSON.stringify(json)),
        });
    }

    get followers(): number {
        return this.#followers.size;
    }

    /** Sends to everyone who follows the events, byte for byte. */
    tell(text: string | Uint8Array): void {
        for (const follower of this.#followers)
            follower.enqueue(typeof text === "string" ? encodeText(text) : (text as Bytes));
    }

    /** Ends every open event stream, as a restart of dockerd does. */
    hangUp(): void {
        for (const follower of this.#followers) follower.close();
        this.#followers.clear();
    }

    async http(address: Address, request: Request): Promise<Response> {
        if (address.network !== "unix" || address.path !== "/run/docker.sock") throw new Error("asked somewhere else");
        const url = new URL(request.url);
        const path = decodeURIComponent(url.pathname).replace("/v1.45", "") + url.search;
        this.asked.push(path);
        if (!this.up) throw new DrydockError("agent.refused", "Nothing listens on /run/docker.sock.", "Start it.");
        if (this.silent)
            return new Promise((_, reject) =>
                request.signal.addEventListener("abort", () => reject(request.signal.reason)),
            );
        if (path.startsWith("/events")) return this.#follow(path, request.signal);
        const reply = this.#replies.get(path) ?? {
            status: 404,
            type: "application/json",
            body: encodeText(JSON.stringify({ message: `No such thing: ${path}` })),
        };
        return new Response(reply.body, { status: reply.status, headers: { "Content-Type": reply.type } });
    }

    #follow(path: string, signal: AbortSignal): Response {
        let follower: ReadableStreamDefaultController<Bytes>;
        const body = new ReadableStream<Bytes>({
            start: controller => {
                follower = controller;
                this.#followers.add(controller);
                if (path.includes("since=") && this.history) controller.enqueue(encodeText(this.history));
            },
            cancel: () => void this.#followers.delete(follower),
        });
        signal.addEventListener("abort", () => this.#followers.delete(follower));
        return new Response(body, { headers: { "Content-Type": "application/json" } });
    }
}

export const recordedEvents: string[] = recorded["events"]!.text!.trim().split("\n");

const bytesOf = (base64: string) => Uint8Array.from(atob(base64), character => character.charCodeAt(0));
