/** Storage that lasts as long as the page: for tests, and where the browser keeps nothing. */
import { asideKey, type ClaimStore, type ProgressStore, type WorkspaceStore } from "./stores";

export interface Storage {
    readonly progress: ProgressStore;
    readonly workspace: WorkspaceStore;
    readonly claims: ClaimStore;
}

export function createMemoryStorage(): Storage {
    const progress = new Map<string, unknown>();
    const workspaces = new Map<string, Map<string, Uint8Array>>();
    const claims = new Map<string, string | undefined>();
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
            setAside: async lesson => {
                if (!progress.has(lesson)) return;
                progress.set(asideKey(lesson), progress.get(lesson));
                progress.delete(lesson);
            },
        },
        workspace: {
            load: async lesson => structuredClone(workspaces.get(lesson)),
            put: async (lesson, path, bytes) => void workspaceOf(lesson).set(path, bytes.slice()),
            remove: async (lesson, path) => void workspaceOf(lesson).delete(path),
            clear: async lesson => void workspaces.delete(lesson),
            setAside: async (lesson, path) => {
                const bytes = workspaceOf(lesson).get(path);
                if (bytes) workspaceOf(asideKey(lesson)).set(path, bytes);
                workspaceOf(lesson).delete(path);
            },
        },
        claims: {
            holder: async lesson => claims.get(lesson),
            pass: async (lesson, from, to) => {
                if (claims.get(lesson) !== from) return false;
                claims.set(lesson, to);
                return true;
            },
            take: async (lesson, tab) => void claims.set(lesson, tab),
        },
    };
}
