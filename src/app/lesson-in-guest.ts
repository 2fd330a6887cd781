/** Joins the open lesson to the guest that is running. Either may be replaced; one change at a time. */
import { Lifetime } from "../base/lifetime";
import type { Guest } from "../guest/guest";
import type { LessonInHand } from "./open-lesson";

/** The parts of a lesson that the guest is joined to. */
export type GuestLesson = Pick<LessonInHand, "workspace" | "checker" | "engine">;

/** The parts of a guest that a lesson is joined to. */
export type LessonGuest = Pick<Guest, "agent" | "docker" | "events">;

export class LessonInGuest {
    #lesson: GuestLesson;
    #guest: LessonGuest | undefined;
    #engineUp = false;
    #checked: GuestLesson | undefined;
    #joined = new Lifetime();
    #turn: Promise<void> = Promise.resolve();

    constructor(lesson: GuestLesson) {
        this.#lesson = lesson;
    }

    get lesson(): GuestLesson {
        return this.#lesson;
    }

    /** Works in this guest from now on. Resolves when it has the lesson's files; rejects if it does not accept them. */
    join(guest: LessonGuest): Promise<void> {
        this.#guest = guest;
        this.#engineUp = false;
        return this.#inTurn();
    }

    /** The joined guest's Docker engine answers, so checks can run. */
    engineUp(): void {
        if (!this.#guest) return;
        this.#engineUp = true;
        this.#check(this.#guest, this.#joined);
    }

    /**
     * Changes to another lesson: its files replace the previous one's in the guest, which otherwise stays as it is.
     * Resolves when they have; rejects if the guest does not accept them.
     */
    async change(lesson: GuestLesson): Promise<void> {
        const before = this.#lesson;
        this.#lesson = lesson;
        before.engine.rest();
        await before.workspace.idle(); // a file being written still belongs to the lesson that leaves
        await this.#inTurn();
    }

    /** The guest is gone. */
    leave(): void {
        this.#guest = undefined;
        this.#joined.end();
    }

    #inTurn(): Promise<void> {
        const done = this.#turn.then(() => this.#attach());
        this.#turn = done.catch(() => undefined); // the caller gets the error
        return done;
    }

    async #attach(): Promise<void> {
        const guest = this.#guest;
        const lesson = this.#lesson;
        this.#joined.end();
        const joined = new Lifetime();
        this.#joined = joined;
        if (!guest) return;
        joined.add(await lesson.workspace.attach(guest.agent.files));
        if (this.#guest !== guest) return joined.end();
        if (this.#engineUp) this.#check(guest, joined);
    }

    /** Points the current lesson's checks at the guest, unless they already are. */
    #check(guest: LessonGuest, joined: Lifetime): void {
        const lesson = this.#lesson;
        if (this.#checked === lesson) return;
        this.#checked = lesson;
        joined.add(lesson.checker.attach(guest));
        joined.add(() => {
            if (this.#checked === lesson) this.#checked = undefined;
        });
    }
}
