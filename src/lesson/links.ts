/** The links that a lesson may contain. Everything else is a dead link. */
import { isWorkspacePath } from "./fences";

export type LessonLink =
    /** Opens the editor. `line` from 1. */
    | { kind: "file"; path: string; line: number | undefined }
    /** Opens the preview. */
    | { kind: "port"; port: number; path: string }
    | { kind: "lesson"; lesson: string; step: string | undefined }
    /** A step of the same lesson. */
    | { kind: "step"; step: string }
    /** Opens a new tab and leaves the sandbox. */
    | { kind: "web"; address: string };

/** undefined when `address` is not one of these. */
export function parseLink(address: string): LessonLink | undefined {
    const [, scheme, rest] = /^([a-z]+):(.*)$/s.exec(address) ?? [];
    if (address.startsWith("#"))
        return /^#[a-z0-9-]+$/.test(address) ? { kind: "step", step: address.slice(1) } : undefined;
    if (scheme === undefined || rest === undefined) return undefined;
    if (scheme === "file") {
        const [, path, line] = /^([^#]+)(?:#L(\d+))?$/.exec(rest) ?? [];
        if (path === undefined || !isWorkspacePath(path)) return undefined;
        return { kind: "file", path, line: line === undefined ? undefined : Number(line) };
    }
    if (scheme === "port") {
        const [, number, path] = /^(\d{1,5})(\/.*)?$/.exec(rest) ?? [];
        const port = Number(number);
        return port >= 1 && port <= 65535 ? { kind: "port", port, path: path ?? "/" } : undefined;
    }
    if (scheme === "lesson") {
        const [, lesson, step] = /^([a-z0-9-]+\/[a-z0-9-]+)(?:#([a-z0-9-]+))?$/.exec(rest) ?? [];
        return lesson === undefined ? undefined : { kind: "lesson", lesson, step };
    }
    if (scheme === "http" || scheme === "https") return URL.canParse(address) ? { kind: "web", address } : undefined;
    return undefined;
}
