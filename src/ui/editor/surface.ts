import { Lifetime } from "../../base/lifetime";
import { languageOf } from "./languages";
import { colourise, monaco, useTheme } from "./monaco";
import type { OpenFile } from "./open-file.svelte";

export { colourise };

interface Shown {
    model: monaco.editor.ITextModel;
    view: monaco.editor.ICodeEditorViewState | null;
    lifetime: Lifetime;
}

export interface SurfaceEvents {
    onEdit(file: OpenFile, text: string): void;
    onSave(file: OpenFile): void;
}

const look = {
    automaticLayout: true,
    fontSize: 13,
    lineHeight: 20,
    fontLigatures: false,
    minimap: { enabled: false },
    scrollBeyondLastLine: false,
    smoothScrolling: false,
    cursorSmoothCaretAnimation: "off",
    renderLineHighlight: "line",
    overviewRulerLanes: 0,
    hideCursorInOverviewRuler: true,
    padding: { top: 10, bottom: 10 },
    lineNumbersMinChars: 3,
    fixedOverflowWidgets: true,
    stickyScroll: { enabled: false },
    guides: { indentation: true },
    scrollbar: { verticalScrollbarSize: 10, horizontalScrollbarSize: 10, useShadows: false },
    wordBasedSuggestions: "currentDocument",
    occurrencesHighlight: "singleFile",
    unicodeHighlight: { ambiguousCharacters: false },
} as const satisfies monaco.editor.IStandaloneEditorConstructionOptions;

const plainBrackets = { enabled: false, independentColorPoolPerBracketType: false };

const fontFamily = () => getComputedStyle(document.documentElement).getPropertyValue("--mono");

/** The page's code editor: shows one open file at a time and keeps the undo history and scroll position of each. */
export class Surface {
    readonly element = document.createElement("div");
    readonly #editor: monaco.editor.IStandaloneCodeEditor;
    readonly #shown = new Map<OpenFile, Shown>();
    readonly #events: SurfaceEvents;
    #current: OpenFile | undefined;

    constructor(events: SurfaceEvents) {
        this.#events = events;
        this.element.className = "surface";
        this.element.style.height = "100%";
        this.#editor = monaco.editor.create(this.element, {
            ...look,
            fontFamily: fontFamily(),
            model: null,
            ariaLabel: "Editor",
        });
        this.#editor.addCommand(monaco.KeyMod.CtrlCmd | monaco.KeyCode.KeyS, () => {
            if (this.#current) this.#events.onSave(this.#current);
        });
    }

    mount(parent: HTMLElement): () => void {
        parent.append(this.element);
        this.#editor.layout();
        return () => this.element.remove();
    }

    show(file: OpenFile | undefined): void {
        if (file === this.#current) return;
        if (this.#current) {
            const left = this.#shown.get(this.#current);
            if (left) left.view = this.#editor.saveViewState();
        }
        this.#current = file;
        if (!file) return this.#editor.setModel(null);
        const { model, view } = this.#shown.get(file) ?? this.#open(file);
        this.#editor.setModel(model);
        this.#editor.restoreViewState(view);
        this.#editor.updateOptions({ ariaLabel: `${file.path}, ${languageOf(file.path).label}` });
    }

    /** Call it after a rename. */
    relabel(file: OpenFile): void {
        const shown = this.#shown.get(file);
        if (shown && shown.model.getLanguageId() !== languageOf(file.path).id)
            monaco.editor.setModelLanguage(shown.model, languageOf(file.path).id);
    }

    /** Releases files that are no longer open. */
    keepOnly(files: readonly OpenFile[]): void {
        for (const [file, shown] of this.#shown) {
            if (files.includes(file)) continue;
            if (this.#current === file) this.show(undefined);
            shown.lifetime.end();
            this.#shown.delete(file);
        }
    }

    focus(): void {
        this.#editor.focus();
    }

    theme(dark: boolean, forcedColors: boolean): void {
        useTheme(dark, forcedColors);
    }

    #open(file: OpenFile): Shown {
        const { id, tabSize, spaces } = languageOf(file.path);
        const model = monaco.editor.createModel(file.text, id);
        model.updateOptions({ tabSize, insertSpaces: spaces, bracketColorizationOptions: plainBrackets });
        const lifetime = new Lifetime();
        lifetime.add(() => model.dispose());
        let replacing = false;
        const listening = model.onDidChangeContent(() => {
            if (!replacing) this.#events.onEdit(file, model.getValue());
        });
        lifetime.add(() => listening.dispose());
        lifetime.add(
            file.replaced.listen(text => {
                replacing = true;
                // An edit rather than setValue: the cursor stays, and Ctrl+Z brings the old text back.
                model.pushEditOperations([], [{ range: model.getFullModelRange(), text }], () => null);
                replacing = false;
            }),
        );
        lifetime.add(
            file.revealed.listen(line => {
                if (this.#current !== file) this.show(file);
                this.#editor.setPosition({ lineNumber: line, column: 1 });
                this.#editor.revealLineInCenter(line);
                this.#editor.focus();
            }),
        );
        const shown: Shown = { model, view: null, lifetime };
        this.#shown.set(file, shown);
        return shown;
    }
}

/** Shows two texts side by side, or one below the other if there is little room. Read-only. */
export function showDifference(parent: HTMLElement, path: string, before: string, after: string): () => void {
    const language = languageOf(path).id;
    const original = monaco.editor.createModel(before, language);
    const modified = monaco.editor.createModel(after, language);
    for (const model of [original, modified]) model.updateOptions({ bracketColorizationOptions: plainBrackets });
    const editor = monaco.editor.createDiffEditor(parent, {
        ...look,
        fontFamily: fontFamily(),
        readOnly: true,
        originalEditable: false,
        renderSideBySide: true,
        useInlineViewWhenSpaceIsLimited: true,
        renderOverviewRuler: false,
        hideUnchangedRegions: { enabled: true },
        ignoreTrimWhitespace: false,
    });
    editor.setModel({ original, modified });
    editor.getOriginalEditor().updateOptions({ ariaLabel: `${path} now` });
    editor.getModifiedEditor().updateOptions({ ariaLabel: `${path} after` });
    return () => {
        editor.dispose();
        original.dispose();
        modified.dispose();
    };
}
