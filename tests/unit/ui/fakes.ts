/**
 * In-memory parts for the interface's tests: they implement our seams; the workspace and the engine are the real ones.
 */
import type { ShellState } from "../../../src/agent/shell";
import { encodeText, type Bytes } from "../../../src/base/bytes";
import { Store } from "../../../src/base/store";
import type { CheckStep } from "../../../src/engine/engine";
import { createEngine } from "../../../src/engine/lesson-engine";
import { createWorkspace } from "../../../src/workspace/create-workspace";
import { KeptValues } from "../../../src/storage/kept-values";
import { createMemoryStorage } from "../../../src/storage/memory";
import type { Workspace } from "../../../src/workspace/workspace";
import { treeOf } from "../../../src/lesson/file-tree";
import type { Lesson, Step } from "../../../src/lesson/lesson";
import type { CourseIndex, LessonName } from "../../../src/lesson/packed";
import type { PreviewBridge, PreviewLocation } from "../../../src/preview/bridge";
import { Settings } from "../../../src/ui/common/settings.svelte";
import type { Exchange } from "../../../src/internet/traffic";
import type { GuestUsage, PublishedPort } from "../../../src/guest/guest-watch";
import type { Network, Sandbox, SandboxState, Stall, StandInState, TerminalShell } from "../../../src/ui/sandbox";
import type { MakeScreen, TerminalScreen } from "../../../src/ui/terminal/terminals.svelte";
import { Workbench, type WorkbenchOptions } from "../../../src/ui/workbench.svelte";

export class FakeShell implements TerminalShell {
    readonly state = new Store<ShellState>({ kind: "prompt" });
    readonly typed: string[] = [];
    readonly output: ReadableStream<Bytes>;
    readonly exit: Promise<number>;
    #end!: (code: number) => void;
    #controller!: ReadableStreamDefaultController<Bytes>;

    constructor() {
        this.exit = new Promise(resolve => (this.#end = resolve));
        this.output = new ReadableStream({ start: controller => void (this.#controller = controller) });
    }

    async write(data: string | Uint8Array): Promise<void> {
        this.typed.push(String(data));
    }

    resize(): void {}

    close(): void {
        this.closed = true;
    }

    print(text: string): void {
        this.#controller.enqueue(encodeText(text));
    }

    closed = false;

    /** Ends the stream to the page with an error. */
    breakOff(reason: Error): void {
        this.state.set({ kind: "ended", code: undefined });
        this.#controller.error(reason);
    }

    end(code: number): void {
        this.state.set({ kind: "ended", code });
        this.#controller.close();
        this.#end(code);
    }
}

export class FakePreview implements PreviewBridge {
    readonly ready = Promise.resolve();
    readonly mode = "worker";
    readonly location = new Store<PreviewLocation | undefined>(undefined);
    readonly opened: string[] = [];

    attach = () => () => undefined;
    open = (port: number, path = "/") => void this.opened.push(`${port}${path}`);
    url = (port: number) => `http://preview.example/${port}`;
    reload = () => undefined;
    go = () => undefined;
    close = () => undefined;
}

export class FakeNetwork implements Network {
    readonly exchanges = new Store<readonly Exchange[]>([]);
    readonly online = new Store(false);

    clear = () => this.exchanges.set([]);
    setOnline = (on: boolean) => this.online.set(on);

    readonly standIns = new Store<StandInState>("off");
    setStandIns = (on: boolean) => this.standIns.set(on ? "student" : "off");
    lessonWantsStandIns = (on: boolean) => {
        if (on || this.standIns.state === "lesson") this.standIns.set(on ? "lesson" : "off");
    };
}

export class FakeSandbox extends Store<SandboxState> implements Sandbox {
    readonly preview = new FakePreview();
    readonly network = new FakeNetwork();
    readonly ports = new Store<readonly PublishedPort[]>([]);
    readonly usage = new Store<GuestUsage | undefined>(undefined);
    readonly warmUp = new Store<"idle" | "running" | "done">("idle");
    readonly stall = new Store<Stall | undefined>(undefined);
    readonly shells: FakeShell[] = [];
    restarts = 0;

    constructor(state: SandboxState = { kind: "ready", docker: true, fallback: undefined }) {
        super(state);
    }

    async openShell({ signal }: { signal?: AbortSignal }): Promise<TerminalShell> {
        while (this.state.kind !== "ready")
            await new Promise<void>((resolve, reject) => {
                const stop = this.subscribe(() => (stop(), resolve()));
                signal?.addEventListener("abort", () => (stop(), reject(signal.reason as Error)));
            });
        const shell = new FakeShell();
        this.shells.push(shell);
        return shell;
    }

    giveWay: () => Promise<void> = async () => undefined;

    restart = async () => void this.restarts++;
}

/** What a screen received, as text. */
export const shown: string[] = [];

export const makeScreen: MakeScreen = async () =>
    ({
        size: { columns: 80, rows: 24 },
        dark: false,
        screenReader: false,
        mount: () => () => undefined,
        focus: () => undefined,
        reset: () => void shown.push("(reset)"),
        dispose: () => undefined,
        write: (chunk, parsed) => {
            shown.push(typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk));
            parsed?.();
        },
    }) satisfies TerminalScreen;

export function makeStep(id: string, more: Partial<Step> = {}): Step {
    return {
        id,
        title: `Title of ${id}`,
        goal: `Goal of ${id}.`,
        prose: `Prose of **${id}**.`,
        points: 1,
        mode: "level",
        needs: [],
        expect: [{ kind: "file", spec: {} }],
        questions: [],
        why: {},
        hints: ["vague", "nearer", "exact"],
        solve: [],
        ...more,
    };
}

export function makeLesson(
    steps: Step[],
    start: Record<string, string> = {},
    solution: Record<string, string> = {},
): Lesson {
    return {
        id: "images/flask",
        title: "Flask in a container",
        summary: "A summary.",
        version: 1,
        difficulty: "beginner",
        minutes: 10,
        objectives: ["Build an image"],
        requires: { lessons: [], images: [], standIns: false, memory: 512 },
        open: { panes: ["editor", "terminal", "preview"], file: Object.keys(start)[0] },
        introduction: "Hello.",
        steps,
        start: treeOf(new Map(Object.entries(start))),
        solution: treeOf(new Map(Object.entries(solution))),
    };
}

export const passes: CheckStep = async step =>
    step.expect.map(({ kind }) => ({ kind, describes: "a file", result: { status: "pass", message: "It is there." } }));

export const fails: CheckStep = async step =>
    step.expect.map(({ kind }) => ({
        kind,
        describes: "the file app.py",
        result: {
            status: "fail",
            code: "file.missing",
            message: "There is no `app.py`.",
            expected: "a file `app.py`",
            found: "`App.py`",
            excerpt: "total 1\n<b>App.py</b>",
        },
    }));

/** The lesson after the current one. */
export const otherLesson: LessonName = { id: "images/layers", title: "What is in a layer" };

export interface Made {
    workbench: Workbench;
    sandbox: FakeSandbox;
    workspace: Workspace;
    settings: Settings;
    navigated: string[];
}

export async function makeWorkbench(
    lesson: Lesson,
    options: { check?: CheckStep; state?: SandboxState; picture?: WorkbenchOptions["picture"] } = {},
): Promise<Made> {
    const storage = createMemoryStorage();
    const workspace = await createWorkspace({ lesson: lesson.id, start: lesson.start, store: storage.workspace });
    const engine = await createEngine({ lesson, progress: storage.progress, check: options.check ?? fails });
    const sandbox = new FakeSandbox(options.state);
    const settings = new Settings(new KeptValues(() => undefined));
    const navigated: string[] = [];
    const index = new Store<CourseIndex | undefined>(undefined);
    const parts = [{ id: "images", title: "Images", summary: "", lessons: [] }];
    const workbench = new Workbench({
        lesson: { engine, workspace, part: { id: "images", title: "Images" }, next: otherLesson },
        course: {
            index,
            finished: new Store<ReadonlySet<string>>(new Set()),
            load: async () => index.set({ format: 1, parts }),
        },
        sandbox,
        settings,
        navigate: id => navigated.push(id),
        makeScreen,
        ...(options.picture && { picture: options.picture }),
    });
    return { workbench, sandbox, workspace, settings, navigated };
}
