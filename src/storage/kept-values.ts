/**
 * Small values in localStorage, parsed when they are read. Where the browser blocks it, they last as long as the page.
 */
import { DrydockError } from "../base/errors";

/** The part of `Storage` that is used here. */
export interface TextStorage {
    getItem(key: string): string | null;
    setItem(key: string, text: string): void;
    removeItem(key: string): void;
}

export class KeptValues {
    #storage: TextStorage | undefined;
    readonly #memory = new Map<string, string>();

    /**
     * `open` may throw, as reading `localStorage` does where a site's data is blocked. `onDamage` is called for each
     * damaged value ("storage.value-damaged") while `read` runs.
     */
    constructor(
        open: () => TextStorage | undefined,
        private readonly onDamage: (error: DrydockError) => void = () => undefined,
    ) {
        try {
            this.#storage = open();
        } catch (thrown) {
            console.warn("The browser gives this page no localStorage.", thrown);
        }
    }

    /**
     * Parses the text kept under `key`; undefined if there is none. A text that makes `parse` throw is set aside.
     * `what` names the value to the student.
     */
    read<T>(key: string, what: string, parse: (text: string) => T): T | undefined {
        const text = this.#get(key);
        if (text === undefined) return undefined;
        try {
            return parse(text);
        } catch (thrown) {
            this.write(`${key}.damaged-${new Date().toISOString()}`, text);
            this.#remove(key);
            this.onDamage(
                new DrydockError(
                    "storage.value-damaged",
                    `The saved ${what} could not be read.`,
                    "Drydock starts afresh. The damaged data is set aside in this browser, not deleted.",
                    { cause: thrown },
                ),
            );
            return undefined;
        }
    }

    write(key: string, text: string): void {
        this.#memory.set(key, text);
        try {
            this.#storage?.setItem(key, text);
        } catch (thrown) {
            console.warn(`The browser does not keep ${key}; it lasts as long as the page.`, thrown);
        }
    }

    #get(key: string): string | undefined {
        try {
            return this.#memory.get(key) ?? this.#storage?.getItem(key) ?? undefined;
        } catch (thrown) {
            console.warn(`The browser does not give ${key}.`, thrown);
            return undefined;
        }
    }

    #remove(key: string): void {
        this.#memory.delete(key);
        try {
            this.#storage?.removeItem(key);
        } catch (thrown) {
            console.warn(`The browser does not remove ${key}.`, thrown);
        }
    }
}
