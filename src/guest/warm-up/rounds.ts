/** Runs the warm-up while the student reads, and resumes it after the student was busy for a while. */
import type { Agent } from "../../agent/agent";
import { Lifetime, type Stop } from "../../base/lifetime";
import { Store } from "../../base/store";
import { createWarmUp, type WarmUp } from "./warm-up";

/** After this long without input, the student is taken to be reading. */
const IDLE_MILLISECONDS = 2_500;

/** A longer wait right after something was typed: the machine is probably busy with it, and more is likely to come. */
const AGAIN_MILLISECONDS = 6_000;

export interface WarmUpRoundsOptions {
    /** Host of a Python index whose requests are hidden from every list. */
    pythonHost: string;
    /** Whether the page is visible: a hidden page does not warm up. */
    visible(): boolean;
    /** Creates the warm-up of a guest; the real one if left out. */
    createWarmUp?: typeof createWarmUp;
}

export class WarmUpRounds {
    readonly #options: WarmUpRoundsOptions;
    readonly state = new Store<"idle" | "running" | "done">("idle");
    #warmUp: WarmUp | undefined;
    #timer: ReturnType<typeof setTimeout> | undefined;
    /** How many commands are running in terminals. */
    #busy = 0;

    constructor(options: WarmUpRoundsOptions) {
        this.#options = options;
    }

    /** Call this for a machine whose engine answers; runs until the returned stop is called. */
    start({ agent }: { agent: Agent }): Stop {
        const lifetime = new Lifetime();
        const { createWarmUp: create = createWarmUp } = this.#options;
        const warmUp = create(agent, { pythonHost: this.#options.pythonHost });
        this.#warmUp = warmUp;
        this.#busy = 0;
        lifetime.add(
            warmUp.subscribe(state => {
                this.state.set(state.kind === "warming" ? "running" : state.kind === "finished" ? "done" : "idle");
                if (state.kind === "finished" && state.problems.length > 0)
                    console.warn("Parts of the warm-up failed.", state.problems);
            }),
        );
        lifetime.add(() => {
            clearTimeout(this.#timer);
            this.#warmUp = undefined;
            this.state.set("idle");
        });
        this.#later(IDLE_MILLISECONDS);
        return lifetime.end;
    }

    /** The student acts. Resolves when nothing of the warm-up is left in the guest. */
    async giveWay(): Promise<void> {
        const warmUp = this.#warmUp;
        if (!warmUp) return;
        this.#later(AGAIN_MILLISECONDS);
        await warmUp.giveWay();
    }

    commandStarted(): void {
        this.#busy++;
        void this.giveWay();
    }

    commandEnded(): void {
        this.#busy = Math.max(0, this.#busy - 1);
        this.#later(AGAIN_MILLISECONDS);
    }

    #later(milliseconds: number): void {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => {
            if (this.#busy > 0 || !this.#options.visible()) this.#later(AGAIN_MILLISECONDS);
            else this.#warmUp?.start();
        }, milliseconds);
    }
}
