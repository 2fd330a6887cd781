/** A question to the student that holds something up until it is answered. */
export interface Asked {
    title: string;
    text: string;
    /** The answer that continues. */
    yes: string;
    /** The answer that leaves things as they are. */
    no: string;
}

export class Question {
    #asked = $state.raw<Asked>();
    #settle: (answer: boolean) => void = () => undefined;

    /** undefined: nothing is asked. */
    get asked(): Asked | undefined {
        return this.#asked;
    }

    /** Resolves to the answer; a newer question answers this one with no. */
    ask(question: Asked): Promise<boolean> {
        this.#settle(false);
        this.#asked = question;
        return new Promise(resolve => (this.#settle = resolve));
    }

    answer(yes: boolean): void {
        this.#asked = undefined;
        this.#settle(yes);
    }
}
