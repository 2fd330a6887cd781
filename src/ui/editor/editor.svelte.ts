import { decodeText, type Bytes } from "../../base/bytes";
import { DrydockError } from "../../base/errors";
import type { Stop } from "../../base/lifetime";
import type { Workspace, WorkspaceChange, WorkspaceEntry } from "../../workspace/workspace";
import { explain } from "../common/explain";
import type { Notices } from "../common/notices.svelte";
import { Watched } from "../common/watched.svelte";
import { OpenFile } from "./open-file.svelte";
import { textOf } from "./text";

/** Milliseconds without typing after which the file is saved. */
const SAVE_AFTER_MILLISECONDS = 700;

/** A text that waits for the student's consent before it replaces a file. */
export interface Proposal {
    path: string;
    before: string;
    after: string;
    /** The dialog's heading. */ title: string;
}

/** The open files: which one is shown, how they are saved, and how changes from outside affect them. */
export class Editor {
    #open = $state.raw<readonly OpenFile[]>([]);
    #active = $state.raw<OpenFile>();
    #proposals = $state.raw<readonly Proposal[]>([]);
    readonly #entries: Watched<readonly WorkspaceEntry[]>;
    readonly #timers = new Map<OpenFile, ReturnType<typeof setTimeout>>();
    readonly #saves = new Map<OpenFile, Promise<void>>();

    constructor(
        private readonly workspace: Workspace,
        private readonly notices: Notices,
        /** The lesson's own text at a path, which may be replaced without asking. */
        private readonly startText: (path: string) => string | undefined,
        private readonly onShown: () => void,
    ) {
        this.#entries = new Watched(workspace.files);
    }

    get open(): readonly OpenFile[] {
        return this.#open;
    }

    get active(): OpenFile | undefined {
        return this.#active;
    }

    get proposal(): Proposal | undefined {
        return this.#proposals[0];
    }

    get entries(): readonly WorkspaceEntry[] {
        return this.#entries.state;
    }

    has(path: string): boolean {
        return this.entries.some(entry => entry.path === path);
    }

    /** Starts following the workspace. */
    start(): Stop {
        return this.workspace.changes(({ path, by }: WorkspaceChange) => {
            if (by !== "editor") void this.#guarded(() => this.#changed(path, by === "reset"));
        });
    }

    async show(path: string, options: { line?: number; quiet?: boolean } = {}): Promise<void> {
        try {
            let file = this.#find(path);
            if (!file) {
                const bytes = await this.#read(path);
                if (!bytes)
                    return this.notices.problem(
                        `There is no ${path} in the workspace.`,
                        "Create it, or press Save above its text in the lesson.",
                    );
                const text = textOf(path, bytes);
                file = this.#find(path) ?? this.#add(path, text);
            }
            this.#active = file;
            if (!options.quiet) this.onShown();
            if (options.line !== undefined) file.revealed.emit(options.line);
        } catch (thrown) {
            explain(this.notices, thrown);
        }
    }

    choose(file: OpenFile): void {
        this.#active = file;
    }

    async close(file: OpenFile): Promise<void> {
        if (file.dirty && !(await this.save(file))) return;
        this.#drop(file);
    }

    /** The surface reports typing. */
    edited(file: OpenFile, text: string): void {
        file.edit(text);
        clearTimeout(this.#timers.get(file));
        if (file.dirty && !file.conflict)
            this.#timers.set(
                file,
                setTimeout(() => void this.save(file), SAVE_AFTER_MILLISECONDS),
            );
    }

    /** Resolves to true when the file is stored. A file has one save at a time, so that an older text is never stored last. */
    async save(file: OpenFile): Promise<boolean> {
        clearTimeout(this.#timers.get(file));
        await this.#saves.get(file);
        if (!file.dirty && file.conflict?.kind !== "removed") return true;
        const { text, path } = file;
        const saving = this.workspace.write(path, text).then(() => file.markSaved(text));
        this.#saves.set(
            file,
            saving.catch(() => undefined),
        ); // the next save waits until this one has ended, whatever its result
        try {
            await saving;
            return true;
        } catch (thrown) {
            explain(this.notices, thrown);
            return false;
        }
    }

    async saveAll(): Promise<void> {
        await Promise.all(this.#open.filter(file => file.dirty && !file.conflict).map(file => this.save(file)));
    }

    /** Gives a file a new text: at once if that loses nothing of the student's, otherwise after showing the changes. */
    async propose(path: string, after: string, title = `Save as ${path}`): Promise<void> {
        try {
            const bytes = await this.#read(path);
            const before = this.#find(path)?.text ?? (bytes && decodeText(bytes));
            if (before === after) {
                await this.show(path);
                return this.notices.say(`${path} already has this text.`);
            }
            if (before === undefined || before.trim() === "" || before === this.startText(path))
                return await this.#put(path, after);
            this.#proposals = [...this.#proposals.filter(other => other.path !== path), { path, before, after, title }];
        } catch (thrown) {
            explain(this.notices, thrown);
        }
    }

    async settle(accepted: boolean): Promise<void> {
        const proposal = this.#proposals[0];
        this.#proposals = this.#proposals.slice(1);
        if (!proposal || !accepted) return;
        try {
            await this.#put(proposal.path, proposal.after, () => void this.#put(proposal.path, proposal.before));
        } catch (thrown) {
            explain(this.notices, thrown);
        }
    }

    async create(path: string): Promise<void> {
        await this.#guarded(async () => {
            await this.workspace.create(path, "file");
            await this.show(path);
        });
    }

    async makeFolder(path: string): Promise<void> {
        await this.#guarded(() => this.workspace.create(path, "folder"));
    }

    async rename(from: string, to: string): Promise<void> {
        await this.#guarded(async () => {
            await this.saveAll();
            await this.workspace.rename(from, to);
            for (const file of this.#open) {
                if (file.path === from) file.path = to;
                else if (file.path.startsWith(`${from}/`)) file.path = to + file.path.slice(from.length);
            }
        });
    }

    /** Deletes a file, or a folder with everything in it, and offers to undo it. */
    async remove(path: string): Promise<void> {
        await this.#guarded(async () => {
            const inside = this.entries.filter(entry => entry.path === path || entry.path.startsWith(`${path}/`));
            await this.saveAll();
            const kept: { path: string; bytes: Uint8Array | undefined }[] = [];
            for (const entry of inside)
                kept.push({
                    path: entry.path,
                    bytes: entry.kind === "file" ? await this.#read(entry.path) : undefined,
                });
            await this.workspace.remove(path);
            for (const file of this.#open) if (file.path === path || file.path.startsWith(`${path}/`)) this.#drop(file);
            const undo = () =>
                this.#guarded(async () => {
                    for (const entry of kept)
                        await (entry.bytes
                            ? this.workspace.write(entry.path, entry.bytes)
                            : this.workspace.create(entry.path, "folder"));
                });
            this.notices.say(`Deleted ${path}.`, { label: "Undo", run: () => void undo() });
        });
    }

    /** The student chose between their text and the one from outside. */
    async resolve(file: OpenFile, choice: "mine" | "theirs"): Promise<void> {
        const { conflict } = file;
        if (!conflict) return;
        if (choice === "mine") {
            await this.#guarded(async () => {
                await this.workspace.write(file.path, file.text);
                file.markSaved(file.text);
            });
        } else if (conflict.kind === "changed") file.replace(conflict.text);
        else this.#drop(file);
    }

    async #put(path: string, text: string, undo?: () => void): Promise<void> {
        await this.workspace.write(path, text);
        this.#find(path)?.replace(text);
        await this.show(path);
        if (undo) this.notices.say(`Saved ${path}.`, { label: "Undo", run: undo }); // otherwise the file that opens shows it
    }

    /** The file at `path`, or files below it, were changed outside the editor. `force`: the student asked for it. */
    async #changed(path: string, force: boolean): Promise<void> {
        for (const file of this.#open.filter(one => one.path === path || one.path.startsWith(`${path}/`))) {
            await this.#saves.get(file);
            const bytes = await this.#read(file.path);
            if (!bytes) {
                if (file.dirty && !force) file.conflict = { kind: "removed" };
                else this.#drop(file);
                continue;
            }
            const text = decodeText(bytes);
            if (file.isSaved(text) && !force) continue;
            if (file.text === text) file.markSaved(text);
            else if (file.dirty && !force) file.conflict = { kind: "changed", text };
            else file.replace(text);
        }
    }

    /** undefined if there is no such file. */
    async #read(path: string): Promise<Bytes | undefined> {
        try {
            return await this.workspace.read(path);
        } catch (thrown) {
            if (thrown instanceof DrydockError && thrown.code === "workspace.missing") return undefined;
            throw thrown;
        }
    }

    async #guarded(work: () => Promise<void>): Promise<void> {
        try {
            await work();
        } catch (thrown) {
            explain(this.notices, thrown);
        }
    }

    #find(path: string): OpenFile | undefined {
        return this.#open.find(file => file.path === path);
    }

    #add(path: string, text: string): OpenFile {
        const file = new OpenFile(path, text);
        this.#open = [...this.#open, file];
        return file;
    }

    #drop(file: OpenFile): void {
        clearTimeout(this.#timers.get(file));
        const at = this.#open.indexOf(file);
        this.#open = this.#open.filter(other => other !== file);
        if (this.#active === file) this.#active = this.#open[Math.min(at, this.#open.length - 1)];
    }
}
