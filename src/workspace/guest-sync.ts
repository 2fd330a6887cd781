/**
 * Keeps the workspace's files and the guest's the same. Everything that touches the guest goes through one queue, so
 * that a file read back is never older than one written before it. A file that is waiting to be written is not read:
 * the last writer wins.
 */
import type { FileChange, GuestFiles } from "../agent/agent";
import { DrydockError, messageOf } from "../base/errors";
import { FILE_LIMIT, WORKSPACE } from "./workspace";

/** Names the lesson whose files a guest holds. It is kept in the guest's memory, so a fresh machine has none. */
const MARKER = "/run/drydock/workspace";

/** Where a lesson's files are kept while another lesson is open; on the same file system as the workspace. */
const putBy = (lesson: string): string => `/var/lib/drydock/lessons/${lesson}`;

/** What the guest tells the workspace. */
export interface GuestNews {
    changed(path: string, bytes: Uint8Array): void;
    /** A file that is too large to be read into the workspace; size in bytes. */
    unread(path: string, size: number): void;
    folder(path: string): void;
    /** Removed, with everything below it. */
    removed(path: string): void;
    /** The guest no longer answers. Called once. */
    gone(): void;
    problem(error: DrydockError): void;
}

const noNews: GuestNews = {
    changed: () => undefined,
    unread: () => undefined,
    folder: () => undefined,
    removed: () => undefined,
    gone: () => undefined,
    problem: () => undefined,
};

/** What the workspace has when it joins a guest. `bytes` undefined: a known file that exists only in the guest. */
export interface JoinedFiles {
    files: ReadonlyMap<string, { bytes: Uint8Array | undefined }>;
    folders: ReadonlySet<string>;
    /** changed or removed since the last guest was left */ dirty: ReadonlySet<string>;
}

export class GuestSync {
    #queue: Promise<void> = Promise.resolve();
    /** Paths waiting to be written, removed or moved, and how many times. */
    #pending = new Map<string, number>();
    #stopped = false;
    #stopWatch: () => void = () => undefined;

    constructor(
        private readonly guest: GuestFiles,
        private readonly lesson: string,
        private readonly news: GuestNews,
        /** What the workspace holds now. */
        private readonly local: () => JoinedFiles,
    ) {}

    /** Once we have left the guest, it may hold another lesson's files, and what it still reports is not about ours. */
    get #news(): GuestNews {
        return this.#stopped ? noNews : this.news;
    }

    /** Makes both sides the same. Rejects if the guest does not answer. */
    async start(): Promise<void> {
        await this.#enqueue([], async () => {
            const local = this.local();
            const [before] = await Promise.all([this.#marker(), this.guest.makeFolder(WORKSPACE)]);
            if (before === undefined) return this.#fill(local);
            if (before !== this.lesson) await this.#exchange(before);
            this.#watch(); // later changes queue up behind this
            if (before !== this.lesson) await this.#putAll(local);
            else for (const path of local.dirty) await this.#put(path, local.files.get(path)?.bytes);
            await this.#pullAll();
        });
    }

    /**
     * The guest holds another lesson's files. They are put aside, and this lesson's files, put aside earlier, come
     * back: files too large for the browser's storage exist nowhere else. They are moved rather than copied, so their
     * size costs nothing.
     */
    async #exchange(before: string): Promise<void> {
        const from = putBy(before);
        await this.guest.remove(from);
        await this.#move(WORKSPACE, from);
        await this.guest.write(MARKER, this.lesson);
        const own = putBy(this.lesson);
        if (!(await this.guest.stat(own))) return;
        await this.#move(own, WORKSPACE);
        await this.guest.remove(own);
    }

    /** Moves everything in one folder into another. */
    async #move(from: string, to: string): Promise<void> {
        await this.guest.makeFolder(to);
        for (const { path } of await this.guest.list(from)) await this.guest.rename(`${from}/${path}`, `${to}/${path}`);
    }

    /**
     * A fresh machine: the workspace is empty, and nothing writes to it before the first prompt, which waits for this.
     */
    async #fill(local: JoinedFiles): Promise<void> {
        for (const [path, { bytes }] of local.files) if (!bytes) this.#news.removed(path); // it existed only in the former machine
        await this.#putAll(local);
        this.#watch(); // only now, so that our own writes are not reported
        await this.guest.write(MARKER, this.lesson);
    }

    async #putAll({ files, folders }: JoinedFiles): Promise<void> {
        await Promise.all([...folders].map(path => this.guest.makeFolder(`${WORKSPACE}/${path}`)));
        await Promise.all([...files].map(async ([path, { bytes }]) => bytes && this.#put(path, bytes)));
    }

    write(path: string, bytes: Uint8Array): Promise<void> {
        return this.#enqueue([path], () => this.#put(path, bytes));
    }

    remove(path: string): Promise<void> {
        return this.#enqueue([path], () => this.#put(path, undefined));
    }

    makeFolder(path: string): Promise<void> {
        return this.#enqueue([path], () => this.guest.makeFolder(`${WORKSPACE}/${path}`));
    }

    rename(from: string, to: string): Promise<void> {
        return this.#enqueue([from, to], async () => {
            const above = to.lastIndexOf("/");
            if (above > 0) await this.guest.makeFolder(`${WORKSPACE}/${to.slice(0, above)}`);
            await this.guest.rename(`${WORKSPACE}/${from}`, `${WORKSPACE}/${to}`);
        });
    }

    read(path: string): Promise<Uint8Array<ArrayBuffer>> {
        return this.guest.read(`${WORKSPACE}/${path}`);
    }

    /** Resolves when nothing that touches the guest is under way or waiting. */
    async idle(): Promise<void> {
        for (let seen: Promise<void> | undefined; seen !== this.#queue;) await (seen = this.#queue);
    }

    stop(): void {
        this.#stopped = true;
        this.#stopWatch();
    }

    #enqueue(paths: readonly string[], work: () => Promise<void>): Promise<void> {
        for (const path of paths) this.#pending.set(path, (this.#pending.get(path) ?? 0) + 1);
        const done = this.#queue.then(async () => {
            if (this.#stopped)
                throw new DrydockError(
                    "agent.gone",
                    "The machine is gone.",
                    "The change is applied when the machine is back.",
                );
            try {
                await work();
            } finally {
                for (const path of paths) {
                    const left = this.#pending.get(path)! - 1;
                    if (left > 0) this.#pending.set(path, left);
                    else this.#pending.delete(path);
                }
            }
        });
        this.#queue = done.catch(thrown => {
            if (isGone(thrown)) this.#lost();
        });
        return done;
    }

    async #put(path: string, bytes: Uint8Array | undefined): Promise<void> {
        const at = `${WORKSPACE}/${path}`;
        if (!bytes) return this.guest.remove(at);
        const script = bytes[0] === 0x23 && bytes[1] === 0x21; // "#!": what the student runs must be executable
        await this.guest.write(at, bytes, script ? { mode: 0o755 } : {});
    }

    async #marker(): Promise<string | undefined> {
        return (await this.guest.stat(MARKER)) ? new TextDecoder().decode(await this.guest.read(MARKER)) : undefined;
    }

    /** Takes over the guest's files; a file known here but missing there has been removed. */
    async #pullAll(): Promise<void> {
        const local = this.local();
        const there = new Set<string>();
        for (const entry of await this.guest.list(WORKSPACE, { recursive: true })) {
            there.add(entry.path);
            await this.#pull(entry.path);
        }
        for (const path of [...local.files.keys(), ...local.folders])
            if (!there.has(path) && !this.#pending.has(path)) this.#news.removed(path);
    }

    #pullLater(changes: readonly FileChange[]): void {
        if (this.#stopped) return;
        const paths = [...new Set(changes.map(change => change.path))];
        this.#enqueue([], async () => {
            for (const path of paths) await this.#pull(path);
        }).catch((thrown: unknown) => this.#pullFailed(thrown));
    }

    async #pull(path: string): Promise<void> {
        if (path === "" || this.#pending.has(path)) return;
        const entry = await this.guest.stat(`${WORKSPACE}/${path}`);
        if (this.#stopped || this.#pending.has(path)) return;
        if (!entry) return this.#news.removed(path);
        if (entry.kind === "folder") return this.#news.folder(path);
        if (entry.kind !== "file") return;
        if (entry.size > FILE_LIMIT) return this.#news.unread(path, entry.size);
        try {
            const bytes = await this.guest.read(`${WORKSPACE}/${path}`);
            if (!this.#stopped && !this.#pending.has(path)) this.#news.changed(path, bytes);
        } catch (thrown) {
            if (await this.guest.stat(`${WORKSPACE}/${path}`)) throw thrown;
            this.#news.removed(path); // removed since the look
        }
    }

    #watch(): void {
        this.#stopWatch = this.guest.watch(
            WORKSPACE,
            changes => this.#pullLater(changes),
            error => this.#watchFailed(error),
        );
    }

    #watchFailed(error: unknown): void {
        if (this.#stopped) return;
        if (isGone(error)) return this.#lost();
        if (error instanceof DrydockError && error.code === "agent.watch-lost") {
            // there were more changes than the guest could report: start again by looking at everything
            this.#watch();
            this.#enqueue([], () => this.#pullAll()).catch((thrown: unknown) => this.#pullFailed(thrown));
            return;
        }
        this.#news.problem(
            new DrydockError(
                "workspace.not-watched",
                "The file list no longer follows changes that programs in the machine make.",
                "Reload the page.",
                { cause: error },
            ),
        );
    }

    #pullFailed(thrown: unknown): void {
        if (isGone(thrown)) return;
        this.#news.problem(
            new DrydockError(
                "workspace.not-read",
                `A change in the machine could not be read: ${messageOf(thrown)}`,
                "Reload the page if a file looks out of date.",
                { cause: thrown },
            ),
        );
    }

    #lost(): void {
        if (this.#stopped) return;
        this.stop();
        this.news.gone();
    }
}

/** True if the agent or its machine is gone; false for a refusal by one of them. */
export function isGone(thrown: unknown): boolean {
    return (
        thrown instanceof DrydockError &&
        (thrown.code === "agent.gone" || thrown.code === "agent.silent" || thrown.code.startsWith("vm."))
    );
}
