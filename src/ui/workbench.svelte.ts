import { tick } from "svelte";
import { MediaQuery } from "svelte/reactivity";
import type { DrydockError } from "../base/errors";
import { Lifetime, type Stop } from "../base/lifetime";
import type { Engine } from "../engine/engine";
import type { SaveState } from "../workspace/workspace";
import { asText, filesOf } from "../lesson/file-tree";
import type { Course, Lesson } from "../lesson/lesson";
import { explain } from "./common/explain";
import { Notices } from "./common/notices.svelte";
import type { Settings } from "./common/settings.svelte";
import { Watched } from "./common/watched.svelte";
import { Code } from "./editor/code.svelte";
import { Editor } from "./editor/editor.svelte";
import { LessonView } from "./lesson/lesson-view.svelte";
import type { ProseActions } from "./lesson/prose";
import { NetworkView } from "./network/network-view.svelte";
import { parseTarget, PreviewView } from "./preview/preview-view.svelte";
import type { GuestUsage } from "../guest/guest-watch";
import type { Sandbox, SandboxState } from "./sandbox";
import { Terminals, type MakeScreen } from "./terminal/terminals.svelte";

export type PaneName = "lesson" | "editor" | "terminal" | "preview" | "network";
/** Panes that share the right-hand side. */
export type SidePaneName = "preview" | "network";
export const paneNames: readonly PaneName[] = ["lesson", "editor", "terminal", "preview", "network"];

export interface WorkbenchOptions {
    course: Course;
    engine: Engine;
    sandbox: Sandbox;
    settings: Settings;
    /** Goes to another lesson; a page of its own. */
    navigate(lesson: string, step?: string): void;
    /** Lessons of the course that were finished earlier. */
    finished: ReadonlySet<string>;
    /** How a terminal gets its screen; xterm.js when left out. */
    makeScreen?: MakeScreen;
}

/** The whole interface's state, given to the components by context. */
export class Workbench {
    readonly course: Course;
    readonly settings: Settings;
    readonly finished: ReadonlySet<string>;
    readonly notices = new Notices();
    readonly lesson: LessonView;
    readonly editor: Editor;
    readonly code: Code;
    readonly terminals: Terminals;
    readonly preview: PreviewView;
    readonly network: NetworkView;
    readonly proseActions: ProseActions;
    helpShown = $state(false);
    #pane = $state<PaneName>("lesson");
    #side = $state<SidePaneName>("preview");
    readonly #narrow = new MediaQuery("(max-width: 799px)");
    readonly #sandbox: Sandbox;
    readonly #navigate: WorkbenchOptions["navigate"];
    readonly #state: Watched<SandboxState>;
    readonly #usage: Watched<GuestUsage | undefined>;
    readonly #saved: Watched<SaveState>;
    readonly #warmUp: Watched<"idle" | "running" | "done">;

    constructor(options: WorkbenchOptions) {
        const { course, engine, sandbox, settings, navigate, finished } = options;
        this.course = course;
        this.settings = settings;
        this.finished = finished;
        this.#sandbox = sandbox;
        this.#navigate = navigate;
        this.#state = new Watched(sandbox);
        this.#usage = new Watched(sandbox.usage);
        this.#saved = new Watched(sandbox.workspace.saved);
        this.#warmUp = new Watched(sandbox.warmUp);
        const start = filesOf(engine.state.lesson.start);
        const startText = (path: string) => {
            const content = start.get(path);
            return content instanceof Uint8Array ? asText(content) : content;
        };
        this.editor = new Editor(sandbox.workspace, this.notices, startText, () => this.showPane("editor"));
        this.code = new Code(this.editor, this.notices);
        this.lesson = new LessonView(engine, sandbox, this.notices, () => this.editor.saveAll());
        this.terminals = new Terminals({
            sandbox,
            settings,
            notices: this.notices,
            onLink: address => this.#follow(address),
            makeScreen: options.makeScreen,
        });
        this.preview = new PreviewView(sandbox, () => {
            settings.showPreview(true);
            this.showPane("preview");
        });
        this.network = new NetworkView(sandbox.network);
        this.proseActions = {
            run: (command, options) => void this.run(command, options),
            save: (path, text) => void this.editor.propose(path, text),
            copy: text => navigator.clipboard.writeText(text).catch((thrown: unknown) => explain(this.notices, thrown)),
            openFile: (path, line) => void this.editor.show(path, { line }),
            openPort: (port, path) => this.preview.open(port, path),
            openLesson: (lesson, step) => this.openLesson(lesson, step),
            openStep: step => this.openStep(step),
        };
    }

    get sandboxState(): SandboxState {
        return this.#state.state;
    }

    get usage(): GuestUsage | undefined {
        return this.#usage.state;
    }

    get saved(): SaveState {
        return this.#saved.state;
    }

    get warmUp(): "idle" | "running" | "done" {
        return this.#warmUp.state;
    }

    /** One pane at a time, as tabs. */
    get narrow(): boolean {
        return this.#narrow.current;
    }

    get pane(): PaneName {
        return this.#pane;
    }

    /** What the right-hand side shows where panes stand side by side. */
    get side(): SidePaneName {
        return this.#side;
    }

    get nextLesson(): Lesson | undefined {
        const all = this.course.parts.flatMap(part => part.lessons);
        return all[all.findIndex(lesson => lesson.id === this.lesson.lesson.id) + 1];
    }

    /** First terminal, first file; then the editor's big code, after the page is drawn. */
    start(): Stop {
        const lifetime = new Lifetime();
        lifetime.add(this.editor.start());
        lifetime.add(this.#tellNotices());
        this.terminals.open();
        const { file } = this.lesson.lesson.open;
        if (file !== undefined && this.editor.has(file)) void this.editor.show(file, { quiet: true });
        if (this.lesson.passed > 0) this.openStep(this.lesson.current.id); // back from an earlier visit
        const flush = () => void this.editor.saveAll();
        // a page that is hidden may never be shown again, and one that goes away has little time
        for (const event of ["pagehide", "visibilitychange"]) {
            addEventListener(event, flush, { capture: true });
            lifetime.add(() => removeEventListener(event, flush, { capture: true }));
        }
        return lifetime.end;
    }

    /** What the workspace could not keep. */
    #tellNotices(): Stop {
        const { notices } = this.#sandbox.workspace;
        const tell = (errors: readonly DrydockError[]) => {
            for (const { message, advice } of errors) this.notices.problem(message, advice);
        };
        tell(notices.state);
        return notices.subscribe(tell);
    }

    showPane(pane: PaneName): void {
        this.#pane = pane;
        if (pane === "preview" || pane === "network") this.#side = pane;
    }

    async focusPane(pane: PaneName): Promise<void> {
        this.showPane(pane);
        if (pane === "preview" || pane === "network") this.settings.showPreview(true);
        await tick();
        if (pane === "terminal") this.terminals.active?.focus();
        else if (pane === "editor" && this.editor.active && this.code.surface) this.code.surface.focus();
        else document.getElementById(`pane-${pane}`)?.focus();
    }

    /** Types a command in a terminal, as a click on "Run" does. */
    async run(command: string, options: { terminal?: number; interrupt?: boolean } = {}): Promise<void> {
        this.showPane("terminal");
        await this.editor.saveAll();
        await this.terminals.run(command, options);
        if (this.sandboxState.kind === "starting")
            this.notices.say("The machine is still starting; the command runs as soon as there is a prompt.");
        else if (this.sandboxState.kind === "failed")
            this.notices.problem("The machine is not running.", "Restart it; the command runs then.", {
                label: "Restart",
                run: () => void this.restartMachine(),
            });
    }

    openStep(step: string): void {
        if (step !== this.lesson.current.id) this.lesson.choose(step);
        void tick().then(() => document.getElementById(`step-${step}`)?.scrollIntoView({ block: "start" }));
    }

    openLesson(lesson: string, step?: string): void {
        void this.editor.saveAll().then(() => this.#navigate(lesson, step));
    }

    async checkCurrent(): Promise<void> {
        await this.lesson.check(this.lesson.current);
    }

    async restartMachine(): Promise<void> {
        try {
            await this.editor.saveAll();
            const restarted = this.#sandbox.restart();
            this.terminals.restartAll();
            await restarted;
        } catch (thrown) {
            explain(this.notices, thrown);
        }
    }

    /** Back to the lesson's start, with the way back. */
    async resetFiles(): Promise<void> {
        const { workspace } = this.#sandbox;
        try {
            await this.editor.saveAll();
            await workspace.reset();
            const undo = () => void workspace.undo().catch((thrown: unknown) => explain(this.notices, thrown));
            this.notices.say("The files are as the lesson starts.", { label: "Undo", run: undo });
        } catch (thrown) {
            explain(this.notices, thrown);
        }
    }

    async startOver(): Promise<void> {
        await this.lesson.reset();
        await this.resetFiles();
        await this.restartMachine();
    }

    /** A link in a terminal: one of the machine's own addresses opens in the preview, any other in a new tab. */
    #follow(address: string): void {
        const target = parseTarget(address, undefined);
        if (target) this.preview.open(target.port, target.path);
        else window.open(address, "_blank", "noopener,noreferrer");
    }
}
