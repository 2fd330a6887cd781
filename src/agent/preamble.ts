/**
 * Takes over the raw port. The page writes magic and nonce; the agent, whatever it was doing, drops its session and
 * answers with the same. Everything before that answer was left in the pipe by an earlier page.
 */
import { concatBytes, type Bytes } from "../base/bytes";
import type { Duplex } from "../base/duplex";
import { agentGone, agentSilent } from "./failures";

/** As in the agent's link.go. 0xFF occurs only at the start. */
const MAGIC = Uint8Array.of(
    0xff,
    0xfe,
    0x44,
    0x52,
    0x59,
    0x44,
    0x4f,
    0x43,
    0x4b,
    0x91,
    0xe3,
    0x07,
    0xc8,
    0x5d,
    0xb2,
    0x1a,
    0xf4,
    0x86,
    0x3b,
    0xd9,
    0x60,
    0xae,
    0x72,
    0x15,
);
const NONCE_BYTES = 8;

/**
 * How long to wait before the preamble is sent again: anything sent before the guest has opened its port is lost.
 * Milliseconds, doubled each time.
 */
const FIRST_WAIT = 500;
const LONGEST_WAIT = 4000;

/** Resolves with the bytes that followed the answer. `timeout` in milliseconds. Rejects with "agent.silent" or "agent.gone". */
export async function takeOver(port: Duplex, timeout: number, signal?: AbortSignal): Promise<Bytes> {
    signal?.throwIfAborted();
    const reader = port.readable.getReader();
    const writer = port.writable.getWriter();
    let expected: Bytes = new Uint8Array(0);
    let over = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let giveUp: (reason: unknown) => void = () => undefined;
    const givenUp = new Promise<never>((_, reject) => (giveUp = reject));
    givenUp.catch(() => undefined);
    const end = setTimeout(
        () => giveUp(agentSilent(`no agent answered on the port within ${timeout / 1000} s`)),
        timeout,
    );
    const onAbort = () => giveUp(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });

    const announce = (wait: number): void => {
        // Only the answer to the last nonce counts: the agent answers every preamble it sees.
        expected = concatBytes([MAGIC, crypto.getRandomValues(new Uint8Array(NONCE_BYTES))]);
        writer.write(expected).then(
            () => {
                if (!over) timer = setTimeout(announce, wait, Math.min(wait * 2, LONGEST_WAIT));
            },
            reason => giveUp(agentGone(reason)),
        );
    };
    try {
        announce(FIRST_WAIT);
        let heard: Bytes = new Uint8Array(0);
        for (;;) {
            const { done, value } = await Promise.race([reader.read(), givenUp]);
            if (done) throw agentGone("the port was closed");
            heard = concatBytes([heard, value]);
            const at = find(heard, expected);
            if (at >= 0) return heard.slice(at + expected.byteLength);
            heard = heard.slice(Math.max(0, heard.byteLength - expected.byteLength));
        }
    } catch (thrown) {
        throw thrown instanceof Error ? thrown : agentGone(thrown);
    } finally {
        over = true;
        clearTimeout(timer);
        clearTimeout(end);
        signal?.removeEventListener("abort", onAbort);
        reader.releaseLock();
        writer.releaseLock();
    }
}

function find(text: Uint8Array, wanted: Uint8Array): number {
    for (let at = text.indexOf(wanted[0]!); at >= 0; at = text.indexOf(wanted[0]!, at + 1)) {
        if (at + wanted.byteLength <= text.byteLength && wanted.every((byte, i) => text[at + i] === byte)) return at;
    }
    return -1;
}
