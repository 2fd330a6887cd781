/** The student's shell: a login bash on a terminal that reports where each command starts and ends. */
import { abortable } from "../base/abort";
import { concatBytes, decodeText, toHex, type Bytes } from "../base/bytes";
import { Signal, Store, type Readable } from "../base/store";
import type { Agent, Pty } from "./agent";
import { agentGone } from "./failures";
import { ShellMarks, type ShellMark } from "./osc";

export type ShellEvent =
    | { kind: "prompt" }
    | { kind: "commandStarted"; command: string }
    | { kind: "commandEnded"; command: string; /** exit status */ code: number };

/** "starting" also covers the time between the end of a command and the next prompt. */
export type ShellState =
    | { kind: "starting" }
    | { kind: "prompt" }
    | { kind: "running"; command: string }
    | { kind: "ended"; /** of the shell itself, undefined when it was cut off */ code: number | undefined };

export interface ShellOptions {
    columns: number;
    rows: number;
    /** Default "/workspace". */
    cwd?: string;
    env?: Record<string, string>;
}

/** Bytes of a command's output that `run` keeps, counted from the end. */
const KEPT_OUTPUT = 1 << 20;

export async function openShell(agent: Agent, options: ShellOptions): Promise<Shell> {
    const nonce = toHex(crypto.getRandomValues(new Uint8Array(16)));
    const { columns, rows, cwd = "/workspace", env } = options;
    const pty = await agent.pty({
        argv: ["bash", "--login"],
        env: { ...env, DRYDOCK_NONCE: nonce },
        cwd,
        columns,
        rows,
    });
    return new Shell(pty, nonce);
}

export class Shell {
    /** The terminal's output without the shell's marks. Somebody must read it, or the shell stalls. */
    readonly output: ReadableStream<Bytes>;
    readonly state: Readable<ShellState>;
    readonly events = new Signal<ShellEvent>();
    readonly exit: Promise<number>;
    #pty: Pty;
    #nonce: string;
    #marks = new ShellMarks();
    #state = new Store<ShellState>({ kind: "starting" });
    /** True from mark C until E names the command. */
    #started = false;
    /** Once a D has carried the nonce, every later D must carry it too. */
    #endsAreSigned = false;
    #captured: Bytes[] = [];
    #capturedBytes = 0;

    constructor(pty: Pty, nonce: string) {
        this.#pty = pty;
        this.#nonce = nonce;
        this.state = this.#state;
        this.exit = pty.exit;
        this.exit.then(
            code => this.#state.set({ kind: "ended", code }),
            () => this.#state.set({ kind: "ended", code: undefined }),
        );
        const reader = pty.output.getReader();
        this.output = new ReadableStream<Bytes>(
            {
                pull: async controller => {
                    for (;;) {
                        const { done, value } = await reader.read();
                        const passed = done ? this.#marks.rest() : this.#take(value);
                        if (passed.byteLength) controller.enqueue(passed);
                        if (done) return controller.close();
                        if (passed.byteLength) return;
                    }
                },
                cancel: reason => reader.cancel(reason),
            },
            { highWaterMark: 0 },
        );
    }

    write(data: string | Uint8Array): Promise<void> {
        return this.#pty.write(data);
    }

    resize(columns: number, rows: number): void {
        this.#pty.resize(columns, rows);
    }

    close(): void {
        this.#pty.close();
    }

    /**
     * Types one command at the next prompt and waits for it to end. Somebody must read the output meanwhile; its last
     * megabyte is also returned, as the terminal received it (\r\n, colours). A command may span several lines (a
     * here-document, a loop), as long as the shell sees it as one.
     */
    async run(command: string, signal?: AbortSignal): Promise<{ code: number; output: string }> {
        await this.#reaches("prompt", signal);
        this.#captured = [];
        this.#capturedBytes = 0;
        const ended = new Promise<number>(resolve => {
            const stop = this.events.listen(event => {
                if (event.kind !== "commandEnded") return;
                stop();
                resolve(event.code);
            });
            void this.exit.then(stop, stop);
        });
        await this.write(`${command.trimEnd()}\r`);
        const cutOff = this.exit.then(
            () => Promise.reject(agentGone("the shell ended")),
            reason => Promise.reject(reason),
        );
        const code = await abortable(Promise.race([ended, cutOff]), signal);
        const output = decodeText(concatBytes(this.#captured));
        await this.#reaches("prompt", signal);
        return { code, output };
    }

    async #reaches(kind: ShellState["kind"], signal?: AbortSignal): Promise<void> {
        const reached = new Promise<void>((resolve, reject) => {
            const look = (state: ShellState): boolean => {
                if (state.kind === kind) resolve();
                else if (state.kind === "ended") reject(agentGone("the shell ended"));
                else return false;
                return true;
            };
            if (look(this.#state.state)) return;
            const stop = this.#state.subscribe(state => {
                if (look(state)) stop();
            });
        });
        await abortable(reached, signal);
    }

    #take(chunk: Bytes): Bytes {
        const passed: Bytes[] = [];
        for (const part of this.#marks.take(chunk)) {
            if ("mark" in part) this.#follow(part.mark);
            else {
                passed.push(part.bytes);
                if (this.#started || this.#state.state.kind === "running") this.#capture(part.bytes);
            }
        }
        return passed.length === 1 ? passed[0]! : concatBytes(passed);
    }

    #capture(bytes: Bytes): void {
        this.#captured.push(bytes);
        this.#capturedBytes += bytes.byteLength;
        while (this.#capturedBytes - this.#captured[0]!.byteLength > KEPT_OUTPUT)
            this.#capturedBytes -= this.#captured.shift()!.byteLength;
    }

    #follow(mark: ShellMark): void {
        const state = this.#state.state;
        switch (mark.kind) {
            case "promptStart":
                return;
            case "promptEnd":
                if (state.kind === "running") return; // printed by a program: the shell sends D first
                this.#started = false;
                this.#state.set({ kind: "prompt" });
                return this.events.emit({ kind: "prompt" });
            case "commandStart":
                if (state.kind !== "running") this.#started = true;
                return;
            case "commandLine":
                // Only the shell knows the nonce; output of a program that looks like this is not a command.
                if (mark.nonce !== this.#nonce || state.kind === "running") return;
                this.#started = false;
                this.#state.set({ kind: "running", command: mark.command });
                return this.events.emit({ kind: "commandStarted", command: mark.command });
            case "commandEnd":
                if (mark.nonce === this.#nonce) this.#endsAreSigned = true;
                else if (this.#endsAreSigned) return;
                if (state.kind !== "running" || mark.code === undefined) return;
                this.#state.set({ kind: "starting" }); // until the prompt appears
                return this.events.emit({ kind: "commandEnded", command: state.command, code: mark.code });
        }
    }
}
