import { encodeText, type Bytes } from "../base/bytes";
import type { Pty, PtyOptions } from "./agent";
import { openCall, QUICK } from "./call";
import { badReply } from "./failures";
import { encodeFrame, FRAME, parseObject, writeData } from "./frames";
import type { YamuxSession } from "./yamux";

/** Unread output in flight, bytes. Small, so that Ctrl-C takes effect at once even in a flood of output. */
const PTY_WINDOW = 64 << 10;

export async function openPty(session: YamuxSession, options: PtyOptions): Promise<Pty> {
    const { argv, env, cwd, columns, rows } = options;
    const { stream, input } = await openCall(
        session,
        { op: "pty", argv, env, cwd, columns, rows },
        { timeout: QUICK, window: PTY_WINDOW },
    );
    let ended: (code: number) => void;
    let failed: (reason: unknown) => void;
    const exit = new Promise<number>((resolve, reject) => ((ended = resolve), (failed = reject)));
    exit.catch(() => undefined); // a caller that awaits `exit` still gets the error
    stream.onFailure = reason => failed(reason);
    const output = new ReadableStream<Bytes>(
        {
            async pull(controller) {
                try {
                    const { type, payload } = await input.frame();
                    if (type === FRAME.data) controller.enqueue(payload);
                    else if (type === FRAME.exit) {
                        const { code } = parseObject(payload);
                        if (typeof code !== "number") throw badReply("an exit without a code");
                        stream.end();
                        controller.close();
                        ended(code);
                    } else throw badReply(`frame type ${type}`);
                } catch (thrown) {
                    stream.reset(thrown);
                    throw thrown;
                }
            },
            cancel: reason => stream.reset(reason),
        },
        { highWaterMark: 0 },
    );
    return {
        output,
        exit,
        write: data => writeData(stream, typeof data === "string" ? encodeText(data) : data),
        resize: (columns, rows) =>
            void stream
                .write(encodeFrame(FRAME.resize, encodeText(JSON.stringify({ columns, rows }))))
                .catch(() => undefined), // it has already ended
        close: () => stream.reset(),
    };
}
