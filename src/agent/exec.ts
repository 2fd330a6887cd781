import { encodeText, decodeText, readAll, type Bytes } from "../base/bytes";
import { DrydockError } from "../base/errors";
import type { ExecOptions, ExecResult, GuestProcess } from "./agent";
import { openCall, QUICK } from "./call";
import { badReply } from "./failures";
import { encodeFrame, FRAME, parseObject, writeData } from "./frames";
import type { YamuxSession } from "./yamux";

/** Unread bytes that each of the two outputs may hold before the program has to wait. */
const OUTPUT_MARK = 256 << 10;

/** Most bytes that `exec` collects from each output. */
const COLLECTED_LIMIT = 64 << 20;

export async function spawn(
    session: YamuxSession,
    argv: string[],
    options: Omit<ExecOptions, "stdin"> = {},
): Promise<GuestProcess> {
    const call = await openCall(
        session,
        { op: "exec", argv, env: options.env, cwd: options.cwd },
        { signal: options.signal, timeout: QUICK },
    );
    const { stream, input } = call;
    const stdout = new Output();
    const stderr = new Output();
    const pump = async (): Promise<number> => {
        try {
            for (;;) {
                const { type, payload } = await input.frame();
                if (type === FRAME.data) await stdout.put(payload);
                else if (type === FRAME.stderr) await stderr.put(payload);
                else if (type === FRAME.exit) {
                    const { code } = parseObject(payload);
                    if (typeof code !== "number") throw badReply("an exit without a code");
                    stdout.close();
                    stderr.close();
                    stream.end();
                    return code;
                } else throw badReply(`frame type ${type}`);
            }
        } catch (thrown) {
            stdout.fail(thrown);
            stderr.fail(thrown);
            stream.reset(thrown);
            throw thrown;
        } finally {
            call.done();
        }
    };
    const exit = pump();
    exit.catch(() => undefined); // a caller that awaits `exit` still gets the error
    return {
        stdin: new WritableStream<Bytes>({
            write: bytes => writeData(stream, bytes),
            close: () => stream.write(encodeFrame(FRAME.end)),
            abort: () => stream.write(encodeFrame(FRAME.end)),
        }),
        stdout: stdout.readable,
        stderr: stderr.readable,
        exit,
        kill: (signal = "TERM") =>
            void stream.write(encodeFrame(FRAME.signal, encodeText(JSON.stringify({ signal })))).catch(() => undefined), // it has already ended
    };
}

export async function exec(session: YamuxSession, argv: string[], options: ExecOptions = {}): Promise<ExecResult> {
    const program = await spawn(session, argv, options);
    void feed(program.stdin, options.stdin).catch(() => undefined); // a program need not read its input
    try {
        const [stdout, stderr, code] = await Promise.all([
            readAll(program.stdout, COLLECTED_LIMIT),
            readAll(program.stderr, COLLECTED_LIMIT),
            program.exit,
        ]);
        return { stdout: decodeText(stdout), stderr: decodeText(stderr), code };
    } catch (thrown) {
        if (!(thrown instanceof RangeError)) throw thrown;
        program.kill("KILL");
        throw new DrydockError(
            "agent.output-too-large",
            `${argv[0]} wrote more than ${COLLECTED_LIMIT >> 20} MB.`,
            "Run it in a terminal, or write its output to a file.",
            { cause: thrown },
        );
    }
}

async function feed(stdin: WritableStream<Bytes>, input: Uint8Array | string | undefined): Promise<void> {
    const writer = stdin.getWriter();
    if (input !== undefined) await writer.write(typeof input === "string" ? encodeText(input) : new Uint8Array(input));
    await writer.close();
}

/** A readable that makes its writer wait above the mark. Once cancelled, it discards what it gets. */
class Output {
    #controller!: ReadableStreamDefaultController<Bytes>;
    #wake: (() => void) | undefined;
    #over = false;
    readonly readable = new ReadableStream<Bytes>(
        {
            start: controller => void (this.#controller = controller),
            pull: () => this.#wake?.(),
            cancel: () => {
                this.#over = true;
                this.#wake?.();
            },
        },
        { highWaterMark: OUTPUT_MARK, size: chunk => chunk?.byteLength ?? 0 },
    );

    async put(bytes: Bytes): Promise<void> {
        while (!this.#over && (this.#controller.desiredSize ?? 1) <= 0)
            await new Promise<void>(resolve => (this.#wake = resolve));
        if (!this.#over && bytes.byteLength) this.#controller.enqueue(bytes);
    }

    close(): void {
        if (!this.#over) this.#controller.close();
        this.#over = true;
    }

    fail(reason: unknown): void {
        if (!this.#over) this.#controller.error(reason);
        this.#over = true;
    }
}
