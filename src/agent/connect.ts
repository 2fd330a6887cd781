import type { Bytes } from "../base/bytes";
import type { Duplex } from "../base/duplex";
import { DrydockError } from "../base/errors";
import type { Stop } from "../base/lifetime";
import type { Address, Agent, ExecOptions, ExecResult, GuestProcess, Pty, PtyOptions } from "./agent";
import { ask, openCall, QUICK } from "./call";
import { exec, spawn } from "./exec";
import { agentGone, badReply } from "./failures";
import { AgentFiles } from "./files";
import { http } from "./http";
import { takeOver } from "./preamble";
import { openPty } from "./pty";
import { answer, type Handler } from "./serve";
import { YamuxSession } from "./yamux";
import { asDuplex } from "./yamux-stream";

/** The agent's protocol version that this code speaks. */
const VERSION = "1";

/** How long the agent may take to answer, milliseconds; after a cold boot it starts some seconds late. */
const CONNECT_TIMEOUT = 60_000;

export interface ConnectOptions {
    /** Milliseconds, default 60,000. */
    timeout?: number;
    signal?: AbortSignal;
}

/**
 * Takes over the guest's port, whatever used it before, and greets the agent. `port` is in use until `close`, and can
 * then be connected again. Rejects with "agent.silent", "agent.gone", "agent.wrong-version" or the signal's reason.
 */
export async function connectAgent(port: Duplex, options: ConnectOptions = {}): Promise<Agent> {
    const early = await takeOver(port, options.timeout ?? CONNECT_TIMEOUT, options.signal);
    const session = new YamuxSession(port, early);
    try {
        const { version } = await ask(
            session,
            { op: "hello" },
            { signal: options.signal, timeout: options.timeout ?? CONNECT_TIMEOUT },
        );
        if (version !== VERSION)
            throw new DrydockError(
                "agent.wrong-version",
                `The image's agent has version ${String(version)}, but the page needs ${VERSION}.`,
                "Build the image again: npm run drydock -- image build.",
            );
    } catch (thrown) {
        session.close(thrown);
        throw thrown;
    }
    return new ConnectedAgent(session);
}

class ConnectedAgent implements Agent {
    readonly files: AgentFiles;
    #session: YamuxSession;
    #handler: Handler | undefined;

    constructor(session: YamuxSession) {
        this.#session = session;
        this.files = new AgentFiles(session);
        session.onStream = stream => void answer(stream, this.#handler);
    }

    exec(argv: string[], options?: ExecOptions): Promise<ExecResult> {
        return exec(this.#session, argv, options);
    }

    spawn(argv: string[], options?: Omit<ExecOptions, "stdin">): Promise<GuestProcess> {
        return spawn(this.#session, argv, options);
    }

    pty(options: PtyOptions): Promise<Pty> {
        return openPty(this.#session, options);
    }

    async dial(address: Address, signal?: AbortSignal): Promise<Duplex> {
        const { stream, input } = await openCall(this.#session, { op: "dial", address }, { signal, timeout: QUICK });
        return asDuplex(stream, input.rest);
    }

    http(address: Address, request: Request): Promise<Response> {
        return http(this.#session, address, request);
    }

    async setTime(milliseconds: number): Promise<void> {
        await ask(this.#session, { op: "time", milliseconds: Math.round(milliseconds) });
    }

    async reseed(bytes: Uint8Array): Promise<void> {
        await ask(this.#session, { op: "entropy", bytes: base64(bytes) });
    }

    async usage(): Promise<{ processor: number; memoryTotal: number; memoryAvailable: number }> {
        const { processor, memoryTotal, memoryAvailable } = await ask(this.#session, { op: "usage" });
        if (typeof processor !== "number" || typeof memoryTotal !== "number" || typeof memoryAvailable !== "number")
            throw badReply("a usage without its figures");
        return { processor, memoryTotal, memoryAvailable };
    }

    serve(handler: Handler): Stop {
        if (this.#handler)
            throw new DrydockError(
                "agent.serving",
                "The guest's requests already have a handler.",
                "Stop the current handler first.",
            );
        this.#handler = handler;
        return () => {
            if (this.#handler === handler) this.#handler = undefined;
        };
    }

    close(): void {
        this.#session.close(agentGone("it was closed here"));
    }
}

function base64(bytes: Uint8Array): string {
    return btoa(String.fromCharCode(...(bytes as Bytes)));
}
