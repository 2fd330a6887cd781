/** The guest's files in memory, with a watch that the test can hold back. */
import type { FileChange, FileEntry, GuestFiles } from "../../../src/agent/agent";
import { encodeText, type Bytes } from "../../../src/base/bytes";
import { DrydockError } from "../../../src/base/errors";

export class FakeGuestFiles implements GuestFiles {
    readonly contents = new Map<string, Bytes>();
    readonly folders = new Set<string>();
    readonly modes = new Map<string, number>();
    readonly writes: string[] = [];
    gone = false;
    #watchers = new Set<{ path: string; onChange: (changes: FileChange[]) => void; onError: ((error: unknown) => void) | undefined }>();

    /** A program in the guest writes; the watch reports it. */
    change(path: string, content: string | Bytes | undefined): void {
        if (content === undefined) this.#remove(path);
        else this.contents.set(path, typeof content === "string" ? encodeText(content) : content);
        this.#report(path, content === undefined ? "removed" : "changed");
    }

    text(path: string): string | undefined {
        const bytes = this.contents.get(path);
        return bytes && new TextDecoder().decode(bytes);
    }

    /** All files below /workspace by relative path. */
    get workspace(): Record<string, string> {
        return Object.fromEntries([...this.contents].filter(([path]) => path.startsWith("/workspace/")).map(([path, bytes]) => [path.slice(11), new TextDecoder().decode(bytes)]).sort());
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
        const bytes = this.contents.get(path);
        if (!bytes) throw new DrydockError("agent.not-found", `${path}: not found`, "");
        return bytes.slice();
    }

    async write(path: string, bytes: Uint8Array | string, options: { mode?: number } = {}): Promise<void> {
        await this.#turn();
        this.writes.push(path);
        if (options.mode !== undefined) this.modes.set(path, options.mode);
        this.contents.set(path, typeof bytes === "string" ? encodeText(bytes) : new Uint8Array(bytes));
        this.#report(path, "changed");
    }

    async list(path: string, options: { recursive?: boolean } = {}): Promise<FileEntry[]> {
        await this.#turn();
        const names = new Map<string, FileEntry>();
        const all: [string, FileEntry["kind"], number][] = [...[...this.contents].map(([file, bytes]): [string, FileEntry["kind"], number] => [file, "file", bytes.byteLength]), ...[...this.folders].map((folder): [string, FileEntry["kind"], number] => [folder, "folder", 0])];
        for (const [file, kind, size] of all) {
            if (!file.startsWith(`${path}/`)) continue;
            const parts = file.slice(path.length + 1).split("/");
            for (let depth = 1; depth < parts.length; depth++) names.set(parts.slice(0, depth).join("/"), entry(parts.slice(0, depth).join("/"), "folder", 0));
            names.set(parts.join("/"), entry(parts.join("/"), kind, size));
        }
        return [...names.values()].filter(one => options.recursive || !one.path.includes("/"));
    }

    async stat(path: string): Promise<FileEntry | undefined> {
        await this.#turn();
        const bytes = this.contents.get(path);
        if (bytes) return entry(path, "file", bytes.byteLength);
        const isFolder = this.folders.has(path) || [...this.contents.keys()].some(file => file.startsWith(`${path}/`));
        return isFolder ? entry(path, "folder", 0) : undefined;
    }

    async makeFolder(path: string): Promise<void> {
        await this.#turn();
        this.folders.add(path);
        this.#report(path, "changed");
    }

    async rename(from: string, to: string): Promise<void> {
        await this.#turn();
        for (const [path, bytes] of [...this.contents])
            if (path === from || path.startsWith(`${from}/`)) {
                this.contents.delete(path);
                this.contents.set(to + path.slice(from.length), bytes);
            }
        this.folders.delete(from);
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
        for (const file of [...this.contents.keys()]) if (file === path || file.startsWith(`${path}/`)) this.contents.delete(file);
        this.folders.delete(path);
    }

    #report(path: string, kind: FileChange["kind"]): void {
        for (const watcher of this.#watchers) if (path.startsWith(`${watcher.path}/`)) watcher.onChange([{ kind, path: path.slice(watcher.path.length + 1) }]);
    }

    async #turn(): Promise<void> {
        await Promise.resolve();
        if (this.gone) throw this.#goneError();
    }

    #goneError = () => new DrydockError("agent.gone", "The connection to the machine ended.", "Connect again.");
}

const entry = (path: string, kind: FileEntry["kind"], size: number): FileEntry => ({ path, kind, size, mode: 0o644, modified: 0 });
