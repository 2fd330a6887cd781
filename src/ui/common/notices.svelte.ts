export interface NoticeAction {
    label: string;
    run(): void;
}
export interface Notice {
    id: number;
    tone: "plain" | "problem";
    text: string;
    advice?: string;
    action?: NoticeAction;
}

/** Long enough to read a sentence and reach "Undo". */
const SHOWN_MILLISECONDS = 9_000;

/** Of what a student should not miss although a command writes into the terminal meanwhile. */
export const LONG_SHOWN_MILLISECONDS = 30_000;

/** Short messages at the edge of the page. A problem stays until the student dismisses it. */
export class Notices {
    #list = $state.raw<readonly Notice[]>([]);
    #next = 1;

    get list(): readonly Notice[] {
        return this.#list;
    }

    say(text: string, action?: NoticeAction, milliseconds = SHOWN_MILLISECONDS): void {
        const id = this.#add({ tone: "plain", text, action });
        setTimeout(() => this.dismiss(id), milliseconds);
    }

    problem(text: string, advice?: string, action?: NoticeAction): void {
        if (this.#list.some(notice => notice.tone === "problem" && notice.text === text)) return;
        this.#add({ tone: "problem", text, advice, action });
    }

    dismiss(id: number): void {
        this.#list = this.#list.filter(notice => notice.id !== id);
    }

    #add(notice: Omit<Notice, "id">): number {
        const id = this.#next++;
        this.#list = [...this.#list.slice(-3), { id, ...notice }];
        return id;
    }
}
