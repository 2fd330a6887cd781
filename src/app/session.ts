/**
 * The running sandbox, made of the real parts: a machine, the guest opened on it, files and checks attached. A restart puts a
 * new machine in the old one's place; files, progress and panes stay.
 */
import { openShell } from "../agent/shell";
import { abortable } from "../base/abort";
import { asDrydockError, isAbort } from "../base/errors";
import { Lifetime, type Stop } from "../base/lifetime";
import { Store } from "../base/store";
import type { CommandRecord } from "../checks/check";
import type { DockerEvent } from "../docker/docker";
import { openGuest, type Guest } from "../engine/guest";
import type { StepChecker } from "../engine/step-checker";
import type { Workspace } from "../engine/workspace";
import type { PreviewBridge } from "../preview/bridge";
import type { Sandbox, SandboxState, TerminalShell } from "../ui/sandbox";
import type { Machine, MachineState } from "../vm/machine";
import { GuestWatch } from "./guest-watch";
import { mark, timeCommand, type TimedCommand } from "./marks";
import { WarmUpRounds } from "./warm-up-rounds";

export interface SessionOptions {
    /** A fresh machine, not started. */
    createMachine(): Machine;
    internet: (request: Request) => Promise<Response>;
    workspace: Workspace;
    checker: StepChecker;
    openPreview(http: (port: number, request: Request) => Promise<Response>): PreviewBridge;
    /** A command ended in a terminal. */
    onCommand(record: CommandRecord): void;
    /** What checks look at may have changed. */
    onChange(): void;
}

/** A machine that has been told to start. */
export interface Starting { machine: Machine; started: Promise<void> }

export function startMachine(machine: Machine): Starting {
    const started = machine.start();
    started.catch(() => undefined); // whoever waits for the guest hears of it
    return { machine, started };
}

export class Session implements Sandbox {
    readonly workspace: Workspace;
    readonly preview: PreviewBridge;
    readonly #options: SessionOptions;
    readonly #state = new Store<SandboxState>({ kind: "starting", stage: "emulator", loaded: 0, total: 0 });
    readonly #watch = new GuestWatch();
    readonly #warmUp = new WarmUpRounds();
    #guest = withResolvers<Guest>();
    #end: Stop = () => undefined;

    constructor(options: SessionOptions) {
        this.#options = options;
        this.workspace = options.workspace;
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

    /** Follows a machine until it is ready; resolves in any case, the state says what became of it. */
    async start({ machine, started }: Starting): Promise<void> {
        const lifetime = new Lifetime();
        const abort = new AbortController();
        this.#end = lifetime.end;
        lifetime.add(() => void machine.stop());
        lifetime.add(machine.subscribe(state => this.#follow(state)));
        lifetime.add(() => abort.abort());
        this.#follow(machine.state);
        try {
            await abortable(started, abort.signal);
            mark("machine");
            this.#stage("agent");
            const guest = await openGuest(machine, { internet: this.#options.internet, signal: abort.signal });
            lifetime.add(guest.close);
            this.#stage("files");
            lifetime.add(await abortable(this.workspace.attach(guest.agent.files), abort.signal));
            abort.signal.throwIfAborted();
            this.#ready(machine, false);
            this.#guest.resolve(guest);
            lifetime.add(this.#watch.start(guest));
            await guest.engineReady(abort.signal);
            mark("engine");
            lifetime.add(this.#options.checker.attach(guest, event => this.#heard(event)));
            this.#ready(machine, true);
            this.#watch.readPorts();
            lifetime.add(this.#warmUp.start(guest));
            this.#options.onChange();
        } catch (thrown) {
            if (abort.signal.aborted || isAbort(thrown)) return;
            this.#fail(thrown);
        }
    }

    async openShell({ terminal, columns, rows, signal }: { terminal: number; columns: number; rows: number; signal?: AbortSignal }): Promise<TerminalShell> {
        const { agent } = await abortable(this.#guest.promise, signal);
        const shell = await openShell(agent, { columns, rows });
        if (signal?.aborted) {
            shell.close();
            throw signal.reason;
        }
        const { machine } = await this.#guest.promise;
        let timed: TimedCommand | undefined;
        shell.events.listen(event => {
            if (event.kind === "prompt") mark("prompt");
            else if (event.kind === "commandStarted") {
                timed = timeCommand(machine, event.command);
                this.#warmUp.commandStarted();
            } else {
                void timed?.end(event.code);
                this.#warmUp.commandEnded();
                this.#options.onCommand({ command: event.command, code: event.code, at: Date.now(), terminal });
            }
        });
        return shell;
    }

    giveWay(): Promise<void> {
        return this.#warmUp.giveWay();
    }

    async restart(): Promise<void> {
        this.#guest.reject(new DOMException("The machine is being restarted.", "AbortError"));
        this.#end();
        this.#guest = withResolvers<Guest>();
        this.#state.set({ kind: "starting", stage: "emulator", loaded: 0, total: 0 });
        await this.start(startMachine(this.#options.createMachine()));
    }

    #follow(state: MachineState): void {
        if (state.kind === "starting") this.#state.set(state);
        else if (state.kind === "failed") this.#fail(state.error);
    }

    #stage(stage: "agent" | "files"): void {
        this.#state.set({ kind: "starting", stage, loaded: 0, total: 0 });
    }

    #ready(machine: Machine, docker: boolean): void {
        const fallback = machine.state.kind === "running" ? machine.state.fallback : undefined;
        this.#state.set({ kind: "ready", docker, fallback });
    }

    #fail(thrown: unknown): void {
        if (this.#state.state.kind === "failed") return; // the first reason is the reason
        const error = asDrydockError(thrown, "session.failed", "The machine could not be started.", "Restart it; if that does not help, reload the page.");
        this.#guest.reject(error);
        this.#end();
        this.#guest = withResolvers<Guest>();
        this.#guest.reject(error);
        this.#state.set({ kind: "failed", error });
    }

    #heard(event: DockerEvent): void {
        this.#watch.heard(event);
    }
}

/** One whose rejection nobody needs to have waited for. */
function withResolvers<T>(): PromiseWithResolvers<T> {
    const made = Promise.withResolvers<T>();
    made.promise.catch(() => undefined); // told to those who ask
    return made;
}
