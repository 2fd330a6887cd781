import { expect, test } from "vitest";
import { StandInChoice } from "../../../src/app/stand-ins";
import type { DrydockError } from "../../../src/base/errors";
import { KeptValues, type TextStorage } from "../../../src/storage/kept-values";

function browser() {
    const values = new Map<string, string>();
    const storage: TextStorage = {
        getItem: key => values.get(key) ?? null,
        setItem: (key, text) => void values.set(key, text),
        removeItem: key => void values.delete(key),
    };
    const damage: DrydockError[] = [];
    return {
        values,
        damage,
        visit: () =>
            new StandInChoice(
                new KeptValues(
                    () => storage,
                    error => damage.push(error),
                ),
            ),
    };
}

test("off at first; what the student chose is kept for the next visit", () => {
    const { visit } = browser();
    const first = visit();
    expect([first.state.state, first.on.state]).toEqual(["off", false]);
    first.choose(true);
    expect([first.state.state, first.on.state]).toEqual(["student", true]);
    const second = visit();
    expect(second.on.state).toBe(true);
    second.choose(false);
    expect(visit().on.state).toBe(false);
});

test("a lesson turns them on for itself, and nothing of that is kept", () => {
    const { visit, values } = browser();
    const choice = visit();
    choice.lessonWants(true);
    expect([choice.state.state, choice.on.state]).toEqual(["lesson", true]);
    choice.choose(false);
    expect(choice.on.state).toBe(true);
    choice.lessonWants(false);
    expect([choice.state.state, choice.on.state]).toEqual(["off", false]);
    expect([...values.values()]).toEqual(["off"]);
});

test("a kept value that is none counts as off, and is told", () => {
    const { visit, values, damage } = browser();
    values.set("drydock.stand-ins", "perhaps");
    expect(visit().on.state).toBe(false);
    expect(damage.map(({ code }) => code)).toEqual(["storage.value-damaged"]);
});
