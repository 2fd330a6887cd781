/** Storage that lasts as long as the page: for tests, and where the browser keeps nothing. */
import type { ProgressStore, StoredProgress, WorkspaceStore } from "./stores";

export interface Storage {
    readonly progress: ProgressStore;
    readonly workspace: WorkspaceStore;
}

export function createMemoryStorage(): Storage {
    const progress = new Map<string, StoredProgress>();
    const workspaces = new Map<string, Map<string, Uint8Array>>();
    const workspaceOf = (lesson: string) => {
        const files = workspaces.get(lesson) ?? new Map<string, Uint8Array>();
        workspaces.set(lesson, files);
        return files;
    };
    return {
        progress: {
            load: async lesson => structuredClone(progress.get(lesson)),
            save: async stored => void progress.set(stored.lesson, structuredClone(stored)),
            clear: async lesson => void progress.delete(lesson),
        },
        workspace: {
            load: async lesson => structuredClone(workspaces.get(lesson)),
            put: async (lesson, path, bytes) => void workspaceOf(lesson).set(path, bytes.slice()),
            remove: async (lesson, path) => void workspaceOf(lesson).delete(path),
            clear: async lesson => void workspaces.delete(lesson),
        },
    };
}
