/** Whether images may stand in for those that are missing: the student's choice, which this browser keeps, or the open lesson's wish. */
import { Store, type Readable } from "../base/store";
import type { KeptValues } from "../storage/kept-values";
import type { StandInState } from "../ui/sandbox";

const KEY = "drydock.stand-ins";

function parse(text: string): boolean {
    if (text !== "on" && text !== "off") throw new TypeError(`${JSON.stringify(text)} is neither on nor off`);
    return text === "on";
}

export class StandInChoice {
    readonly #state = new Store<StandInState>("off");
    readonly #on = new Store(false);
    #student: boolean;
    #lesson = false;

    constructor(private readonly kept: Pick<KeptValues, "read" | "write">) {
        this.#student = kept.read(KEY, "choice about stand-ins", parse) ?? false;
        this.#update();
    }

    get state(): Readable<StandInState> {
        return this.#state;
    }

    get on(): Readable<boolean> {
        return this.#on;
    }

    choose(on: boolean): void {
        this.#student = on;
        this.kept.write(KEY, on ? "on" : "off");
        this.#update();
    }

    lessonWants(on: boolean): void {
        this.#lesson = on;
        this.#update();
    }

    #update(): void {
        this.#state.set(this.#lesson ? "lesson" : this.#student ? "student" : "off");
        this.#on.set(this.#lesson || this.#student);
    }
}
