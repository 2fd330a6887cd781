/**
 * Without Web Locks, a record in the database says which tab holds the lesson. The tab itself answers whether it is
 * alive. A tab that was closed has removed its record; a tab that crashed, or that the browser has frozen, does not
 * answer.
 */
import { Signal } from "../../base/store";
import type { ClaimStore } from "../stores";
import { ANSWER_MILLISECONDS, type LessonLock } from "./lock";
import { holderKeeps, type Channel } from "./messages";

export interface RecordedLockParts {
    lesson: string;
    tab: string;
    channel: Channel;
    claims: ClaimStore;
}

export class RecordedLock implements LessonLock {
    readonly lost = new Signal<void>();
    #held = false;

    constructor(private readonly parts: RecordedLockParts) {
        parts.channel.listen(message => {
            if (message.kind === "taken") this.#lose();
        });
    }

    async get(): Promise<boolean> {
        const { lesson, tab, channel, claims } = this.parts;
        let holder = await claims.holder(lesson);
        if (holder !== undefined && holder !== tab) {
            if (await holderKeeps(channel, tab, ANSWER_MILLISECONDS)) return false;
            if ((await claims.holder(lesson)) === tab) holder = tab; // it was handed over
        }
        this.#held = await claims.pass(lesson, holder, tab); // false: a third tab was quicker
        return this.#held;
    }

    receive(signal: AbortSignal): Promise<boolean> {
        const { tab, channel } = this.parts;
        return new Promise(resolve => {
            const settle = (given: boolean) => {
                stop();
                this.#held = given;
                resolve(given);
            };
            const stop = channel.listen(message => message.kind === "given" && message.to === tab && settle(true));
            signal.addEventListener("abort", () => settle(this.#held), { once: true });
        });
    }

    async seize(): Promise<void> {
        const { lesson, tab, channel, claims } = this.parts;
        await claims.take(lesson, tab);
        this.#held = true;
        channel.post({ kind: "taken", from: tab });
    }

    async give(to: string): Promise<void> {
        const { lesson, tab, channel, claims } = this.parts;
        this.#held = false;
        if (await claims.pass(lesson, tab, to)) channel.post({ kind: "given", to });
    }

    async verify(): Promise<boolean> {
        const { lesson, tab, claims } = this.parts;
        if (this.#held && (await claims.holder(lesson)) !== tab) this.#lose();
        return this.#held;
    }

    leave(): void {
        if (!this.#held) return;
        const { lesson, tab, claims } = this.parts;
        this.#held = false;
        claims.pass(lesson, tab, undefined).catch(() => undefined); // on failure the record stays, like that of a crashed tab
    }

    #lose(): void {
        if (!this.#held) return;
        this.#held = false;
        this.lost.emit();
    }
}
