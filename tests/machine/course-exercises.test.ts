/** The exercises of course-exercises.ts in the real guest. Stand-ins are on, so that the names that courses use have an answer. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { courseExercises } from "./course-exercises";
import { startWithInternet, type StartedMachine } from "./machine";
import { typeAll, wrongWith } from "./typed-lines";

let machine: StartedMachine;

beforeAll(async () => {
    machine = await startWithInternet([], { standIns: true });
});
afterAll(async () => machine?.stop());

test.each(courseExercises.map(exercise => [exercise.title, exercise] as const))("%s", async (_, { image, set }) => {
    expect((await typeAll(machine, set(image))).flatMap(heard => wrongWith(heard) ?? [])).toEqual([]);
});
