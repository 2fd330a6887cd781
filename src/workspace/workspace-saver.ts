/** Writes the workspace to its store: one write at a time, the newest content of each path, retried after a failure. */
import { asDrydockError, type DrydockError } from "../base/errors";
import { Store } from "../base/store";
import type { WorkspaceStore } from "../storage/stores";
import type { SaveState } from "./workspace";

export class WorkspaceSaver {
    readonly saved = new Store<SaveState>({ kind: "saved", at: undefined });
    /** By path; undefined: to be removed. */
    #waiting = new Map<string, Uint8Array | undefined>();
    #running: Promise<void> | undefined;

    constructor(
        private readonly store: WorkspaceStore,
        private readonly lesson: string,
        private readonly onProblem: (error: DrydockError | undefined) => void,
    ) {}

    put(path: string, bytes: Uint8Array | undefined): void {
        this.#waiting.delete(path);
        this.#waiting.set(path, bytes);
        this.#running ??= this.#run();
    }

    /** Resolves when nothing is being written; a failed write waits for the next `put`. */
    async idle(): Promise<void> {
        await this.#running;
    }

    async #run(): Promise<void> {
        this.saved.set({ kind: "saving" });
        try {
            for (const [path, bytes] of this.#waiting) {
                this.#waiting.delete(path);
                try {
                    await (bytes ? this.store.put(this.lesson, path, bytes) : this.store.remove(this.lesson, path));
                } catch (thrown) {
                    if (!this.#waiting.has(path)) this.#waiting.set(path, bytes);
                    throw thrown;
                }
            }
            this.saved.set({ kind: "saved", at: Date.now() });
            this.onProblem(undefined);
        } catch (thrown) {
            const error = asDrydockError(
                thrown,
                "workspace.not-saved",
                "Your files could not be saved in the browser.",
                "They are still in the machine, so keep this tab open. Drydock tries again at the next change.",
            );
            this.saved.set({ kind: "failed", error });
            this.onProblem(error);
        } finally {
            this.#running = undefined;
        }
    }
}
