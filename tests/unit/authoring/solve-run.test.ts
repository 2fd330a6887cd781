import { expect, test } from "vitest";
import type { ExpectationResult } from "../../../src/checks/check";
import { resultsOf, runSolution, type SolveTarget } from "../../../src/authoring/solve-run";
import { parseCourse } from "../../../src/lesson/parse";
import { course, kinds } from "../lesson/fixture";

const lesson = parseCourse(course(), kinds).course.parts[0]!.lessons[0]!;

/** A machine in which a file or an image exists once it has been written or built. */
function fakeTarget(change: Partial<SolveTarget> = {}): SolveTarget & { log: string[] } {
    const log: string[] = [];
    const there = new Set<string>();
    return {
        log,
        write: async (path, content) => {
            log.push(`write ${path} ${String(content).length}`);
            there.add(path);
        },
        type: async line => {
            log.push(`type ${line}`);
            if (line.startsWith("docker build")) there.add("small");
            return { code: 0, output: "done" };
        },
        check: async (step, { answers, commands }) => {
            log.push(`check ${step.id} after ${commands.length} commands`);
            return step.expect.map(({ kind, spec }): ExpectationResult => {
                const { path, ref, question, is } = spec as Record<string, string>;
                const holds = kind === "answer" ? answers.get(question!) === is : there.has((path ?? ref)!);
                return {
                    kind,
                    describes: kind,
                    result: holds
                        ? { status: "pass", message: "" }
                        : { status: "fail", code: `${kind}.missing`, message: `no ${kind}`, expected: "", found: "" },
                };
            });
        },
        instructions: async () => 0,
        ...change,
    };
}

test("each step is checked, solved and checked again, in order", async () => {
    const target = fakeTarget();
    const reports = await runSolution(lesson, target);
    expect(target.log).toEqual([
        "check write after 0 commands",
        "write app.py 15",
        "check write after 0 commands",
        "check build after 0 commands",
        "type docker build -t small .",
        "check build after 1 commands",
    ]);
    expect(reports.map(report => report.problem)).toEqual([undefined, undefined]);
    const results = resultsOf(lesson, [reports, reports]);
    expect(results).toMatchObject({ version: 3, status: "pass", message: null, points: { earned: 3, possible: 3 } });
    expect(results.tests.map(one => `${one.name} ${one.status} ${one.task_id}`)).toEqual(
        [1, 2].flatMap(run => [
            `run ${run}: Write the file: fails before its solution pass 1`,
            `run ${run}: Write the file: file pass 1`,
            `run ${run}: Build it: fails before its solution pass 2`,
            `run ${run}: Build it: image pass 2`,
            `run ${run}: Build it: answer pass 2`,
        ]),
    );
});

test("a step that passes before its solution is not in order, and the rest is not reached", async () => {
    const target = fakeTarget({
        check: async step =>
            step.expect.map(({ kind }) => ({ kind, describes: kind, result: { status: "pass", message: "" } })),
    });
    const reports = await runSolution(lesson, target);
    expect(reports).toMatchObject([{ step: "write", problem: "Its checks pass before its solution." }]);
    const results = resultsOf(lesson, [reports]);
    expect(results).toMatchObject({ status: "fail", points: { earned: 0, possible: 3 } });
    expect(results.tests.map(one => one.status)).toEqual(["fail", "fail"]);
});

test("a solution that does not work names the check", async () => {
    const reports = await runSolution(
        lesson,
        fakeTarget({ type: async () => ({ code: 1, output: "ERROR: failed to build" }) }),
    );
    expect(reports.map(report => report.problem)).toEqual([
        undefined,
        "Its checks fail after its solution: image: no image",
    ]);
    expect(resultsOf(lesson, [reports])).toMatchObject({
        status: "fail",
        message: "no image",
        points: { earned: 1, possible: 3 },
    });
});

test("checks that cannot run, and a machine that goes away, are reported", async () => {
    const broken = fakeTarget({
        check: async step => [
            {
                kind: "file",
                describes: "the file",
                result: { status: "error", code: "docker.away", message: `${step.id} away` },
            },
        ],
    });
    expect((await runSolution(lesson, broken))[0]!.problem).toBe("Its checks cannot run: the file: write away");
    const gone = fakeTarget({ write: () => Promise.reject(new Error("The machine stopped.")) });
    expect((await runSolution(lesson, gone))[0]!.problem).toBe("The machine stopped.");
});

test("no run does not count as a pass", () => {
    expect(resultsOf(lesson, []).status).not.toBe("pass");
});
