/**
 * Only one tab at a time holds a lesson: two would overwrite each other's files and progress. Another tab waits,
 * without a machine, until the student wants the lesson there. The tab that holds it then saves its work, hands the
 * lesson over, and stops.
 */
import { messageOf } from "../../base/errors";
import { Store, type Readable } from "../../base/store";
import type { LessonLock } from "./lock";
import type { Channel, Message } from "./messages";

export type ClaimState =
    /** Not known yet. */
    | { kind: "asking" }
    /** Another tab holds it. `refusal`: what that tab could not save when it was asked for the lesson. */
    | { kind: "elsewhere"; refusal: string | undefined }
    /** The other tab is saving its work. */
    | { kind: "taking" }
    | { kind: "here" }
    /** Another tab has taken it, for good: a page that has lost a lesson does not get it back. */
    | { kind: "lost" };

/** A tab that has not answered by then is frozen or dead. Milliseconds. */
const HEARD_MILLISECONDS = 2_000;

/** A save that takes longer than this has hung. Milliseconds. */
const SAVE_MILLISECONDS = 15_000;

export interface LessonClaimParts {
    tab: string;
    channel: Channel;
    lock: LessonLock;
}

export class LessonClaim {
    readonly #store = new Store<ClaimState>({ kind: "asking" });
    #save: () => Promise<void> = async () => undefined;
    #asking: Promise<boolean> | undefined;
    #giving = false;
    #resting = false;

    constructor(private readonly parts: LessonClaimParts) {
        parts.channel.listen(message => this.#hear(message));
        parts.lock.lost.listen(() => this.#store.set({ kind: "lost" }));
    }

    get state(): Readable<ClaimState> {
        return this.#store;
    }

    /**
     * What to do before the lesson is handed over. If it rejects, the lesson stays here and the other tab shows the
     * reason.
     */
    onGive(save: () => Promise<void>): void {
        this.#save = save;
    }

    /** Takes the lesson if it is free. Resolves to whether this tab now holds it. */
    ask(): Promise<boolean> {
        this.#asking ??= this.#ask().finally(() => (this.#asking = undefined));
        return this.#asking;
    }

    /** Takes the lesson from the tab that holds it. `force`: even if that tab could not save everything. */
    async take({ force = false } = {}): Promise<void> {
        await this.#asking;
        if (!this.#is("elsewhere")) return;
        this.#store.set({ kind: "taking" });
        const answer = force ? "silence" : await this.#receive();
        if (typeof answer === "object") return this.#store.set({ kind: "elsewhere", refusal: answer.refusal });
        if (answer === "silence") await this.parts.lock.seize();
        this.#store.set({ kind: "here" });
    }

    /** Call this when the page wakes up: while it slept, it heard nothing. */
    async verify(): Promise<void> {
        if (this.#is("here") && !(await this.parts.lock.verify())) this.#store.set({ kind: "lost" });
    }

    /** While this tab rests (the page shows another lesson), any tab that opens this lesson gets it. */
    rest(resting: boolean): void {
        this.#resting = resting;
    }

    /** Stops listening to the other tabs. */
    close(): void {
        this.parts.channel.close();
    }

    /** Call this when the page is going away. */
    leave(): void {
        this.parts.lock.leave();
    }

    async #ask(): Promise<boolean> {
        if (!this.#is("asking") && !this.#is("elsewhere")) return this.#is("here");
        let free = true;
        try {
            free = await this.parts.lock.get();
        } catch (thrown) {
            // opening a lesson twice is better than not opening it at all
            console.warn(`Drydock could not see whether another tab has this lesson: ${messageOf(thrown)}`);
        }
        if (free) this.#store.set({ kind: "here" });
        else if (this.#is("asking")) this.#store.set({ kind: "elsewhere", refusal: undefined });
        return free;
    }

    async #receive(): Promise<"given" | "silence" | { refusal: string }> {
        const { tab, channel, lock } = this.parts;
        const waiting = new AbortController();
        const giveUp = () => waiting.abort();
        let timer = setTimeout(giveUp, HEARD_MILLISECONDS);
        let refusal: string | undefined;
        const stop = channel.listen(message => {
            if (message.kind === "saving" && message.to === tab) {
                clearTimeout(timer);
                timer = setTimeout(giveUp, SAVE_MILLISECONDS);
            } else if (message.kind === "refused" && message.to === tab) {
                refusal = message.reason;
                giveUp();
            }
        });
        const receiving = lock.receive(waiting.signal);
        channel.post({ kind: "give", from: tab });
        try {
            if (await receiving) return "given";
            return refusal === undefined ? "silence" : { refusal };
        } finally {
            clearTimeout(timer);
            stop();
        }
    }

    #hear(message: Message): void {
        if (!this.#is("here")) return;
        if (message.kind === "give" || (message.kind === "ask" && this.#resting)) void this.#give(message.from);
        else if (message.kind === "ask") this.parts.channel.post({ kind: "here", to: message.from });
    }

    async #give(to: string): Promise<void> {
        if (this.#giving) return;
        this.#giving = true;
        const { channel, lock } = this.parts;
        try {
            await this.verify(); // a tab that was asleep gets this message late
            if (!this.#is("here")) return;
            channel.post({ kind: "saving", to });
            await this.#save();
            if (!this.#is("here")) return; // another tab has taken it by force
            await lock.give(to);
            this.#store.set({ kind: "lost" });
        } catch (thrown) {
            channel.post({ kind: "refused", to, reason: messageOf(thrown) });
        } finally {
            this.#giving = false;
        }
    }

    #is(kind: ClaimState["kind"]): boolean {
        return this.#store.state.kind === kind;
    }
}
