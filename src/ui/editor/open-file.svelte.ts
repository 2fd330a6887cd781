import { Signal } from "../../base/store";

/** What happened to a file outside the editor while the editor has unsaved changes to it. */
export type Conflict = { kind: "changed"; text: string } | { kind: "removed" };

/** A file in a tab. It holds the text; the editor's surface shows it and reports edits. */
export class OpenFile {
    #path = $state("");
    #dirty = $state(false);
    #conflict = $state.raw<Conflict>();
    #text: string;
    #saved: string;
    /** Emitted when the text was replaced by something other than typing. */
    readonly replaced = new Signal<string>();
    /** Emits a line to show, counted from 1. */
    readonly revealed = new Signal<number>();

    constructor(path: string, text: string) {
        this.#path = path;
        this.#text = text;
        this.#saved = text;
    }

    get path(): string {
        return this.#path;
    }

    set path(path: string) {
        this.#path = path;
    }

    get name(): string {
        return this.#path.slice(this.#path.lastIndexOf("/") + 1);
    }

    get text(): string {
        return this.#text;
    }

    get dirty(): boolean {
        return this.#dirty;
    }

    get conflict(): Conflict | undefined {
        return this.#conflict;
    }

    set conflict(conflict: Conflict | undefined) {
        this.#conflict = conflict;
    }

    /** The student typed. */
    edit(text: string): void {
        this.#text = text;
        this.#dirty = text !== this.#saved;
    }

    /** `text` is now stored. */
    markSaved(text: string): void {
        this.#saved = text;
        this.#dirty = this.#text !== text;
        this.#conflict = undefined;
    }

    isSaved(text: string): boolean {
        return this.#saved === text;
    }

    /** Shows `text`, which is the stored text. */
    replace(text: string): void {
        this.#text = text;
        this.markSaved(text);
        this.replaced.emit(text);
    }
}
