/** Joins the lesson that is open to the guest that is there. Either may give way to another; one exchange at a time. */
import { Lifetime } from "../base/lifetime";
import type { Guest } from "../guest/guest";
import type { LessonInHand } from "./open-lesson";

/** What of a lesson the guest has to do with. */
export type GuestLesson = Pick<LessonInHand, "workspace" | "checker" | "engine">;

/** What of a guest a lesson has to do with. */
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

    /** The guest to work in from now on. Resolves when it has the lesson's files; rejects when it does not take them. */
    join(guest: LessonGuest): Promise<void> {
        this.#guest = guest;
        this.#engineUp = false;
        return this.#inTurn();
    }

    /** The joined guest's Docker engine answers: checks can be made. */
    engineUp(): void {
        if (!this.#guest) return;
        this.#engineUp = true;
        this.#check(this.#guest, this.#joined);
    }

    /**
     * Another lesson: its files take the place of the former one's in the guest, which stays as it is otherwise. Resolves when
     * they have; rejects when the guest does not take them.
     */
    async change(lesson: GuestLesson): Promise<void> {
        const before = this.#lesson;
        this.#lesson = lesson;
        before.engine.rest();
        await before.workspace.idle(); // what is being written belongs to the files that leave
        await this.#inTurn();
    }

    /** The guest is gone. */
    leave(): void {
        this.#guest = undefined;
        this.#joined.end();
    }

    #inTurn(): Promise<void> {
        const done = this.#turn.then(() => this.#attach());
        this.#turn = done.catch(() => undefined); // told to who asked
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

    /** Has the present lesson's checks look at the guest, if they do not yet. */
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
