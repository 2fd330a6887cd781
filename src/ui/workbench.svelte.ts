import { tick } from "svelte";
import { MediaQuery } from "svelte/reactivity";
import { Lifetime, type Stop } from "../base/lifetime";
import type { Readable } from "../base/store";
import type { SaveState } from "../workspace/workspace";
import { asText, filesOf } from "../lesson/file-tree";
import type { Lesson } from "../lesson/lesson";
import type { CourseIndex, LessonName } from "../lesson/packed";
import { copyText } from "./common/clipboard";
import { explain } from "./common/explain";
import { Question } from "./common/question.svelte";
import { Notices } from "./common/notices.svelte";
import type { Settings } from "./common/settings.svelte";
import { Watched } from "./common/watched.svelte";
import { Code } from "./editor/code.svelte";
import { Editor } from "./editor/editor.svelte";
import { LessonView } from "./lesson/lesson-view.svelte";
import type { ProseActions } from "./lesson/prose";
import { tellImages } from "./network/image-notices";
import { NetworkView } from "./network/network-view.svelte";
import { parseLinkTarget, parseTarget, PreviewView } from "./preview/preview-view.svelte";
import type { GuestUsage } from "../guest/guest-watch";
import type { OpenLesson } from "./open-lesson";
import type { Sandbox, SandboxState, Stall } from "./sandbox";
import { tellFallback, tellNotStored } from "./status/troubles";
import { Terminals, type MakeScreen } from "./terminal/terminals.svelte";

export type PaneName = "lesson" | "editor" | "terminal" | "preview" | "network";
/** Panes that a lesson may leave closed at its start; the right-hand side has a switch of its own. */
export type ClosablePane = "editor" | "terminal";
/** Panes that share the right-hand side. */
export type SidePaneName = "preview" | "network";
export const paneNames: readonly PaneName[] = ["lesson", "editor", "terminal", "preview", "network"];

export interface WorkbenchOptions {
    /** Shows problems from the very start, before there is a workbench. */
    notices?: Notices;
    /** The lesson to begin with. */
    lesson: OpenLesson;
    course: CourseMenu;
    sandbox: Sandbox;
    settings: Settings;
    /** Opens another lesson, or a step. */
    navigate(lesson: string, step?: string): void;
    /** Address of a picture of a lesson, by the lesson's id and the picture's path as the prose writes it. */
    picture?: (lesson: string, path: string) => string | undefined;
    /** How a terminal gets its screen; xterm.js when left out. */
    makeScreen?: MakeScreen;
}

/** All lessons, for the menu. */
export interface CourseMenu {
    /** undefined until it has been loaded. */
    readonly index: Readable<CourseIndex | undefined>;
    /** Ids of lessons that the student has finished before. */
    readonly finished: Readable<ReadonlySet<string>>;
    /** Call it when the menu is opened. Rejects with a DrydockError. */
    load(): Promise<unknown>;
}

/**
 * The parts of the interface that belong to one lesson. They remain when the student goes to another lesson, and keep
 * unsaved text.
 */
interface Desk {
    opened: OpenLesson;
    lesson: LessonView;
    editor: Editor;
    saved: Watched<SaveState>;
    /** Whether it is following the workspace. */
    begun: boolean;
}

/** The state of the whole interface. Components get it from their context. */
export class Workbench {
    readonly settings: Settings;
    readonly notices: Notices;
    readonly code: Code;
    readonly terminals: Terminals;
    readonly preview: PreviewView;
    readonly network: NetworkView;
    readonly proseActions: ProseActions;
    /** Asks whether to give up a machine that does not suit a lesson. */
    readonly freshMachine = new Question();
    readonly #pictureOf: WorkbenchOptions["picture"];
    helpShown = $state(false);
    #pane = $state<PaneName>("lesson");
    #side = $state<SidePaneName>("preview");
    #closed = $state.raw<ReadonlySet<PaneName>>(new Set());
    readonly #narrow = new MediaQuery("(max-width: 799px)");
    readonly #sandbox: Sandbox;
    readonly #navigate: WorkbenchOptions["navigate"];
    readonly #course: CourseMenu;
    readonly #index: Watched<CourseIndex | undefined>;
    readonly #finished: Watched<ReadonlySet<string>>;
    readonly #state: Watched<SandboxState>;
    readonly #usage: Watched<GuestUsage | undefined>;
    readonly #warmUp: Watched<"idle" | "running" | "done">;
    readonly #stall: Watched<Stall | undefined>;
    readonly #desks = new Map<OpenLesson, Desk>();
    readonly #lifetime = new Lifetime();
    #desk = $state.raw<Desk>() as Desk; // the constructor sets it

    constructor(options: WorkbenchOptions) {
        const { lesson, course, sandbox, settings, navigate, notices } = options;
        this.settings = settings;
        this.notices = notices ?? new Notices();
        this.#pictureOf = options.picture;
        this.#sandbox = sandbox;
        this.#navigate = navigate;
        this.#course = course;
        this.#index = new Watched(course.index);
        this.#finished = new Watched(course.finished);
        this.#state = new Watched(sandbox);
        this.#usage = new Watched(sandbox.usage);
        this.#warmUp = new Watched(sandbox.warmUp);
        this.#stall = new Watched(sandbox.stall);
        this.#desk = this.#deskOf(lesson);
        this.#openPanes(this.lesson.lesson);
        this.code = new Code(() => this.editor, this.notices);
        this.terminals = new Terminals({
            sandbox,
            settings,
            notices: this.notices,
            onLink: address => this.#follow(address),
            onCopy: text => void this.#copy(text),
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
            copy: text => this.#copy(text),
            openFile: (path, line) => void this.editor.show(path, { line }),
            openPort: (port, path) => this.preview.open(port, path),
            openLesson: (lesson, step) => this.openLesson(lesson, step),
            openStep: step => this.openStep(step),
        };
    }

    #deskOf(opened: OpenLesson): Desk {
        const known = this.#desks.get(opened);
        if (known) return known;
        const start = filesOf(opened.engine.state.lesson.start);
        const startText = (path: string) => {
            const content = start.get(path);
            return content instanceof Uint8Array ? asText(content) : content;
        };
        const editor = new Editor(opened.workspace, this.notices, startText, () => this.showPane("editor"));
        const lesson = new LessonView(opened.engine, this.#sandbox, this.notices, () => editor.saveAll());
        const desk = { opened, lesson, editor, saved: new Watched(opened.workspace.saved), begun: false };
        this.#desks.set(opened, desk);
        return desk;
    }

    get lesson(): LessonView {
        return this.#desk.lesson;
    }

    get editor(): Editor {
        return this.#desk.editor;
    }

    /** The part of the course that the lesson is in. */
    get part(): LessonName {
        return this.#desk.opened.part;
    }

    /** undefined until it has been loaded. */
    get course(): CourseIndex | undefined {
        return this.#index.state;
    }

    /** Whether a lesson of the course is finished. */
    isFinished(lesson: string): boolean {
        const desk = [...this.#desks.values()].find(one => one.lesson.lesson.id === lesson);
        return desk ? desk.lesson.state.finished : this.#finished.state.has(lesson);
    }

    get sandboxState(): SandboxState {
        return this.#state.state;
    }

    get usage(): GuestUsage | undefined {
        return this.#usage.state;
    }

    get saved(): SaveState {
        return this.#desk.saved.state;
    }

    get warmUp(): "idle" | "running" | "done" {
        return this.#warmUp.state;
    }

    get stall(): Stall | undefined {
        return this.#stall.state;
    }

    /** Pictures of the lesson that is shown. */
    readonly picture = (path: string): string | undefined => this.#pictureOf?.(this.lesson.lesson.id, path);

    /** Opens the panes that the lesson wants at its start. */
    #openPanes({ open: { panes } }: Lesson): void {
        const closable: readonly ClosablePane[] = ["editor", "terminal"];
        this.#closed = new Set(closable.filter(pane => !panes.includes(pane)));
        this.settings.previewAtStart = panes.includes("preview");
    }

    /** Whether the pane is visible when panes are side by side. */
    isOpen(pane: ClosablePane): boolean {
        return !this.#closed.has(pane);
    }

    /** One pane at a time, as tabs. */
    get narrow(): boolean {
        return this.#narrow.current;
    }

    get pane(): PaneName {
        return this.#pane;
    }

    /** What the right-hand side shows when panes are side by side. */
    get side(): SidePaneName {
        return this.#side;
    }

    get nextLesson(): LessonName | undefined {
        return this.#desk.opened.next;
    }

    /** Opens the first terminal and the first file. Then, after the first paint, loads the editor's code. `step`: the step to begin with. */
    start(step?: string): Stop {
        this.#arrive(step);
        this.#lifetime.add(tellFallback(this.#sandbox, this.notices));
        this.#lifetime.add(tellImages(this.#sandbox.network, this.notices));
        this.terminals.open();
        const flush = () => void this.#saveAll();
        // a hidden page may never be shown again, and a closing page has little time
        for (const event of ["pagehide", "visibilitychange"]) {
            addEventListener(event, flush, { capture: true });
            this.#lifetime.add(() => removeEventListener(event, flush, { capture: true }));
        }
        return this.#lifetime.end;
    }

    /** Replaces the current lesson with another. Terminals, preview and network stay. */
    change(opened: OpenLesson, step?: string): void {
        this.#desk = this.#deskOf(opened);
        this.showPane("lesson");
        this.#arrive(step);
    }

    /** Saves what has been typed; a file whose text conflicts with another waits for the student. */
    #saveAll(): Promise<unknown> {
        return Promise.all([...this.#desks.values()].map(desk => desk.editor.saveAll()));
    }

    #arrive(step: string | undefined): void {
        const { lesson, editor } = this;
        this.#sandbox.network.lessonWantsStandIns(lesson.lesson.requires.standIns);
        if (!this.#desk.begun) {
            this.#desk.begun = true;
            this.#openPanes(lesson.lesson);
            this.#lifetime.add(editor.start());
            this.#lifetime.add(tellNotStored(this.#desk.opened.workspace, this.notices));
        }
        const { file } = lesson.lesson.open;
        if (editor.open.length === 0 && file !== undefined && editor.has(file)) void editor.show(file, { quiet: true });
        if (step !== undefined && lesson.lesson.steps.some(one => one.id === step)) this.openStep(step);
        else if (lesson.passed > 0) this.openStep(lesson.current.id); // back from an earlier visit
    }

    /** Call it when the lesson menu is opened. */
    async loadCourse(): Promise<void> {
        try {
            await this.#course.load();
        } catch (thrown) {
            explain(this.notices, thrown);
        }
    }

    showPane(pane: PaneName): void {
        this.#pane = pane;
        if (this.#closed.has(pane)) this.#closed = new Set([...this.#closed].filter(other => other !== pane));
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
            this.notices.say("The machine is still starting. The command will run as soon as there is a prompt.");
        else if (this.sandboxState.kind === "failed")
            this.notices.problem("The machine is not running.", "Restart it, and the command will run.", {
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

    /** Resets the files to the lesson's start, and offers to undo it. */
    async resetFiles(): Promise<void> {
        const { workspace } = this.#desk.opened;
        try {
            await this.editor.saveAll();
            await workspace.reset();
            const undo = () => void workspace.undo().catch((thrown: unknown) => explain(this.notices, thrown));
            this.notices.say("The files are back to the start of the lesson.", { label: "Undo", run: undo });
        } catch (thrown) {
            explain(this.notices, thrown);
        }
    }

    async startOver(): Promise<void> {
        await this.lesson.reset();
        await this.resetFiles();
        await this.restartMachine();
    }

    /** Resolves to true if the text is on the clipboard. */
    async #copy(text: string): Promise<boolean> {
        try {
            await copyText(text);
            return true;
        } catch (thrown) {
            explain(this.notices, thrown);
            return false;
        }
    }

    /** A link in a terminal: one of the machine's own addresses opens in the preview, any other in a new tab. */
    #follow(address: string): void {
        const target = parseLinkTarget(address) ?? parseTarget(address, undefined);
        if (target) this.preview.open(target.port, target.path);
        else if (/^https?:/i.test(address)) window.open(address, "_blank", "noopener,noreferrer");
    }
}
