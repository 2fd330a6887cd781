/** The workspace: files in memory, their store, and the guest when there is one. */
import type { FileSystemTree } from "@webcontainer/api";
import type { GuestFiles } from "../agent/agent";
import { encodeText, type Bytes } from "../base/bytes";
import { asDrydockError, DrydockError, messageOf } from "../base/errors";
import type { Stop } from "../base/lifetime";
import { Signal, Store } from "../base/store";
import { filesOf } from "../lesson/file-tree";
import type { WorkspaceStore } from "../storage/stores";
import { GuestSync, isGone, type GuestNews } from "./guest-sync";
import { goodPath, isPath, KeptFiles } from "./kept-files";
import type { Workspace, WorkspaceChange, WorkspaceEntry } from "./workspace";
import { WorkspaceSaver } from "./workspace-saver";

export interface WorkspaceOptions {
    /** The lesson's id. */
    lesson: string;
    /** What the workspace starts with. */
    start: FileSystemTree;
    store: WorkspaceStore;
}

/** Loads the saved files, or writes the lesson's initial ones. Resolves even if the store fails; a notice says so. */
export async function createWorkspace({ lesson, start, store }: WorkspaceOptions): Promise<Workspace> {
    const first = new Map(
        [...filesOf(start)].map(([path, content]) => [
            path,
            typeof content === "string" ? encodeText(content) : content,
        ]),
    );
    const workspace = new KeptWorkspace(lesson, first, store);
    await workspace.load();
    return workspace;
}

type Files = ReadonlyMap<string, Uint8Array>;

class KeptWorkspace implements Workspace {
    readonly files = new Store<readonly WorkspaceEntry[]>([]);
    readonly notices = new Store<readonly DrydockError[]>([]);
    readonly canUndo = new Store(false);
    readonly saved;
    readonly #kept = new KeptFiles();
    readonly #saver: WorkspaceSaver;
    readonly #changes = new Signal<WorkspaceChange>();
    readonly #noticeOf = new Map<string, DrydockError>();
    #sync: GuestSync | undefined;
    /** Changed or removed while there was no guest. */
    #dirty = new Set<string>();

    constructor(
        private readonly lesson: string,
        private readonly first: Files,
        private readonly store: WorkspaceStore,
    ) {
        this.#saver = new WorkspaceSaver(store, lesson, error => this.#notice("store", error));
        this.saved = this.#saver.saved;
    }

    async load(): Promise<void> {
        let stored: Files | undefined;
        try {
            stored = await this.#read(this.lesson);
            this.canUndo.set((await this.store.load(this.#beforeReset)) !== undefined);
        } catch (thrown) {
            this.#notice(
                "store",
                asDrydockError(
                    thrown,
                    "workspace.unreadable",
                    "Your saved files could not be read.",
                    "The lesson starts with its original files. Before you change them, reload the page to try again.",
                ),
            );
        }
        for (const [path, bytes] of stored ?? this.first) {
            this.#kept.set(path, bytes);
            // an unreadable store is not overwritten before the student changes something
            if (!stored && !this.#noticeOf.has("store")) this.#saver.put(path, bytes);
        }
        this.#publish();
    }

    /**
     * What is kept for `lesson`. A damaged file is set aside and named; the lesson's own version, if there is one,
     * takes its place.
     */
    async #read(lesson: string): Promise<Files | undefined> {
        const found = await this.store.load(lesson);
        if (!found) return undefined;
        const files = new Map<string, Uint8Array>();
        for (const [path, bytes] of found) {
            if (bytes && isPath(path)) {
                files.set(path, bytes);
                continue;
            }
            const own = this.first.get(path);
            if (own) files.set(path, own);
            try {
                await this.store.setAside(lesson, path);
                if (own && lesson === this.lesson) this.#saver.put(path, own);
                this.#notice(`damaged ${path}`, damaged(path, own !== undefined));
            } catch (thrown) {
                this.#notice(`damaged ${path}`, damaged(path, own !== undefined, thrown));
            }
        }
        return files;
    }

    async read(path: string): Promise<Bytes> {
        const file = this.#kept.files.get(path);
        if (file?.bytes) return file.bytes.slice();
        if (!file || !this.#sync) throw missing(path);
        return this.#sync.read(path);
    }

    async write(path: string, content: Uint8Array | string): Promise<void> {
        const bytes = typeof content === "string" ? encodeText(content) : content.slice();
        if (this.#kept.folders.has(goodPath(path))) throw exists(path);
        await this.#put(path, bytes, "editor");
    }

    async create(path: string, kind: "file" | "folder"): Promise<void> {
        if (this.#kept.has(goodPath(path))) throw exists(path);
        if (kind === "file") return this.#put(path, new Uint8Array(), "editor");
        this.#kept.addFolder(path);
        this.#publish();
        await this.#inGuest([path], sync => sync.makeFolder(path));
    }

    async rename(from: string, to: string): Promise<void> {
        if (!this.#kept.has(from)) throw missing(from);
        if (from === to) return;
        if (this.#kept.has(goodPath(to)) || to.startsWith(`${from}/`)) throw exists(to);
        const moved = this.#kept.files.has(from) ? [from] : this.#kept.below(from);
        const folders = [...this.#kept.folders].filter(folder => folder === from || folder.startsWith(`${from}/`));
        const target = (path: string) => to + path.slice(from.length);
        if (!this.#sync && moved.some(path => !this.#kept.files.get(path)!.bytes)) throw missing(from);
        for (const path of moved) {
            const { bytes, size } = this.#kept.files.get(path)!;
            this.#forget(path, "editor");
            if (bytes) this.#keep(target(path), bytes, "editor");
            else this.#kept.setUnread(target(path), size);
        }
        for (const folder of folders) {
            this.#kept.folders.delete(folder);
            this.#kept.addFolder(target(folder));
        }
        this.#publish();
        await this.#inGuest([...moved, ...moved.map(target)], sync => sync.rename(from, to));
    }

    async remove(path: string): Promise<void> {
        const gone = this.#forgetAll(path, "editor");
        await this.#inGuest(gone, sync => sync.remove(path));
    }

    async reset(): Promise<void> {
        const before = this.#snapshot();
        await this.#keepBeforeReset(before);
        this.canUndo.set(true);
        await this.#replace(this.first);
    }

    async undo(): Promise<void> {
        const before = await this.#read(this.#beforeReset);
        if (!before)
            throw new DrydockError("workspace.nothing-to-undo", "The files were not reset.", "Nothing has changed.");
        const now = this.#snapshot();
        await this.#replace(before);
        await this.#keepBeforeReset(now);
    }

    changes(listener: (change: WorkspaceChange) => void): Stop {
        return this.#changes.listen(listener);
    }

    async attach(guest: GuestFiles): Promise<Stop> {
        this.#sync?.stop();
        const news: GuestNews = {
            changed: (path, bytes) => this.#fromGuest(path, bytes),
            unread: (path, size) => {
                this.#saver.put(path, undefined);
                this.#notice(path, this.#kept.setUnread(path, size));
                this.#changes.emit({ kind: "changed", path, by: "guest" });
                this.#publish();
            },
            folder: path => {
                if (this.#kept.files.has(path)) this.#forget(path, "guest");
                this.#kept.addFolder(path);
                this.#publish();
            },
            removed: path => void this.#forgetAll(path, "guest"),
            gone: () => this.#detach(sync),
            problem: error => this.#notice(error.code, error),
        };
        const dirty = this.#dirty;
        this.#dirty = new Set();
        const sync = new GuestSync(guest, this.lesson, news, () => ({
            files: new Map(this.#kept.files),
            folders: new Set(this.#kept.folders),
            dirty,
        }));
        this.#sync = sync;
        try {
            await sync.start();
        } catch (thrown) {
            this.#detach(sync);
            for (const path of dirty) this.#dirty.add(path);
            throw thrown;
        }
        return () => this.#detach(sync);
    }

    async idle(): Promise<void> {
        await this.#sync?.idle();
        await this.#saver.idle();
    }

    get #beforeReset(): string {
        return `${this.lesson}~before-reset`;
    }

    #detach(sync: GuestSync): void {
        sync.stop();
        if (this.#sync === sync) this.#sync = undefined;
    }

    async #put(path: string, bytes: Uint8Array, by: WorkspaceChange["by"]): Promise<void> {
        const refusal = this.#keep(path, bytes, by);
        if (refusal && !this.#sync) throw refusal; // then the file would be kept nowhere
        this.#publish();
        await this.#inGuest([path], sync => sync.write(path, bytes));
    }

    /** Puts the file in memory and on its way to the store; returns the reason if it is not kept. */
    #keep(path: string, bytes: Uint8Array, by: WorkspaceChange["by"]): DrydockError | undefined {
        const refusal = this.#kept.set(path, bytes);
        this.#notice(path, refusal);
        this.#saver.put(path, refusal ? undefined : bytes);
        this.#changes.emit({ kind: "changed", path, by });
        return refusal;
    }

    #forget(path: string, by: WorkspaceChange["by"]): void {
        this.#kept.delete(path);
        this.#notice(path, undefined);
        this.#saver.put(path, undefined);
        this.#changes.emit({ kind: "removed", path, by });
    }

    /** Returns the paths that were forgotten. */
    #forgetAll(path: string, by: WorkspaceChange["by"]): string[] {
        const gone = [...(this.#kept.files.has(path) ? [path] : []), ...this.#kept.below(path)];
        for (const file of gone) this.#forget(file, by);
        for (const folder of [...this.#kept.folders])
            if (folder === path || folder.startsWith(`${path}/`)) this.#kept.folders.delete(folder);
        this.#publish();
        return gone;
    }

    #fromGuest(path: string, bytes: Uint8Array): void {
        const known = this.#kept.files.get(path)?.bytes;
        if (known && same(known, bytes)) return; // the echo of our own write
        if (this.#kept.folders.has(path)) this.#forgetAll(path, "guest");
        this.#keep(path, bytes, "guest");
        this.#publish();
    }

    /**
     * Makes the change in the guest, if there is one, and waits for the store. If the guest has gone away, the next one
     * gets the change.
     */
    async #inGuest(paths: readonly string[], work: (sync: GuestSync) => Promise<void>): Promise<void> {
        try {
            if (this.#sync) await work(this.#sync);
            else for (const path of paths) this.#dirty.add(path);
        } catch (thrown) {
            if (!isGone(thrown))
                throw new DrydockError(
                    "workspace.not-written",
                    `The machine could not store "${paths[0] ?? ""}": ${messageOf(thrown)}`,
                    "The file is kept in the browser. Check whether the machine's disk is full.",
                    { cause: thrown },
                );
            for (const path of paths) this.#dirty.add(path);
        } finally {
            await this.#saver.idle();
        }
    }

    /** What is kept now. Files that exist only in the guest stay there, whatever is written over the others. */
    #snapshot(): Files {
        return new Map([...this.#kept.files].flatMap(([path, { bytes }]) => (bytes ? [[path, bytes] as const] : [])));
    }

    async #replace(files: Files): Promise<void> {
        const gone = [...this.#snapshot().keys()].filter(path => !files.has(path));
        for (const path of gone) {
            this.#forget(path, "reset");
            await this.#inGuest([path], sync => sync.remove(path));
        }
        for (const [path, bytes] of files) await this.#put(path, bytes, "reset");
        this.#publish();
    }

    async #keepBeforeReset(files: Files): Promise<void> {
        await this.store.clear(this.#beforeReset);
        // even an empty workspace is something to return to
        if (files.size === 0) await this.store.remove(this.#beforeReset, "");
        for (const [path, bytes] of files) await this.store.put(this.#beforeReset, path, bytes);
    }

    #notice(about: string, error: DrydockError | undefined): void {
        if (error ? this.#noticeOf.get(about)?.message === error.message : !this.#noticeOf.has(about)) return;
        if (error) this.#noticeOf.set(about, error);
        else this.#noticeOf.delete(about);
        this.notices.set([...this.#noticeOf.values()]);
    }

    #publish(): void {
        this.files.set(this.#kept.entries());
    }
}

const damaged = (path: string, hasOwn: boolean, cause?: unknown) =>
    new DrydockError(
        "workspace.file-damaged",
        `The saved file "${path}" is damaged.`,
        `${hasOwn ? "The lesson's own version takes its place." : "It is missing from the workspace."} The damaged one is set aside in this browser, not deleted.`,
        { cause },
    );

const missing = (path: string) =>
    new DrydockError(
        "workspace.missing",
        `There is no "${path}" in the workspace.`,
        "Look at the file list. Files that were only in the machine are lost when it restarts.",
    );
const exists = (path: string) =>
    new DrydockError("workspace.exists", `"${path}" already exists.`, "Choose another name.");

function same(one: Uint8Array, other: Uint8Array): boolean {
    return one.byteLength === other.byteLength && one.every((byte, index) => byte === other[index]);
}
