/**
 * Monaco with only what this editor uses: the core, some of its features, highlighting for the languages of
 * the lessons, the Dockerfile language service, and our two themes. Loaded after the first paint.
 */
import * as monaco from "monaco-editor/editor/editor.api";
import EditorWorker from "monaco-editor/editor/editor.worker?worker";
import "./monaco-features";
import "./monaco-extras";
import { serveDockerfiles } from "./dockerfile-language";

self.MonacoEnvironment = { getWorker: () => new EditorWorker({ name: "editor" }) };

const shared = {
    light: {
        accent: "#2850d8",
        paper: "#ffffff",
        ink: "#1a1e26",
        faint: "#667080",
        line: "#eef0f3",
        selection: "#cddafd",
        added: "#15703a",
        removed: "#b42318",
    },
    dark: {
        accent: "#8ea8ff",
        paper: "#16191f",
        ink: "#dfe3ea",
        faint: "#8590a0",
        line: "#1f242c",
        selection: "#35436e",
        added: "#6fcf97",
        removed: "#ff9187",
    },
};

function define(
    name: "drydock-light" | "drydock-dark",
    base: "vs" | "vs-dark",
    palette: (typeof shared)["light"],
    rules: [token: string, colour: string, style?: string][],
): void {
    monaco.editor.defineTheme(name, {
        base,
        inherit: true,
        rules: rules.map(([token, foreground, fontStyle]) => ({ token, foreground, fontStyle })),
        colors: {
            "editor.background": palette.paper,
            "editor.foreground": palette.ink,
            "editorLineNumber.foreground": palette.faint,
            "editorLineNumber.activeForeground": palette.ink,
            "editor.lineHighlightBackground": palette.line,
            "editor.lineHighlightBorder": "#00000000",
            "editor.selectionBackground": palette.selection,
            "editorCursor.foreground": palette.accent,
            focusBorder: palette.accent,
            "editorOverviewRuler.border": "#00000000",
            "diffEditor.insertedLineBackground": `${palette.added}1a`,
            "diffEditor.insertedTextBackground": `${palette.added}22`,
            "diffEditor.removedLineBackground": `${palette.removed}17`,
            "diffEditor.removedTextBackground": `${palette.removed}22`,
            "diffEditorGutter.insertedLineBackground": `${palette.added}26`,
            "diffEditorGutter.removedLineBackground": `${palette.removed}22`,
            "diffEditor.diagonalFill": palette.line,
        },
    });
}

define("drydock-light", "vs", shared.light, [
    ["comment", "667080", "italic"],
    ["keyword", "7a2aa0"],
    ["string", "15703a"],
    ["number", "8a5200"],
    ["type", "0b6b7c"],
    ["variable", "1d3fb4"],
    ["tag", "7a2aa0"],
    ["attribute.name", "8a5200"],
    ["attribute.value", "15703a"],
]);
define("drydock-dark", "vs-dark", shared.dark, [
    ["comment", "8590a0", "italic"],
    ["keyword", "d79bee"],
    ["string", "8fd3a8"],
    ["number", "e9b872"],
    ["type", "6cc7d6"],
    ["variable", "a9bdff"],
    ["tag", "d79bee"],
    ["attribute.name", "e9b872"],
    ["attribute.value", "8fd3a8"],
]);

/** Sets the theme of all editors in the page, and of code coloured outside them. */
export function useTheme(dark: boolean, forcedColors: boolean): void {
    monaco.editor.setTheme(forcedColors ? (dark ? "hc-black" : "hc-light") : dark ? "drydock-dark" : "drydock-light");
}

/** `code` as HTML with the theme's colours; spans and line breaks only. */
export const colourise = (code: string, language: string): Promise<string> =>
    monaco.editor.colorize(code, language, { tabSize: 4 });

serveDockerfiles(monaco);

export { monaco };
