import { MediaQuery } from "svelte/reactivity";
import type { KeptValues } from "../../storage/kept-values";

export type ThemeChoice = "system" | "light" | "dark";

/** `preview` undefined: shown if there is room for it. */
interface Stored {
    theme: ThemeChoice;
    screenReader: boolean;
    preview: boolean | undefined;
}

const KEY = "drydock.settings";
const initial: Stored = { theme: "system", screenReader: false, preview: undefined };

/**
 * A field with an unknown value counts as not set: another version of this page may know more values. Throws if there
 * are no fields at all.
 */
function parse(text: string): Stored {
    const found: unknown = JSON.parse(text);
    if (typeof found !== "object" || found === null || Array.isArray(found)) throw new TypeError("no settings");
    const { theme, screenReader, preview } = found as Partial<Record<keyof Stored, unknown>>;
    return {
        theme: theme === "light" || theme === "dark" ? theme : "system",
        screenReader: screenReader === true,
        preview: typeof preview === "boolean" ? preview : undefined,
    };
}

/** Settings of the interface, stored on this device. */
export class Settings {
    /** Emitted when the chosen theme has changed. */
    onTheme: (() => void) | undefined;
    readonly #systemDark = new MediaQuery("(prefers-color-scheme: dark)");
    readonly #forced = new MediaQuery("(forced-colors: active)");
    #theme = $state<ThemeChoice>("system");
    #screenReader = $state(false);
    readonly #roomy = new MediaQuery("(min-width: 1160px)");
    #preview = $state<boolean>();
    /** Whether the lesson wants the preview open at its start. The student's own choice takes precedence. */
    previewAtStart = $state(true);

    constructor(
        /** What this browser keeps for the interface. */
        readonly kept: KeptValues,
    ) {
        const { theme, screenReader, preview } = kept.read(KEY, "settings", parse) ?? initial;
        this.#theme = theme;
        this.#screenReader = screenReader;
        this.#preview = preview;
    }

    get theme(): ThemeChoice {
        return this.#theme;
    }

    get dark(): boolean {
        return this.#theme === "dark" || (this.#theme === "system" && this.#systemDark.current);
    }

    /** The system replaces the page's colours (forced colours). */
    get forcedColors(): boolean {
        return this.#forced.current;
    }

    get screenReader(): boolean {
        return this.#screenReader;
    }

    get preview(): boolean {
        return this.#preview ?? (this.previewAtStart && this.#roomy.current);
    }

    chooseTheme(theme: ThemeChoice): void {
        this.#theme = theme;
        this.onTheme?.();
        this.#save();
    }

    /** Switches from the system's theme to the opposite one, and back. Two states are enough for a button. */
    toggleTheme(): void {
        this.chooseTheme(this.dark ? "light" : "dark");
    }

    toggleScreenReader(): void {
        this.#screenReader = !this.#screenReader;
        this.#save();
    }

    showPreview(shown: boolean): void {
        this.#preview = shown;
        this.#save();
    }

    #save(): void {
        this.kept.write(
            KEY,
            JSON.stringify({ theme: this.#theme, screenReader: this.#screenReader, preview: this.#preview }),
        );
    }
}
