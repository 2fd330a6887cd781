/**
 * Follows the page's address from lesson to lesson. The machine, its terminals and everything that runs in it stay; the
 * lesson's text, progress and files are swapped. Only a lesson that does not fit the machine gets a fresh one, once the
 * student has agreed.
 */
import type { MachineNeeds } from "../lesson/lesson-address";
import { USUAL_MEMORY } from "../lesson/schema";
import type { Workbench } from "../ui/workbench.svelte";
import { explain } from "../ui/common/explain";
import { addressOf, parseAddress, type Address } from "./address";
import type { LessonTabs } from "./lesson-tabs";
import type { Lessons, LoadedLesson } from "./lessons";
import type { LessonInHand } from "./open-lesson";
import type { Session } from "./session";

/** The page's address bar. */
export interface AddressBar {
    readonly hash: string;
    /** Replaces the current address without adding an entry to the history. */
    replace(hash: string): void;
}

export interface LessonChangesOptions {
    lessons: Pick<Lessons, "load">;
    /** undefined: nothing is kept that another tab could overwrite. */
    tabs: Pick<LessonTabs, "claim" | "show"> | undefined;
    /** Opens a lesson for the first time. */
    open(loaded: LoadedLesson): Promise<LessonInHand>;
    workbench: Pick<Workbench, "change" | "openStep" | "notices" | "freshMachine" | "editor" | "terminals">;
    session: Pick<Session, "change" | "restart" | "needs">;
    address: AddressBar;
    /** The lesson that is open. */
    present: LessonInHand;
    /** The lesson for an address that names none. */
    first: string;
}

export class LessonChanges {
    readonly #options: LessonChangesOptions;
    /** Lessons opened since the page was loaded: each continues where it was left. */
    readonly #opened = new Map<string, LessonInHand>();
    #present: LessonInHand;
    #turn: Promise<void> = Promise.resolve();

    constructor(options: LessonChangesOptions) {
        this.#options = options;
        this.#present = options.present;
        this.#opened.set(idOf(options.present), options.present);
    }

    get present(): LessonInHand {
        return this.#present;
    }

    /** The lesson, if it has been opened since the page was loaded. */
    opened(id: string): LessonInHand | undefined {
        return this.#opened.get(id);
    }

    /** Another tab holds the lesson, so the next visit reads it again. False if it is the lesson on show. */
    forget(id: string): boolean {
        if (id === idOf(this.#present)) return false;
        this.#opened.delete(id);
        return true;
    }

    /** Call this when the address has changed. Resolves when the page shows what it names, or says why it does not. */
    follow(): Promise<void> {
        this.#turn = this.#turn.then(() => this.#follow());
        return this.#turn;
    }

    async #follow(): Promise<void> {
        const { address, workbench, first } = this.#options;
        // several changes at once (back, back): only the last counts, and the address now holds it
        const wanted = parseAddress(address.hash) ?? { lesson: first, step: undefined };
        if (wanted.lesson === idOf(this.#present)) {
            const { lesson } = this.#present.engine.state;
            if (lesson.steps.some(({ id }) => id === wanted.step)) workbench.openStep(wanted.step!);
            return;
        }
        try {
            if (!(await this.#change(wanted))) this.#stay();
        } catch (thrown) {
            this.#stay();
            explain(workbench.notices, thrown);
        } finally {
            this.#options.tabs?.show(idOf(this.#present));
        }
    }

    /**
     * False if the student would rather stay. Rejects if the lesson cannot be loaded; the current one is then still
     * open.
     */
    async #change({ lesson: id, step }: Address): Promise<boolean> {
        const { tabs, workbench, session } = this.#options;
        const known = this.#opened.get(id);
        const open = known ? async () => known : await this.#load(id);
        await tabs?.claim(id); // before its files and progress are read
        const next = await open();
        const { lesson } = next.engine.state;
        const fresh = !suffices(session.needs, { memory: lesson.requires.memory });
        if (fresh && !(await workbench.freshMachine.ask(freshQuestion(lesson.title, lesson.requires.memory))))
            return false;
        await workbench.editor.saveAll();
        const before = this.#present.engine.state.lesson;
        this.#present = next;
        this.#opened.set(id, next);
        workbench.change(next, step);
        if (fresh) {
            const restarted = session.restart({ memory: lesson.requires.memory });
            workbench.terminals.restartAll();
            await Promise.all([session.change(next), restarted]);
        } else {
            workbench.notices.say(
                `/workspace has the files of "${lesson.title}" now. Your files of "${before.title}" are kept for when you come back. Containers and images stay.`,
            );
            await session.change(next);
        }
        return true;
    }

    async #load(id: string): Promise<() => Promise<LessonInHand>> {
        const { lessons, open } = this.#options;
        const loaded = await lessons.load(id);
        return () => open(loaded);
    }

    /** Makes the address name what is shown again. */
    #stay(): void {
        this.#options.address.replace(addressOf(idOf(this.#present)));
    }
}

const idOf = ({ engine }: LessonInHand): string => engine.state.lesson.id;

/** More memory than a lesson asks for does no harm, and the student's containers are worth more. */
const suffices = (has: MachineNeeds, needs: MachineNeeds): boolean =>
    (has.memory ?? USUAL_MEMORY) >= (needs.memory ?? USUAL_MEMORY);

const freshQuestion = (title: string, memory: number) => ({
    title: "Start a fresh machine?",
    text: `"${title}" needs a machine with ${memory} MB of memory, more than this one has. The fresh machine starts without the containers and images that you made; files and progress are kept.`,
    yes: "Start a fresh machine",
    no: "Stay here",
});
