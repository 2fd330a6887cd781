import type { ShellState } from "../../agent/shell";
import { isAbort, messageOf } from "../../base/errors";
import type { Notices } from "../common/notices.svelte";
import { explain } from "../common/explain";
import { giveWay } from "../common/give-way";
import type { Settings } from "../common/settings.svelte";
import type { Sandbox, TerminalShell } from "../sandbox";
import { pump } from "./pump";
import type { Screen, ScreenOptions } from "./screen";

/** "waiting": for the machine, or for the screen's code. "ended": the shell is gone; Enter opens another. */
export type TerminalPhase = "waiting" | "open" | "ended";

/** What a tab needs from its screen. */
export type TerminalScreen = Pick<
    Screen,
    "mount" | "size" | "write" | "focus" | "reset" | "dispose" | "dark" | "screenReader"
>;

/** Makes a screen; xterm.js is loaded for the first one. */
export type MakeScreen = (options: ScreenOptions) => Promise<TerminalScreen>;

const makeXtermScreen: MakeScreen = async options => new (await import("./screen")).Screen(options);

/** What all tabs share. */
export interface TerminalParts {
    sandbox: Sandbox;
    settings: Settings;
    notices: Notices;
    /** A link in a terminal was followed. */
    onLink(address: string): void;
    /** Text was copied in a terminal. */
    onCopy(text: string): void;
    makeScreen?: MakeScreen;
}

/** Why a tab gets a new shell, as its screen says. */
export type NewShell = "machine" | "asked" | "ended";

/**
 * What a program may have left behind on a screen that stays: the alternate screen, mouse reports, bracketed paste, a hidden cursor,
 * colours and modes.
 */
const TIDY = "\x1b[?1049l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?25h\x1b[!p\x1b[0m";

const words: Record<Exclude<NewShell, "machine">, string> = {
    asked: "Shell restarted. Whatever was running in it has been stopped.",
    ended: "A new shell.",
};

/** A command that "Run" was pressed for. */
interface Typed {
    text: string;
    interrupt: boolean;
}

const INTERRUPT = "\u0003";

export class TerminalTab {
    #phase = $state<TerminalPhase>("waiting");
    #screen = $state.raw<TerminalScreen>();
    /** Commands waiting for a prompt. */
    #queue = $state.raw<readonly Typed[]>([]);
    #shell: TerminalShell | undefined;
    #typing = false;
    #wantsFocus = false;
    #busy = $state(false);
    #end = new AbortController();

    constructor(
        readonly number: number,
        private readonly parts: TerminalParts,
    ) {}

    get title(): string {
        return `Terminal ${this.number}`;
    }

    get phase(): TerminalPhase {
        return this.#phase;
    }

    get screen(): TerminalScreen | undefined {
        return this.#screen;
    }

    /** Another command is running in the terminal, so the queue has to wait. */
    get busy(): boolean {
        return this.#busy;
    }

    get queued(): readonly string[] {
        return this.#queue.map(typed => typed.text);
    }

    /** Loads the screen, opens a shell when there is a machine, and shows its output until it ends. */
    async start(): Promise<void> {
        const { signal } = this.#end;
        try {
            const screen = await this.#makeScreen();
            if (signal.aborted) return;
            const shell = await this.parts.sandbox.openShell({ terminal: this.number, ...screen.size, signal });
            this.#shell = shell;
            shell.state.subscribe(({ kind }) => {
                if (!signal.aborted) this.#busy = kind === "running";
            });
            shell.resize(screen.size.columns, screen.size.rows);
            this.#phase = "open";
            void this.#typeQueued();
            await pump(shell.output, screen, signal);
            const code = await shell.exit;
            if (signal.aborted) return;
            screen.write(
                `${TIDY}\r\n\x1b[2mThe shell has exited${code === 0 ? "" : ` with status ${code}`}. Press Enter for a new one.\x1b[0m\r\n`,
            );
        } catch (thrown) {
            if (signal.aborted || isAbort(thrown)) return;
            this.#screen?.write(
                `${TIDY}\r\n\x1b[2m${this.#shell ? "The connection to the shell has broken" : "No shell could be opened"}: ${messageOf(thrown)} Press Enter for a new shell.\x1b[0m\r\n`,
            );
        }
        this.#shell = undefined;
        this.#phase = "ended";
    }

    /** Types a command and Enter as soon as there is a prompt. */
    async run(text: string, options: { interrupt?: boolean } = {}): Promise<void> {
        this.#queue = [...this.#queue, { text, interrupt: options.interrupt ?? false }];
        if (this.#phase === "ended") this.restart("ended");
        else if (this.#phase === "open") await this.#typeQueued();
    }

    /** Takes the focus now, or as soon as there is a screen. */
    focus(): void {
        if (this.#screen) this.#screen.focus();
        else this.#wantsFocus = true;
    }

    /** True once, after a call of `focus` that came before the screen. */
    takeFocusWish(): boolean {
        const wished = this.#wantsFocus;
        this.#wantsFocus = false;
        return wished;
    }

    forgetQueue(): void {
        this.#queue = [];
    }

    /** Types the queue into the running program, which may be a shell in a container. */
    typeNow(): void {
        const typed = this.#queue;
        this.#queue = [];
        for (const { text } of typed) this.#send(`${text.trimEnd().replaceAll("\n", "\r")}\r`);
    }

    /** Interrupts the running program, so that the queue can continue. */
    interrupt(): void {
        this.#send(INTERRUPT);
    }

    /** A new shell in the same tab. What the screen shows stays, unless the machine is new too. */
    restart(why: NewShell): void {
        this.#end.abort();
        this.#end = new AbortController();
        this.#shell?.close();
        this.#shell = undefined;
        this.#busy = false;
        this.#phase = "waiting";
        if (why === "machine") this.#screen?.reset();
        else this.#screen?.write(`${TIDY}\r\n\x1b[2m${words[why]}\x1b[0m\r\n`);
        void this.start();
    }

    close(): void {
        this.#end.abort();
        this.#shell?.close();
        this.#screen?.dispose();
    }

    async #makeScreen(): Promise<TerminalScreen> {
        if (this.#screen) return this.#screen;
        const { settings, onLink, onCopy, makeScreen = makeXtermScreen } = this.parts;
        this.#screen = await makeScreen({
            dark: settings.dark,
            screenReader: settings.screenReader,
            label: this.title,
            onData: data => this.#typed(data),
            onResize: (columns, rows) => this.#shell?.resize(columns, rows),
            onLink,
            onCopy,
        });
        return this.#screen;
    }

    #typed(data: string): void {
        if (this.#phase === "ended" && data === "\r") return this.restart("ended");
        void this.parts.sandbox.giveWay();
        this.#send(data);
    }

    #send(data: string): void {
        this.#shell?.write(data).catch((thrown: unknown) => {
            if (!this.#end.signal.aborted) explain(this.parts.notices, thrown);
        });
    }

    /** Types the queue, each command at its own prompt. */
    async #typeQueued(): Promise<void> {
        const shell = this.#shell;
        if (!shell || this.#typing || this.#queue.length === 0) return;
        this.#typing = true;
        const { signal } = this.#end;
        try {
            await giveWay(this.parts.sandbox, signal);
            const over = () => signal.aborted || shell.state.state.kind === "ended";
            for (let next = this.#queue[0]; next && !over(); next = this.#queue[0]) {
                if (next.interrupt && shell.state.state.kind === "running") this.#send(INTERRUPT);
                await stateOf(shell, kind => kind === "prompt", signal);
                if (over() || this.#queue[0] !== next) continue;
                this.#queue = this.#queue.slice(1);
                this.#send(`${next.text.trimEnd().replaceAll("\n", "\r")}\r`);
                if (this.#queue.length > 0) await stateOf(shell, kind => kind !== "prompt", signal);
            }
        } catch (thrown) {
            if (!signal.aborted) explain(this.parts.notices, thrown);
        } finally {
            this.#typing = false;
        }
    }
}

/** Resolves when the shell is in the wanted state or has ended, or when the signal aborts. */
function stateOf(
    shell: TerminalShell,
    wanted: (kind: ShellState["kind"]) => boolean,
    signal: AbortSignal,
): Promise<void> {
    return new Promise(resolve => {
        const done = () => signal.aborted || wanted(shell.state.state.kind) || shell.state.state.kind === "ended";
        if (done()) return resolve();
        const look = () => {
            if (!done()) return;
            stop();
            signal.removeEventListener("abort", look);
            resolve();
        };
        const stop = shell.state.subscribe(look);
        signal.addEventListener("abort", look);
    });
}

/** The tabs. There is always at least one. */
export class Terminals {
    #tabs = $state.raw<readonly TerminalTab[]>([]);
    #active = $state.raw<TerminalTab>();

    constructor(private readonly parts: TerminalParts) {}

    get tabs(): readonly TerminalTab[] {
        return this.#tabs;
    }

    get active(): TerminalTab | undefined {
        return this.#active;
    }

    open(): TerminalTab {
        let number = 1;
        while (this.#tabs.some(tab => tab.number === number)) number++;
        const tab = new TerminalTab(number, this.parts);
        this.#tabs = [...this.#tabs, tab].sort((one, other) => one.number - other.number);
        this.#active = tab;
        void tab.start();
        return tab;
    }

    choose(tab: TerminalTab): void {
        this.#active = tab;
    }

    close(tab: TerminalTab): void {
        const at = this.#tabs.indexOf(tab);
        this.#tabs = this.#tabs.filter(other => other !== tab);
        tab.close();
        if (this.#tabs.length === 0) this.open();
        else if (this.#active === tab) this.#active = this.#tabs[Math.max(0, at - 1)];
    }

    /** Types a command in terminal `number` (default: the active one), and opens it if it does not exist. */
    async run(text: string, options: { terminal?: number; interrupt?: boolean } = {}): Promise<void> {
        let tab =
            options.terminal === undefined
                ? (this.#active ?? this.open())
                : this.#tabs.find(other => other.number === options.terminal);
        while (!tab || (options.terminal !== undefined && tab.number !== options.terminal)) tab = this.open();
        this.#active = tab;
        await tab.run(text, options);
    }

    /** Call it after the machine was restarted. */
    restartAll(): void {
        for (const tab of this.#tabs) tab.restart("machine");
    }
}
