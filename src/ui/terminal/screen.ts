/**
 * xterm.js as this interface uses it. Together with `xterm.css` and the addons it is one chunk, loaded after the first
 * paint.
 */
import { FitAddon } from "@xterm/addon-fit";
import { Unicode11Addon } from "@xterm/addon-unicode11";
import { WebLinksAddon } from "@xterm/addon-web-links";
import { Terminal, type ITheme } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import type { Bytes } from "../../base/bytes";
import { Lifetime } from "../../base/lifetime";
import { Pacer } from "./pacer";

const SCROLLBACK_LINES = 5_000;

export interface ScreenOptions {
    dark: boolean;
    screenReader: boolean;
    label: string;
    onData(data: string): void;
    onResize(columns: number, rows: number): void;
    /** A link was followed. */
    onLink(address: string): void;
    /** The student wants to copy the selection. */
    onCopy(text: string): void;
}

const light: ITheme = {
    background: "#ffffff",
    foreground: "#1a1e26",
    cursor: "#2850d8",
    cursorAccent: "#ffffff",
    selectionBackground: "#cddafd",
    black: "#1a1e26",
    red: "#b42318",
    green: "#15703a",
    yellow: "#8a5200",
    blue: "#2850d8",
    magenta: "#8a2aa5",
    cyan: "#0b6b7c",
    white: "#6b7280",
    brightBlack: "#5f6776",
    brightRed: "#c9372c",
    brightGreen: "#1a7f44",
    brightYellow: "#9a6200",
    brightBlue: "#3d63e0",
    brightMagenta: "#9d3fb8",
    brightCyan: "#0e7c90",
    brightWhite: "#454c5a",
};
const dark: ITheme = {
    background: "#16191f",
    foreground: "#dfe3ea",
    cursor: "#8ea8ff",
    cursorAccent: "#16191f",
    selectionBackground: "#35436e",
    black: "#2a303a",
    red: "#ff9187",
    green: "#6fcf97",
    yellow: "#e9b872",
    blue: "#8ea8ff",
    magenta: "#d79bee",
    cyan: "#6cc7d6",
    white: "#c9cfd9",
    brightBlack: "#8f98a7",
    brightRed: "#ffaca5",
    brightGreen: "#90dfb0",
    brightYellow: "#f2cf98",
    brightBlue: "#abbeff",
    brightMagenta: "#e3b9f4",
    brightCyan: "#93d9e4",
    brightWhite: "#ffffff",
};

/** Lives as long as its tab. Its element can move from one place in the page to another. */
export class Screen {
    readonly element = document.createElement("div");
    readonly #terminal: Terminal;
    readonly #fit = new FitAddon();
    readonly #lifetime = new Lifetime();
    readonly #pacer = new Pacer((chunk, parsed) => this.#terminal.write(chunk, parsed));
    readonly #onCopy: ScreenOptions["onCopy"];
    #opened = false;

    constructor(options: ScreenOptions) {
        this.#onCopy = options.onCopy;
        this.element.className = "screen";
        this.#terminal = new Terminal({
            allowProposedApi: true,
            cursorBlink: false,
            fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--mono"),
            fontSize: 13,
            lineHeight: 1.25,
            scrollback: SCROLLBACK_LINES,
            screenReaderMode: options.screenReader,
            minimumContrastRatio: 4.5,
            theme: options.dark ? dark : light,
            // Links that a program names itself (OSC 8). Their text may say something else, so the address shows on hovering.
            linkHandler: {
                activate: (_event, address) => options.onLink(address),
                hover: (_event, address) => (this.element.title = address),
                leave: () => this.element.removeAttribute("title"),
            },
        });
        this.#terminal.loadAddon(this.#fit);
        this.#terminal.loadAddon(new Unicode11Addon());
        this.#terminal.unicode.activeVersion = "11";
        this.#terminal.loadAddon(new WebLinksAddon((_event, address) => options.onLink(address)));
        this.#terminal.onData(data => {
            this.#pacer.typed();
            options.onData(data);
        });
        this.#terminal.onResize(({ cols, rows }) => options.onResize(cols, rows));
        this.#terminal.attachCustomKeyEventHandler(event => this.#shortcut(event));
        this.#lifetime.add(() => this.#terminal.dispose());
        this.#lifetime.add(() => this.#pacer.flush());
        this.label = options.label;
    }

    set label(label: string) {
        this.element.setAttribute("role", "group");
        this.element.setAttribute("aria-label", label);
    }

    get size(): { columns: number; rows: number } {
        return { columns: this.#terminal.cols, rows: this.#terminal.rows };
    }

    /** Puts the screen into `parent` and keeps it fitted. The returned function takes it out again. */
    mount(parent: HTMLElement): () => void {
        parent.append(this.element);
        if (!this.#opened) {
            this.#terminal.open(this.element);
            this.#opened = true;
        }
        const observer = new ResizeObserver(() => this.fit());
        observer.observe(parent);
        this.fit();
        return () => {
            observer.disconnect();
            this.element.remove();
        };
    }

    /** A hidden screen keeps its size: a shell two columns wide is useless. */
    fit(): void {
        if (this.element.offsetWidth > 40 && this.element.offsetHeight > 20) this.#fit.fit();
    }

    write(chunk: Bytes | string, parsed?: () => void): void {
        this.#pacer.write(chunk, parsed);
    }

    focus(): void {
        this.#terminal.focus();
    }

    set dark(isDark: boolean) {
        this.#terminal.options.theme = isDark ? dark : light;
    }

    set screenReader(on: boolean) {
        this.#terminal.options.screenReaderMode = on;
    }

    /** Clears everything, for a restarted machine. */
    reset(): void {
        this.#pacer.flush();
        this.#terminal.reset();
    }

    dispose(): void {
        this.#lifetime.end();
        this.element.remove();
    }

    /** Ctrl+Shift+C and V copy and paste, as in terminals on Linux; plain Ctrl+C remains the interrupt. */
    #shortcut(event: KeyboardEvent): boolean {
        if (event.type !== "keydown") return true;
        // These keys belong to the page: its shortcuts, and the way out of the terminal without a mouse.
        if (event.key === "F1" || event.key === "F6" || (event.altKey && /^[1-4]$/.test(event.key))) return false;
        if (!event.ctrlKey || !event.shiftKey) return true;
        if (event.code === "KeyC") {
            const selection = this.#terminal.getSelection();
            if (selection) this.#onCopy(selection);
            event.preventDefault();
            return false;
        }
        if (event.code === "KeyV") return false; // the browser's own paste reaches the terminal's text area
        return true;
    }
}
