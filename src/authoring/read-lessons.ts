/** Reads lessons from disk, in the form that the parser takes. */
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { asText, type FileContent } from "../lesson/file-tree";
import { root } from "../host/project";
import { usage } from "../host/usage";

/** The course that comes with Drydock. */
export const lessonsFolder = join(root, "lessons");

/** Every file below `folder` (default: the project's lessons), by its path from the folder above. */
export async function readLessons(folder = lessonsFolder): Promise<Map<string, FileContent>> {
    const files = new Map<string, FileContent>();
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        const bytes = new Uint8Array(await readFile(path));
        files.set(`lessons/${relative(folder, path).replaceAll("\\", "/")}`, asText(bytes) ?? bytes);
    }
    return files;
}

/** The folder of each lesson by the id in its front matter, also for lessons with mistakes. */
export function lessonFolders(files: ReadonlyMap<string, FileContent>): Map<string, string> {
    const folders = new Map<string, string>();
    for (const [path, content] of files) {
        if (!path.endsWith("/lesson.md") || typeof content !== "string") continue;
        const folder = path.slice(0, -"/lesson.md".length);
        folders.set(/^id:\s*(\S+)\s*$/m.exec(content)?.[1] ?? folder, folder);
    }
    return folders;
}

/** The lessons named on the command line by id or by folder, with or without "lessons/"; no names mean all. Throws "cli.usage". */
export function chooseLessons(
    command: string,
    wanted: readonly string[],
    folders: ReadonlyMap<string, string>,
): string[] {
    if (wanted.length === 0) return [...folders.keys()];
    return wanted.map(word => {
        const found = [...folders].find(
            ([id, folder]) =>
                id === word || folder === word.replace(/\/$/, "") || folder === `lessons/${word.replace(/\/$/, "")}`,
        );
        if (!found) throw usage(command, `there is no lesson "${word}"; choose from ${[...folders.keys()].join(", ")}`);
        return found[0];
    });
}
