import { DrydockError } from "../../base/errors";

/** Above this the editor is no help to anybody. */
const LIMIT_BYTES = 2 * 1024 * 1024;

/** A file's text. Throws "editor.too-large" and "editor.not-text". */
export function textOf(path: string, bytes: Uint8Array): string {
    if (bytes.byteLength > LIMIT_BYTES)
        throw new DrydockError(
            "editor.too-large",
            `${path} is larger than 2 MB.`,
            "Look at it in the terminal, with less for example.",
        );
    try {
        const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
        if (!text.includes("\0")) return text;
    } catch (thrown) {
        throw new DrydockError(
            "editor.not-text",
            `${path} is not text.`,
            "Look at it in the terminal, with hexdump for example.",
            { cause: thrown },
        );
    }
    throw new DrydockError(
        "editor.not-text",
        `${path} is not text.`,
        "Look at it in the terminal, with hexdump for example.",
    );
}

/** What is wrong with a name for a file or folder in the workspace; undefined when it will do. */
export function nameProblem(path: string, taken: (path: string) => boolean): string | undefined {
    if (path.trim() === "") return "A name is needed.";
    if (path.startsWith("/")) return "Names are relative to the workspace: leave the first / out.";
    if (path.split("/").some(part => part === "" || part === "." || part === ".."))
        return "Each part of the path needs a name of its own.";
    if (/[\0-\x1f\\]/.test(path)) return "This name has a character that files cannot have.";
    if (path.split("/").some(part => new TextEncoder().encode(part).byteLength > 255)) return "This name is too long.";
    if (taken(path)) return `There is a ${path} already.`;
    return undefined;
}
