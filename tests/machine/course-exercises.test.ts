/** The exercises of course-exercises.ts in the real guest. Stand-ins are on, so that the names that courses use have an answer. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { courseExercises } from "./course-exercises";
import { startWithInternet, type StartedMachine } from "./machine";
import { typeAll, wrongWith } from "./typed-lines";

let machine: StartedMachine;

beforeAll(async () => {
    machine = await startWithInternet([], { standIns: true });
});
afterAll(async () => machine?.stop());

describe("exercise", { timeout: 3_600_000 }, () => {
    test.each(courseExercises.map(exercise => [exercise.title, exercise] as const))("%s", async (_, exercise) => {
        const set = exercise.set(exercise.image);
        const heard = await typeAll(machine, set);
        expect(heard.flatMap(one => wrongWith(one) ?? [])).toEqual([]);
        expect(heard.length).toBe(set.lines.length);
    });
});
