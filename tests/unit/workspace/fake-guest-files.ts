/** The guest's files in memory, with a watch that the test can hold back. */
import type { FileChange, FileEntry, GuestFiles } from "../../../src/agent/agent";
import { encodeText, type Bytes } from "../../../src/base/bytes";
import { DrydockError } from "../../../src/base/errors";

export class FakeGuestFiles implements GuestFiles {
    readonly contents = new Map<string, Bytes>();
    readonly folders = new Set<string>();
    readonly modes = new Map<string, number>();
    readonly writes: string[] = [];
    readonly reads: string[] = [];
    gone = false;
    #watchers = new Set<{
        path: string;
        onChange: (changes: FileChange[]) => void;
        onError: ((error: unknown) => void) | undefined;
    }>();

    /** A program in the guest writes; the watch reports it. */
    change(path: string, content: string | Bytes | undefined): void {
        if (content === undefined) this.#remove(path);
        else this.#set(path, typeof content === "string" ? encodeText(content) : content);
        this.#report(path, content === undefined ? "removed" : "changed");
    }

    text(path: string): string | undefined {
        const bytes = this.contents.get(path);
        return bytes && new TextDecoder().decode(bytes);
    }

    /** All files below /workspace by relative path. */
    get workspace(): Record<string, string> {
        return Object.fromEntries(
            [...this.contents]
                .filter(([path]) => path.startsWith("/workspace/"))
                .map(([path, bytes]) => [path.slice(11), new TextDecoder().decode(bytes)])
                .sort(),
        );
    }

    failWatch(error: unknown): void {
        for (const watcher of [...this.#watchers]) {
            this.#watchers.delete(watcher);
            watcher.onError?.(error);
        }
    }

    die(): void {
        this.gone = true;
        this.failWatch(this.#goneError());
    }

    async read(path: string): Promise<Bytes> {
        await this.#turn();
        this.reads.push(path);
        const bytes = this.contents.get(path);
        if (!bytes) throw new DrydockError("agent.not-found", `${path}: not found`, "");
        return bytes.slice();
    }

    async write(path: string, bytes: Uint8Array | string, options: { mode?: number } = {}): Promise<void> {
        await this.#turn();
        this.writes.push(path);
        if (options.mode !== undefined) this.modes.set(path, options.mode);
        this.#set(path, typeof bytes === "string" ? encodeText(bytes) : new Uint8Array(bytes));
    }

    async list(path: string, options: { recursive?: boolean } = {}): Promise<FileEntry[]> {
        await this.#turn();
        const below = (name: string) =>
            name.startsWith(`${path}/`) && (options.recursive || !name.slice(path.length + 1).includes("/"));
        const folders = [...this.folders]
            .filter(below)
            .map(folder => entry(folder.slice(path.length + 1), "folder", 0));
        return [
            ...folders,
            ...[...this.contents]
                .filter(([file]) => below(file))
                .map(([file, bytes]) => entry(file.slice(path.length + 1), "file", bytes.byteLength)),
        ];
    }

    async stat(path: string): Promise<FileEntry | undefined> {
        await this.#turn();
        const bytes = this.contents.get(path);
        if (bytes) return entry(path, "file", bytes.byteLength);
        return this.folders.has(path) ? entry(path, "folder", 0) : undefined;
    }

    async makeFolder(path: string): Promise<void> {
        await this.#turn();
        this.#addFolders(`${path}/`);
        this.#report(path, "changed");
    }

    async rename(from: string, to: string): Promise<void> {
        await this.#turn();
        for (const [path, bytes] of [...this.contents])
            if (path === from || path.startsWith(`${from}/`)) {
                this.contents.delete(path);
                this.contents.set(to + path.slice(from.length), bytes);
            }
        for (const folder of [...this.folders])
            if (folder === from || folder.startsWith(`${from}/`)) {
                this.folders.delete(folder);
                this.folders.add(to + folder.slice(from.length));
            }
        this.#report(from, "removed");
        this.#report(to, "changed");
    }

    async remove(path: string): Promise<void> {
        await this.#turn();
        this.#remove(path);
        this.#report(path, "removed");
    }

    watch(path: string, onChange: (changes: FileChange[]) => void, onError?: (error: unknown) => void): () => void {
        const watcher = { path, onChange, onError };
        this.#watchers.add(watcher);
        return () => this.#watchers.delete(watcher);
    }

    #remove(path: string): void {
        for (const kept of [this.contents, this.folders])
            for (const name of [...kept.keys()]) if (name === path || name.startsWith(`${path}/`)) kept.delete(name);
    }

    #set(path: string, bytes: Bytes): void {
        this.#addFolders(path);
        this.contents.set(path, bytes);
    }

    /** Adds all folders that contain `path`. */
    #addFolders(path: string): void {
        for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1))
            this.folders.add(path.slice(0, at));
    }

    #report(path: string, kind: FileChange["kind"]): void {
        for (const watcher of this.#watchers)
            if (path.startsWith(`${watcher.path}/`))
                watcher.onChange([{ kind, path: path.slice(watcher.path.length + 1) }]);
    }

    async #turn(): Promise<void> {
        await Promise.resolve();
        if (this.gone) throw this.#goneError();
    }

    #goneError = () => new DrydockError("agent.gone", "The connection to the machine ended.", "Connect again.");
}

const entry = (path: string, kind: FileEntry["kind"], size: number): FileEntry => ({
    path,
    kind,
    size,
    mode: 0o644,
    modified: 0,
});
