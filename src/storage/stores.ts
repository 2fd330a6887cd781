/** Where progress and files outlive the page: IndexedDB in the browser, memory in tests. */

/** Progress of one lesson as stored. */
export interface StoredProgress {
    lesson: string;
    version: number;
    passed: Record<string, { at: number; attempts: number }>;
    hintsShown: Record<string, number>;
    solutionShown: Record<string, boolean>;
    answers: Record<string, string>;
}

export interface ProgressStore {
    load(lesson: string): Promise<StoredProgress | undefined>;
    save(progress: StoredProgress): Promise<void>;
    clear(lesson: string): Promise<void>;
}

export interface WorkspaceStore {
    /** Path relative to the workspace -> content. undefined: never saved. */
    load(lesson: string): Promise<Map<string, Uint8Array> | undefined>;
    put(lesson: string, path: string, bytes: Uint8Array): Promise<void>;
    remove(lesson: string, path: string): Promise<void>;
    clear(lesson: string): Promise<void>;
}
