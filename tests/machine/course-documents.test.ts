/**
 * Course documents in the real guest, each line typed as it stands, with stand-ins on. At the end the test prints what each line gave:
 * "works", or who refused it ("here": this sandbox, which says why; "anywhere": the program, as on any computer), and its time.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { courseDocuments, type CourseDocument, type DocumentLine } from "./course-documents";
import { startWithInternet, type StartedMachine } from "./machine";
import { typeAll, wrongWith } from "./typed-lines";

let machine: StartedMachine;
const list: string[] = [];

beforeAll(async () => {
    machine = await startWithInternet([], { standIns: true });
});
afterAll(async () => {
    await machine?.stop();
    console.log(list.join("\n"));
});

/** What does not work must fail, and say why. */
const expecting = (document: CourseDocument): CourseDocument => ({
    ...document,
    lines: document.lines.map(line => (line.refused ? { ends: "badly", ...line } : line)),
});

test("what is refused is refused in words", () => {
    for (const { lines } of courseDocuments)
        for (const { refused, says, type } of lines)
            expect(refused === undefined || says !== undefined, type).toBe(true);
});

describe("every line of", { timeout: 3_600_000 }, () => {
    test.each(courseDocuments.map(document => [document.subject, document] as const))(
        "%s",
        async (subject, document) => {
            const wrong: string[] = [];
            list.push(`\n${subject}`);
            const heard = await typeAll(machine, expecting(document), one => {
                const fault = wrongWith(one);
                if (fault !== undefined) wrong.push(fault);
                const outcome = fault === undefined ? ((one.line as DocumentLine).refused ?? "works") : "WRONG";
                list.push(
                    `  ${outcome.padEnd(8)} ${(one.milliseconds / 1000).toFixed(1).padStart(6)} s  ${one.line.type}`,
                );
            });
            expect(wrong).toEqual([]);
            expect(heard.length).toBe(document.lines.length);
        },
    );
});
