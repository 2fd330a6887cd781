/** One operation on one stream: header line, reply line, then frames. */
import { encodeText } from "../base/bytes";
import { agentFailure, agentSilent } from "./failures";
import { FrameReader } from "./frames";
import type { YamuxSession } from "./yamux";
import type { YamuxStream } from "./yamux-stream";

export interface Call {
    readonly stream: YamuxStream;
    readonly input: FrameReader;
    readonly reply: Record<string, unknown>;
    /** Removes the abort listener; call it when the operation is over. */
    done(): void;
}

export interface CallOptions {
    signal?: AbortSignal | undefined;
    /** Milliseconds until the reply line; no limit if left out. */
    timeout?: number;
    /** Bytes of unread output in flight. */
    window?: number;
    /** Sends what follows the header while the reply is awaited. If it fails, the reply shows why. */
    send?: (stream: YamuxStream) => Promise<void>;
}

/**
 * Opens a stream, names the operation and waits for its reply. Rejects with the agent's error, the signal's reason, or
 * "agent.silent". The signal counts until `done`: aborting it resets the stream.
 */
export async function openCall(
    session: YamuxSession,
    header: { op: string } & Record<string, unknown>,
    options: CallOptions = {},
): Promise<Call> {
    options.signal?.throwIfAborted();
    const stream = session.open(options.window);
    const input = new FrameReader(stream);
    const onAbort = () => stream.reset(options.signal?.reason);
    const done = () => options.signal?.removeEventListener("abort", onAbort);
    options.signal?.addEventListener("abort", onAbort, { once: true });
    const timer =
        options.timeout === undefined
            ? undefined
            : setTimeout(
                  () =>
                      stream.reset(
                          agentSilent(`the operation ${header.op} took more than ${options.timeout! / 1000} s`),
                      ),
                  options.timeout,
              );
    try {
        const sending = stream.write(encodeText(`${JSON.stringify(header)}\n`)).then(() => options.send?.(stream));
        // A refusal can arrive while we are still sending. The reply then says more than the failed write.
        sending.catch(thrown => stream.reset(thrown));
        const reply = await input.json();
        if (reply.ok !== true) throw agentFailure(reply.error);
        return { stream, input, reply, done };
    } catch (thrown) {
        stream.reset(thrown);
        done();
        throw thrown;
    } finally {
        clearTimeout(timer);
    }
}

/** Milliseconds for operations that the guest answers at once, even under load. */
export const QUICK = 60_000;

/** An operation that is over once its reply has come. */
export async function ask(
    session: YamuxSession,
    header: { op: string } & Record<string, unknown>,
    options: CallOptions = {},
): Promise<Record<string, unknown>> {
    const call = await openCall(session, header, { timeout: QUICK, ...options });
    call.done();
    call.stream.end();
    return call.reply;
}
