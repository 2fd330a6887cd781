import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const source = resolve(import.meta.dirname, "../src");

/** What each layer may import, type imports included. docs/architecture.md says what each is for. */
const allowed: Record<string, readonly string[]> = {
    base: [],
    lesson: ["base"],
    internet: ["base"],
    storage: ["base"],
    vm: ["base"],
    agent: ["vm", "base"],
    docker: ["agent", "vm", "base"],
    guest: ["docker", "agent", "vm", "base"],
    workspace: ["storage", "agent", "lesson", "base"],
    checks: ["docker", "agent", "base"],
    engine: ["checks", "workspace", "storage", "guest", "docker", "agent", "lesson", "base"],
    preview: ["agent", "base"],
    ui: [
        "preview",
        "engine",
        "checks",
        "workspace",
        "storage",
        "guest",
        "docker",
        "agent",
        "vm",
        "lesson",
        "internet",
        "base",
    ],
    app: [
        "ui",
        "preview",
        "engine",
        "checks",
        "workspace",
        "storage",
        "guest",
        "docker",
        "agent",
        "vm",
        "lesson",
        "internet",
        "base",
    ],
    host: ["guest", "docker", "agent", "vm", "internet", "base"],
    "image-builder": ["host", "guest", "docker", "agent", "vm", "internet", "base"],
    server: ["host", "base"],
    authoring: [
        "image-builder",
        "host",
        "engine",
        "checks",
        "workspace",
        "storage",
        "guest",
        "docker",
        "agent",
        "vm",
        "lesson",
        "internet",
        "base",
    ],
    cli: ["authoring", "image-builder", "server", "host", "checks", "lesson", "vm", "internet", "base"],
};

/** The one folder that owns each outside package which shapes the code around it. */
const owners: Record<string, readonly string[]> = {
    v86: ["vm", "image-builder"],
    "monaco-editor": ["ui"],
    "@xterm/xterm": ["ui"],
    svelte: ["ui", "app"],
    hono: ["internet"],
    yaml: ["lesson"],
    zstddec: ["vm", "image-builder"],
    re2js: ["checks"],
};

function* files(folder: string): Generator<string> {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) yield* files(path);
        else if (/\.(ts|svelte|mjs)$/.test(entry.name)) yield path;
    }
}

const importPattern =
    /(?:^|\n)\s*(?:import|export)\s(?:[^"';]*?\sfrom\s+)?["']([^"']+)["']|import\(\s*(?:\/\*.*?\*\/\s*)?["']([^"']+)["']\s*\)|new URL\(\s*["'](\.[^"']+)["']\s*,\s*import\.meta\.url/g;

function importsOf(file: string): string[] {
    return [...readFileSync(file, "utf8").matchAll(importPattern)].map(match => (match[1] ?? match[2] ?? match[3])!);
}

const layerOf = (file: string) => relative(source, file).split("/")[0]!;

describe("architecture", () => {
    const all = [...files(source)];

    test("every folder below src is a layer of the table", () => {
        expect([...new Set(all.map(layerOf))].filter(layer => !(layer in allowed))).toEqual([]);
    });

    test("the table has no cycle", () => {
        const reach = (layer: string, seen: string[] = []): void => {
            expect(seen).not.toContain(layer);
            for (const next of allowed[layer]!) reach(next, [...seen, layer]);
        };
        for (const layer in allowed) reach(layer);
    });

    /** Type imports count: two files that need each other's types are one subject in two files. */
    test("no file reaches itself through its imports", () => {
        const known = new Set(all);
        const targets = (file: string) =>
            importsOf(file)
                .filter(name => name.startsWith("."))
                .map(name => resolve(dirname(file), name.replace(/\?.*$/, "")))
                .flatMap(path =>
                    ["", ".ts", ".svelte", ".svelte.ts", ".mjs"].map(end => path + end).filter(path => known.has(path)),
                );
        const finished = new Set<string>();
        const circles: string[] = [];
        const visit = (file: string, way: string[]): void => {
            const at = way.indexOf(file);
            if (at >= 0) circles.push([...way.slice(at), file].map(path => relative(source, path)).join(" -> "));
            if (at >= 0 || finished.has(file)) return;
            for (const target of targets(file)) visit(target, [...way, file]);
            finished.add(file);
        };
        for (const file of all) visit(file, []);
        expect(circles).toEqual([]);
    });

    test("imports go one way", () => {
        const wrong: string[] = [];
        for (const file of all) {
            const layer = layerOf(file);
            for (const name of importsOf(file)) {
                if (!name.startsWith(".")) continue;
                const target = layerOf(resolve(dirname(file), name));
                if (target !== layer && target in allowed && !allowed[layer]?.includes(target))
                    wrong.push(
                        `${relative(source, file)} imports ${target}; ${layer} may import: ${allowed[layer]?.join(", ") || "nothing"}`,
                    );
            }
        }
        expect(wrong).toEqual([]);
    });

    test("each outside package stays in its owner's folder", () => {
        const wrong: string[] = [];
        for (const file of all)
            for (const name of importsOf(file))
                for (const [outside, folders] of Object.entries(owners))
                    if ((name === outside || name.startsWith(`${outside}/`)) && !folders.includes(layerOf(file)))
                        wrong.push(`${relative(source, file)} imports ${name}, which belongs to ${folders.join(", ")}`);
        expect(wrong).toEqual([]);
    });
});
