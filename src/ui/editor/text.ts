import { DrydockError } from "../../base/errors";

/** Above this size the editor is too slow to be useful. */
const LIMIT_BYTES = 2 * 1024 * 1024;

/** A file's text. Throws "editor.too-large" and "editor.not-text". */
export function textOf(path: string, bytes: Uint8Array): string {
    if (bytes.byteLength > LIMIT_BYTES)
        throw new DrydockError(
            "editor.too-large",
            `${path} is larger than 2 MB.`,
            "View it in the terminal, for example with less.",
        );
    try {
        const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
        if (!text.includes("\0")) return text;
    } catch (thrown) {
        throw new DrydockError(
            "editor.not-text",
            `${path} is not text.`,
            "View it in the terminal, for example with hexdump.",
            { cause: thrown },
        );
    }
    throw new DrydockError(
        "editor.not-text",
        `${path} is not text.`,
        "View it in the terminal, for example with hexdump.",
    );
}

/** What is wrong with a name for a file or folder in the workspace; undefined if it is fine. */
export function nameProblem(path: string, taken: (path: string) => boolean): string | undefined {
    if (path.trim() === "") return "Enter a name.";
    if (path.startsWith("/")) return "Remove the first slash: names are relative to the workspace.";
    if (path.split("/").some(part => part === "" || part === "." || part === ".."))
        return "Each part of the path needs a name.";
    if (/[\0-\x1f\\]/.test(path)) return "This name contains a character that file names cannot have.";
    if (path.split("/").some(part => new TextEncoder().encode(part).byteLength > 255)) return "This name is too long.";
    if (taken(path)) return `${path} already exists.`;
    return undefined;
}
