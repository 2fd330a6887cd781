/**
 * Keeps a lesson to one tab. While another tab holds the lesson that the page was opened for, this page says so instead
 * of showing it. A lesson that the student has left for another one on the same page goes to any tab that opens it.
 */
import { mount, unmount } from "svelte";
import { DrydockError } from "../base/errors";
import { openClaim } from "../storage/claim/open-claim";
import type { LessonClaim } from "../storage/claim/lesson-claim";
import type { ClaimStore } from "../storage/stores";
import OpenElsewhere from "../ui/status/OpenElsewhere.svelte";
import { noteOpen } from "./tab";

export interface LessonTabsOptions {
    /** This tab's name. */
    tab: string;
    claims: ClaimStore;
    /** Runs before the lesson is handed to another tab. If it rejects, the lesson stays here. */
    save(lesson: string): Promise<void>;
    /** Another tab holds the lesson now. */
    onLost(lesson: string): void;
}

export class LessonTabs {
    readonly #claims = new Map<string, LessonClaim>();

    constructor(private readonly options: LessonTabsOptions) {
        const verify = () => {
            for (const claim of this.#claims.values()) void claim.verify();
        };
        addEventListener("pagehide", () => {
            for (const claim of this.#claims.values()) claim.leave();
        });
        // after a sleep, in which messages from other tabs may have been missed
        for (const event of ["resume", "visibilitychange"]) document.addEventListener(event, verify);
        addEventListener("pageshow", verify);
    }

    /**
     * The page's first lesson: resolves when this tab holds it. If another tab holds it, calls `onElsewhere` and then
     * says so in `target`.
     */
    async open(
        { id, title }: { id: string; title: string },
        { target, onElsewhere }: { target: HTMLElement; onElsewhere(): void },
    ): Promise<void> {
        const claim = openClaim(id, this.options.tab, this.options.claims);
        if (!(await claim.ask())) {
            onElsewhere();
            await waitOnPage(claim, title, target);
        }
        setMoved(false);
        this.#keep(id, claim);
    }

    /**
     * Another lesson on the same page, which keeps its machine. Rejects with "lesson.elsewhere" if another tab holds
     * it.
     */
    async claim(id: string): Promise<void> {
        const known = this.#claims.get(id);
        if (known) return known.rest(false);
        const claim = openClaim(id, this.options.tab, this.options.claims);
        if (!(await claim.ask())) {
            claim.close();
            throw new DrydockError(
                "lesson.elsewhere",
                "This lesson is open in another tab.",
                "Go to that tab, or close it and choose the lesson here again.",
            );
        }
        this.#keep(id, claim);
    }

    /** Names the lesson that the page shows; the others are handed over without asking. */
    show(id: string): void {
        for (const [lesson, claim] of this.#claims) claim.rest(lesson !== id);
    }

    #keep(id: string, claim: LessonClaim): void {
        this.#claims.set(id, claim);
        noteOpen(id, this.options.tab);
        claim.onGive(() => this.options.save(id));
        claim.state.subscribe(({ kind }) => {
            if (kind !== "lost") return;
            this.#claims.delete(id);
            claim.close();
            this.options.onLost(id);
        });
    }
}

/**
 * Reloads the page: that ends the machine and anything else that could still write. The new page then says that the
 * lesson has moved.
 */
export function startAnew(): void {
    setMoved(true);
    location.reload();
}

async function waitOnPage(claim: LessonClaim, lesson: string, target: HTMLElement): Promise<void> {
    const page = mount(OpenElsewhere, { target, props: { claim, lesson, moved: wasMoved() } });
    // the other tab may have been closed since: a student who looks at this tab wants the lesson here
    const look = () => void (document.hidden || claim.ask());
    const reload = () => location.reload();
    addEventListener("focus", look);
    document.addEventListener("visibilitychange", look);
    addEventListener("hashchange", reload);
    await new Promise<void>(resolve => {
        const stop = claim.state.subscribe(({ kind }) => {
            if (kind !== "here") return;
            stop();
            resolve();
        });
    });
    removeEventListener("focus", look);
    document.removeEventListener("visibilitychange", look);
    removeEventListener("hashchange", reload);
    await unmount(page);
}

/** Kept with this entry of the tab's history, so that the page can say after the reload what happened. */
interface PageState {
    lessonMoved?: boolean;
}

const wasMoved = (): boolean => (history.state as PageState | null)?.lessonMoved === true;

function setMoved(moved: boolean): void {
    if (moved !== wasMoved()) history.replaceState({ lessonMoved: moved } satisfies PageState, "");
}
