/**
 * HTML of the guest on its way to the browser. It is a module of its own because its parser is loaded only with the
 * first page.
 */
import { Parser } from "htmlparser2";
import { type Bytes } from "../base/bytes";
import { kindOf, translated } from "./addresses";
import { ADDRESSES_PATH } from "./protocol";
import type { Here } from "./translate";

/**
 * One character for each byte: tags and addresses are ASCII in every encoding allowed here, and the rest stays as it
 * is.
 */
const textOf = (bytes: Bytes): string => {
    let text = "";
    for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    return text;
};
const bytesOf = (text: string): Bytes => Uint8Array.from(text, character => character.charCodeAt(0));

/**
 * Translates addresses in attributes, and puts the script of `addresses.ts` before the page's own. Complete parts are
 * passed on at once, so that a page that arrives in parts is shown in parts.
 */
export function rewriteMarkup(here: Here): TransformStream<Bytes, Bytes> {
    let pending = "";
    /** Position of `pending` in the whole page. */
    let offset = 0;
    let hasScript = false;
    let edits: { from: number; to: number; text: string }[] = [];
    let element = "";
    /** End of what the parser has decided on. */
    let done = 0;
    const settle = () => {
        done = Math.max(done, parser.endIndex + 1);
    };
    const insert = (at: number) => {
        hasScript = true;
        edits.push({ from: at, to: at, text: `<script src="${ADDRESSES_PATH}"></script>` });
    };
    const parser = new Parser(
        {
            ontext: settle,
            oncomment: settle,
            onprocessinginstruction: settle,
            onclosetag: settle,
            onopentagname(name) {
                settle();
                element = name;
                // Before the doctype, it would change the page's layout; before <html>, the parser would move it.
                if (!hasScript && name !== "html" && name !== "head") insert(parser.startIndex);
            },
            onopentag(name) {
                settle();
                if (!hasScript && name === "head") insert(parser.endIndex + 1);
            },
            onattribute(name) {
                settle();
                const kind = kindOf(name, element);
                if (!kind) return;
                const from = parser.startIndex;
                const to = parser.endIndex + 1;
                const [, head, value] = /^([^=]*=\s*["']?)(.*)$/s.exec(pending.slice(from - offset, to - offset)) ?? [];
                if (head === undefined || value === undefined) return;
                const text = head + translated(value, kind, here);
                edits.push({ from, to, text });
            },
        },
        { decodeEntities: false },
    );
    /** Returns the text before `end`, edited. */
    const take = (end: number): string => {
        let text = "";
        let at = offset;
        for (const edit of edits) {
            text += pending.slice(at - offset, edit.from - offset) + edit.text;
            at = edit.to;
        }
        end = Math.max(end, at);
        text += pending.slice(at - offset, end - offset);
        pending = pending.slice(end - offset);
        offset = end;
        edits = [];
        return text;
    };
    return new TransformStream<Bytes, Bytes>({
        transform(bytes, controller) {
            const text = textOf(bytes);
            pending += text;
            parser.write(text);
            const ready = take(Math.max(offset, Math.min(done, offset + pending.length)));
            if (ready !== "") controller.enqueue(bytesOf(ready));
        },
        flush(controller) {
            parser.end();
            const rest = take(offset + pending.length);
            if (rest !== "") controller.enqueue(bytesOf(rest));
        },
    });
}
