/**
 * The running sandbox, built from the real parts: a machine, the guest opened on it, files and checks attached. A
 * restart replaces the machine; files, progress and panes stay.
 */
import type { Agent } from "../agent/agent";
import { openShell, type Shell, type ShellOptions } from "../agent/shell";
import { abortable, delay } from "../base/abort";
import { deferred, type Deferred } from "../base/deferred";
import { asDrydockError, isAbort, type DrydockError } from "../base/errors";
import { Lifetime, type Stop } from "../base/lifetime";
import { Store } from "../base/store";
import { openGuest, type Guest } from "../guest/guest";
import type { MachineNeeds } from "../lesson/lesson-address";
import { ownPythonHost } from "../internet/own-host";
import type { PreviewBridge } from "../preview/bridge";
import type { Network, Sandbox, SandboxState, Stall, TerminalShell } from "../ui/sandbox";
import type { Machine, MachineState } from "../vm/machine";
import { watchWallClock } from "../vm/wall-clock";
import { GuestWatch } from "../guest/guest-watch";
import { Lull } from "../guest/lull";
import { LessonInGuest, type GuestLesson } from "./lesson-in-guest";
import { mark, timeCommand, type TimedCommand } from "./marks";
import { startMachine, type Starting } from "./starting";
import { WarmUpRounds } from "../guest/warm-up/rounds";

export interface SessionOptions {
    /** Creates a fresh machine, not started. */
    createMachine(needs: MachineNeeds): Machine;
    /** What the machine given to `start` was made for. */
    needs: MachineNeeds;
    network: Network & { internet(request: Request): Promise<Response> };
    lesson: GuestLesson;
    openPreview(http: (port: number, request: Request) => Promise<Response>): PreviewBridge;
    /** Opens the guest and a shell in it; the real agent's if left out. */
    openGuest?: typeof openGuest;
    openShell?: (agent: Agent, options: ShellOptions) => Promise<SessionShell>;
}

/** What a terminal gets, and what the session listens to. */
export type SessionShell = TerminalShell & Pick<Shell, "events">;

/** For at most this long, nothing else competes with the first prompt for the processor. */
const PROMPT_MILLISECONDS = 5_000;

/**
 * Ports, checks and warm-up wait until the student has been idle for this long: they make a first command take half as
 * long again.
 */
const LULL_MILLISECONDS = 1_200;

export class Session implements Sandbox {
    readonly preview: PreviewBridge;
    readonly network: Network;
    readonly #options: SessionOptions;
    readonly #lesson: LessonInGuest;
    #needs: MachineNeeds;
    readonly #state = new Store<SandboxState>({ kind: "starting", stage: "emulator", loaded: 0, total: 0 });
    readonly stall = new Store<Stall | undefined>(undefined);
    readonly #watch = new GuestWatch(() => !document.hidden);
    readonly #warmUp = new WarmUpRounds({ pythonHost: ownPythonHost, visible: () => !document.hidden });
    #lull = new Lull();
    #guest = promised<Guest>();
    /** No prompt appears before the student's files are there. */
    #filesReady = promised<void>();
    /** The first prompt of this machine. */
    #prompted = promised<void>();
    #end: Stop = () => undefined;

    constructor(options: SessionOptions) {
        this.#options = options;
        this.#lesson = new LessonInGuest(options.lesson);
        this.#needs = options.needs;
        this.network = options.network;
        this.preview = options.openPreview(async (port, request) => {
            const { agent } = await abortable(this.#guest.promise, request.signal);
            return agent.http({ network: "tcp", host: "127.0.0.1", port }, request);
        });
    }

    get state(): SandboxState {
        return this.#state.state;
    }

    subscribe(listener: (state: SandboxState) => void): Stop {
        return this.#state.subscribe(listener);
    }

    get ports() {
        return this.#watch.ports;
    }

    get usage() {
        return this.#watch.usage;
    }

    get warmUp() {
        return this.#warmUp.state;
    }

    /** Follows a machine until it is ready. Never rejects; the state says how it ended. */
    async start({ machine, started }: Starting): Promise<void> {
        const lifetime = new Lifetime();
        const abort = new AbortController();
        this.#lull = new Lull();
        this.#end = lifetime.end;
        lifetime.add(() => void machine.stop());
        lifetime.add(machine.subscribe(state => this.#follow(state)));
        lifetime.add(() => abort.abort());
        this.#follow(machine.state);
        try {
            await abortable(started, abort.signal);
            mark("machine");
            this.#stage("agent");
            const open = this.#options.openGuest ?? openGuest;
            const guest = await open(machine, { internet: this.#options.network.internet, signal: abort.signal });
            lifetime.add(guest.close);
            lifetime.add(watchWallClock(() => void setClock(guest)));
            this.#stage("files");
            this.#guest.resolve(guest); // the first shell starts meanwhile
            lifetime.add(() => this.#lesson.leave());
            await abortable(this.#lesson.join(guest), abort.signal);
            mark("files");
            this.#ready(machine, false);
            this.#filesReady.resolve();
            await guest.engineReady(abort.signal);
            mark("engine");
            this.#lesson.engineUp();
            this.#ready(machine, true);
            await Promise.race([this.#prompted.promise, delay(PROMPT_MILLISECONDS, abort.signal)]);
            await this.#lull.reached(LULL_MILLISECONDS, abort.signal);
            machine.prefetch();
            lifetime.add(this.#watch.start(guest));
            lifetime.add(this.#warmUp.start(guest));
            this.#lesson.lesson.engine.checkSoon();
        } catch (thrown) {
            if (abort.signal.aborted || isAbort(thrown)) return;
            this.#fail(thrown);
        }
    }

    async openShell({
        terminal,
        columns,
        rows,
        signal,
    }: {
        terminal: number;
        columns: number;
        rows: number;
        signal?: AbortSignal;
    }): Promise<TerminalShell> {
        const { agent, machine } = await abortable(this.#guest.promise, signal);
        const open = this.#options.openShell ?? openShell;
        const opening = open(agent, { columns, rows });
        let shell: SessionShell;
        try {
            [shell] = await Promise.all([abortable(opening, signal), abortable(this.#filesReady.promise, signal)]);
        } catch (thrown) {
            opening.then(
                late => late.close(),
                () => undefined, // reported above
            );
            throw thrown;
        }
        let timed: TimedCommand | undefined;
        const ended = () => {
            if (!timed) return;
            timed = undefined;
            this.#lull.commandEnded();
            this.#warmUp.commandEnded();
        };
        shell.events.listen(event => {
            if (event.kind === "prompt") this.#seePrompt();
            else if (event.kind === "commandStarted") {
                timed = timeCommand(machine, event.command);
                this.#lull.commandStarted();
                this.#warmUp.commandStarted();
            } else {
                void timed?.end(event.code);
                ended();
                this.#lesson.lesson.engine.commandEnded({
                    command: event.command,
                    code: event.code,
                    at: Date.now(),
                    terminal,
                });
            }
        });
        shell.exit.then(ended, ended); // closed while a command was running: its end is not reported
        return shell;
    }

    giveWay(): Promise<void> {
        this.#lull.acted();
        return this.#warmUp.giveWay();
    }

    /** Changes to another lesson on the same machine. Resolves when its files are in the guest, if there is one. */
    async change(lesson: GuestLesson): Promise<void> {
        await this.#lesson.change(lesson);
        lesson.engine.checkSoon();
    }

    /** What the machine was made for. */
    get needs(): MachineNeeds {
        return this.#needs;
    }

    async restart(needs = this.#needs): Promise<void> {
        this.#needs = needs;
        this.#renew(new DOMException("The machine is being restarted.", "AbortError"));
        this.#state.set({ kind: "starting", stage: "emulator", loaded: 0, total: 0 });
        await this.start(startMachine(this.#options.createMachine(needs)));
    }

    #follow(state: MachineState): void {
        this.#tellStall(state.kind === "running" ? state.warning : undefined);
        if (state.kind === "starting") this.#state.set(state);
        else if (state.kind === "failed") this.#fail(state.error);
    }

    #tellStall(error: DrydockError | undefined): void {
        const since = this.stall.state?.since ?? Date.now();
        this.stall.set(error && { error, since });
    }

    #stage(stage: "agent" | "files"): void {
        this.#state.set({ kind: "starting", stage, loaded: 0, total: 0 });
    }

    #ready(machine: Machine, docker: boolean): void {
        const fallback = machine.state.kind === "running" ? machine.state.fallback : undefined;
        this.#state.set({ kind: "ready", docker, fallback });
    }

    #fail(thrown: unknown): void {
        if (this.#state.state.kind === "failed") return; // the first reason counts
        const error = asDrydockError(
            thrown,
            "session.failed",
            "The machine could not be started.",
            "Restart it. If that does not help, reload the page.",
        );
        this.#renew(error);
        this.#guest.reject(error);
        this.#state.set({ kind: "failed", error });
    }

    #seePrompt(): void {
        mark("prompt");
        this.#prompted.resolve();
    }

    /** Drops the old promises and makes new ones; anything waiting for them gets the reason. */
    #renew(reason: unknown): void {
        this.#guest.reject(reason);
        this.#filesReady.reject(reason);
        this.#end();
        this.#tellStall(undefined);
        this.#guest = promised<Guest>();
        this.#filesReady = promised<void>();
        this.#prompted = promised<void>();
    }
}

/** The computer has slept, or its clock was set: set the guest's clock too. */
async function setClock({ agent }: Guest): Promise<void> {
    try {
        await agent.setTime(Date.now());
    } catch (thrown) {
        console.warn("The guest's clock could not be set.", thrown); // a dead machine reports itself through its state
    }
}

/** A deferred promise that may reject without anybody waiting for it. */
function promised<T>(): Deferred<T> {
    const made = deferred<T>();
    made.promise.catch(() => undefined); // callers that wait still get the error
    return made;
}
