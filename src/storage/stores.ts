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
    /** As it lies there: another version of this page or a fault may have written it. undefined: never saved. */
    load(lesson: string): Promise<unknown>;
    save(progress: StoredProgress): Promise<void>;
    clear(lesson: string): Promise<void>;
    /** Moves what is stored to a key of its own (`asideKey`), where it is neither read nor written over. */
    setAside(lesson: string): Promise<void>;
}

/** Which tab has a lesson. Each change is one step, whatever other tabs do at the same moment. */
export interface ClaimStore {
    /** The tab that has it. */
    holder(lesson: string): Promise<string | undefined>;
    /** Gives it to `tab`, if `from` is the one that has it now. Resolves to whether it was. */
    pass(lesson: string, from: string | undefined, to: string | undefined): Promise<boolean>;
    /** Gives it to `tab`, whoever has it. */
    take(lesson: string, tab: string): Promise<void>;
}

export interface WorkspaceStore {
    /** Path relative to the workspace -> content, undefined where what lies there is no content. undefined: never saved. */
    load(lesson: string): Promise<Map<string, Uint8Array | undefined> | undefined>;
    put(lesson: string, path: string, bytes: Uint8Array): Promise<void>;
    remove(lesson: string, path: string): Promise<void>;
    clear(lesson: string): Promise<void>;
    /** As in `ProgressStore`, for one file. */
    setAside(lesson: string, path: string): Promise<void>;
}

/** The key under which damaged data of `lesson` is kept. */
export const asideKey = (lesson: string): string => `${lesson}~damaged-${new Date().toISOString()}`;
