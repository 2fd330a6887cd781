/** Folders as data: converts between flat paths and the tree type of @webcontainer/api. */
import type { FileSystemTree } from "@webcontainer/api";

export type FileContent = string | Uint8Array;

/** Paths have "/" between their parts. Bytes that are UTF-8 become text. */
export function treeOf(files: ReadonlyMap<string, FileContent>): FileSystemTree {
    const tree: FileSystemTree = {};
    for (const [path, content] of files) {
        const parts = path.split("/");
        const name = parts.pop()!;
        let folder = tree;
        for (const part of parts) {
            const entry = (folder[part] ??= { directory: {} });
            if (!("directory" in entry)) throw new TypeError(`${path}: ${part} is a file and a folder`);
            folder = entry.directory;
        }
        folder[name] = { file: { contents: typeof content === "string" ? content : (asText(content) ?? content) } };
    }
    return tree;
}

/** The files of a tree by path, without links, which have no content. */
export function filesOf(tree: FileSystemTree): Map<string, FileContent> {
    const files = new Map<string, FileContent>();
    const walk = (folder: FileSystemTree, prefix: string) => {
        for (const [name, entry] of Object.entries(folder)) {
            if ("directory" in entry) walk(entry.directory, `${prefix}${name}/`);
            else if ("contents" in entry.file) files.set(prefix + name, entry.file.contents);
        }
    };
    walk(tree, "");
    return files;
}

/** undefined if the bytes are not UTF-8. */
export function asText(bytes: Uint8Array): string | undefined {
    try {
        return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (thrown) {
        if (thrown instanceof TypeError) return undefined;
        throw thrown;
    }
}
