/** For a file that does not exist: is there one in different case, in another folder, or with another extension? */
import type { FileEntry } from "../agent/agent";
import type { CheckContext } from "./check";
import { fail } from "./file-failures";
import { closest } from "../base/closest";
import { spoken, type Fail } from "./outcome";

/** A longer list would bury the sentence. */
const shown = 8;

export async function missingFile(path: string, context: CheckContext): Promise<Fail> {
    const entries = await context.memo("workspace", () =>
        context.workspace.list("", { recursive: true, signal: context.signal }),
    );
    const files = entries.filter(entry => entry.kind === "file").map(entry => entry.path);
    const expected = path;
    const otherCase = files.find(one => one.toLowerCase() === path.toLowerCase());
    if (otherCase)
        return fail("file.other-case", {
            message: `There is ${otherCase}, but this step asks for ${path}: upper and lower case matter. Rename it with \`mv ${otherCase} ${path}\`.`,
            expected,
            found: otherCase,
        });
    const elsewhere = files.find(one => baseName(one) === baseName(path));
    if (elsewhere)
        return fail("file.other-folder", {
            message: `${baseName(path)} is in another folder: ${elsewhere}. Move it with \`mv ${elsewhere} ${path}\`.`,
            expected,
            found: elsewhere,
        });
    const near =
        files.find(one => withoutEnding(one).toLowerCase() === withoutEnding(path).toLowerCase()) ??
        closest(path, files);
    if (near)
        return fail("file.similar-name", {
            message: `There is no ${path}, but there is ${near}. Rename it with \`mv ${near} ${path}\`.`,
            expected,
            found: near,
        });
    return fail("file.missing", {
        message: `There is no file ${path}. Create it in the editor and save it.`,
        expected,
        found: listed(entries),
    });
}

function listed(entries: readonly FileEntry[]): string {
    const names = entries.filter(entry => !entry.path.includes("/")).map(entry => entry.path);
    return names.length === 0
        ? "an empty workspace"
        : spoken(names.length > shown ? [...names.slice(0, shown), `${names.length - shown} more`] : names);
}

const baseName = (path: string) => path.slice(path.lastIndexOf("/") + 1);
const withoutEnding = (path: string) => path.replace(/(?<=[^/])\.[^./]+$/, "");
