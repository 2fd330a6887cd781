/**
 * Takes VS Code's shell sequences (OSC 633) out of a terminal's output: A prompt starts, B prompt ends, C command
 * starts, D;status command ended (D alone: no command was run), E;command;nonce. Everything else passes through
 * untouched, in order. vm-images/rootfs/etc/drydock/shell-integration.bash writes them.
 */
import { concatBytes, decodeText, type Bytes } from "../base/bytes";

export type ShellMark =
    | { kind: "promptStart" | "promptEnd" | "commandStart" }
    | {
          kind: "commandEnd";
          /** undefined: the prompt was left without running a command */ code: number | undefined;
          nonce: string | undefined;
      }
    | { kind: "commandLine"; command: string; nonce: string };

/** Output and marks, in the order they arrived. */
export type ShellPart = { bytes: Bytes } | { mark: ShellMark };

const ESCAPE = 0x1b;
const BELL = 0x07;
const PREFIX = Uint8Array.of(ESCAPE, 0x5d, 0x36, 0x33, 0x33, 0x3b); // ESC ] 6 3 3 ;

/** A sequence that does not end within this many bytes passes through as output. */
const SEQUENCE_LIMIT = 64 << 10;

export class ShellMarks {
    /** The start of a sequence whose end has not arrived. */
    #held: Bytes = new Uint8Array(0);

    take(chunk: Bytes): ShellPart[] {
        const parts: ShellPart[] = [];
        const text = this.#held.byteLength ? concatBytes([this.#held, chunk]) : chunk;
        this.#held = new Uint8Array(0);
        const pass = (from: number, to: number) => {
            if (to > from) parts.push({ bytes: text.subarray(from, to) });
        };
        let done = 0;
        for (let at = text.indexOf(ESCAPE); at >= 0;) {
            if (!startsLike(text, at)) {
                at = text.indexOf(ESCAPE, at + 1);
                continue;
            }
            const end = endOf(text, at + PREFIX.byteLength);
            if (end === undefined) {
                if (text.byteLength - at > SEQUENCE_LIMIT) break;
                pass(done, at);
                this.#held = text.slice(at);
                return parts;
            }
            if (end.broken) {
                at = text.indexOf(ESCAPE, end.next);
                continue;
            }
            pass(done, at);
            const mark = parseMark(decodeText(text.subarray(at + PREFIX.byteLength, end.at)));
            if (mark) parts.push({ mark });
            done = end.next;
            at = text.indexOf(ESCAPE, done);
        }
        pass(done, text.byteLength);
        return parts;
    }

    /** What is still held when the output ends. */
    rest(): Bytes {
        const held = this.#held;
        this.#held = new Uint8Array(0);
        return held;
    }
}

/** Whether `text` from `at` matches the prefix as far as it goes. */
function startsLike(text: Uint8Array, at: number): boolean {
    for (let i = 0; i < PREFIX.byteLength && at + i < text.byteLength; i++)
        if (text[at + i] !== PREFIX[i]) return false;
    return true;
}

/** Where the sequence ends: at BEL or ESC \. Another escape breaks it off. */
function endOf(text: Uint8Array, from: number): { at: number; next: number; broken: boolean } | undefined {
    for (let at = from; at < text.byteLength; at++) {
        if (text[at] === BELL) return { at, next: at + 1, broken: false };
        if (text[at] === ESCAPE) {
            if (at + 1 === text.byteLength) return undefined;
            const ends = text[at + 1] === 0x5c;
            return { at, next: ends ? at + 2 : at, broken: !ends };
        }
    }
    return undefined;
}

function parseMark(text: string): ShellMark | undefined {
    const [kind, ...fields] = text.split(";");
    switch (kind) {
        case "A":
            return { kind: "promptStart" };
        case "B":
            return { kind: "promptEnd" };
        case "C":
            return { kind: "commandStart" };
        case "D":
            return {
                kind: "commandEnd",
                code: /^\d+$/.test(fields[0] ?? "") ? Number(fields[0]) : undefined,
                nonce: fields[1],
            };
        case "E":
            return { kind: "commandLine", command: unescape(fields[0] ?? ""), nonce: fields[1] ?? "" };
        default:
            return undefined;
    }
}

/** `\\` is a backslash, `\xNN` is the byte NN. */
function unescape(text: string): string {
    return text.replace(/\\(\\|x[0-9a-fA-F]{2})/g, (_, what: string) =>
        what === "\\" ? "\\" : String.fromCharCode(Number.parseInt(what.slice(1), 16)),
    );
}
