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
    /** The data as stored: another version of this page, or a fault, may have written it. undefined: never saved. */
    load(lesson: string): Promise<unknown>;
    save(progress: StoredProgress): Promise<void>;
    clear(lesson: string): Promise<void>;
    /** Moves what is stored to a separate key (`asideKey`), where it is neither read nor overwritten. */
    setAside(lesson: string): Promise<void>;
}

/** Which tab holds a lesson. Each change is atomic, whatever other tabs do at the same moment. */
export interface ClaimStore {
    /** The tab that holds it. */
    holder(lesson: string): Promise<string | undefined>;
    /** Gives the lesson to `to` if `from` holds it now. Resolves to whether that was so. */
    pass(lesson: string, from: string | undefined, to: string | undefined): Promise<boolean>;
    /** Gives the lesson to `tab`, whichever tab holds it. */
    take(lesson: string, tab: string): Promise<void>;
}

export interface WorkspaceStore {
    /**
     * Path relative to the workspace -> content, or undefined where the stored value is not content. undefined: never
     * saved.
     */
    load(lesson: string): Promise<Map<string, Uint8Array | undefined> | undefined>;
    put(lesson: string, path: string, bytes: Uint8Array): Promise<void>;
    remove(lesson: string, path: string): Promise<void>;
    clear(lesson: string): Promise<void>;
    /** As in `ProgressStore`, for one file. */
    setAside(lesson: string, path: string): Promise<void>;
}

/** The key under which damaged data of `lesson` is kept. */
export const asideKey = (lesson: string): string => `${lesson}~damaged-${new Date().toISOString()}`;
