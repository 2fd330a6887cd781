/** One request to the Docker Engine: its address, its time limit, and named errors for the engine's refusals. */
import type { Address, Agent } from "../agent/agent";
import { abortable, limited } from "../base/abort";
import { decodeText, readAll } from "../base/bytes";
import { DrydockError, isAbort, messageOf } from "../base/errors";

/** The part of the agent that an Engine client needs. */
export type EngineSocket = Pick<Agent, "http">;

export const engineSocket: Address = { network: "unix", path: "/run/docker.sock" };

/**
 * The API of Docker 24 and 25, which 26.1 speaks too. It is asked for by name, so that an engine of another age refuses
 * it.
 */
const base = "http://docker/v1.45";

/**
 * Milliseconds. A build keeps the emulated processor busy for tens of seconds; an answer that takes longer than this
 * will not come.
 */
const requestLimit = 60_000;

/** Bytes. `inspect` of a large image is below 20 kB; the longest list the store can produce is far below this. */
const replyLimit = 16 << 20;

const notThere = 404;

export class Transport {
    readonly #socket: EngineSocket;

    constructor(socket: EngineSocket) {
        this.#socket = socket;
    }

    /** The engine's response, whatever its status. Rejects with "docker.unreachable" if nobody answers. */
    async open(path: string, signal?: AbortSignal, method = "GET"): Promise<Response> {
        signal?.throwIfAborted();
        try {
            return await abortable(
                this.#socket.http(engineSocket, new Request(base + path, { method, ...(signal ? { signal } : {}) })),
                signal,
            );
        } catch (thrown) {
            if (signal?.aborted) throw signal.reason;
            throw unreachable(thrown);
        }
    }

    /**
     * A whole reply as text with its media type; undefined for "no such thing" where `lookup` is set. Every other
     * refusal rejects with "docker.refused", a missing answer with "docker.timeout".
     */
    async ask(
        path: string,
        options: { signal?: AbortSignal | undefined; lookup?: boolean; method?: string } = {},
    ): Promise<{ bytes: Uint8Array; type: string } | undefined> {
        const call = async (signal: AbortSignal) => {
            const response = await this.open(path, signal, options.method);
            const bytes = response.body ? await readAll(response.body, replyLimit) : new Uint8Array();
            if (response.ok) return { bytes, type: response.headers.get("Content-Type") ?? "" };
            if (options.lookup && response.status === notThere) return undefined;
            throw refusal(path, response.status, bytes, options.method);
        };
        try {
            return await limited(call, {
                milliseconds: requestLimit,
                late: () => silent(path),
                signal: options.signal,
            });
        } catch (thrown) {
            options.signal?.throwIfAborted();
            throw thrown instanceof DrydockError ? thrown : unreachable(thrown);
        }
    }
}

export function refusal(path: string, status: number, body: Uint8Array, method = "GET"): DrydockError {
    return new DrydockError(
        "docker.refused",
        `The Docker engine refused: ${wordsOf(body) || `status ${status}`}`,
        "Read the engine's message, and try the same with the docker command in a terminal.",
        {
            cause: new Error(`${method} ${path}: ${status}`),
        },
    );
}

/** The engine puts its message in `{"message": ...}`; its router answers in plain text. */
function wordsOf(body: Uint8Array): string {
    const text = decodeText(body).trim();
    try {
        const parsed: unknown = JSON.parse(text);
        if (typeof parsed === "object" && parsed !== null && "message" in parsed && typeof parsed.message === "string")
            return parsed.message;
    } catch {
        // then it is plain text
    }
    return text;
}

function silent(path: string): DrydockError {
    return new DrydockError(
        "docker.timeout",
        `The Docker engine did not answer ${path} within ${requestLimit / 1000} s.`,
        "Wait until the command in the terminal has ended, then try again. If the engine still does not answer, restart the machine.",
    );
}

/**
 * A stopped machine and a cancelled request keep their own error codes; any other failure below means that the engine
 * is away.
 */
function unreachable(thrown: unknown): unknown {
    if (
        isAbort(thrown) ||
        (thrown instanceof DrydockError && (thrown.code.startsWith("vm.") || thrown.code.startsWith("docker.")))
    )
        return thrown;
    return new DrydockError(
        "docker.unreachable",
        `The Docker engine does not answer (${messageOf(thrown)}).`,
        "Wait a moment, because it may be starting. If it still does not answer, restart the machine.",
        { cause: thrown },
    );
}
