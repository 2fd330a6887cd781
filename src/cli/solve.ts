/** `solve [lesson…]`: runs each lesson's solution in the real machine. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { checkKinds } from "../checks/registry";
import type { Lesson } from "../lesson/lesson";
import { parseCourse } from "../lesson/parse";
import type { Command } from "./command";
import { usage } from "../host/usage";
import { formatProblems } from "../authoring/lint";
import { chooseLessons, lessonFolders, readLessons } from "../authoring/read-lessons";
import { resultsOf, runSolution, type StepReport } from "../authoring/solve-run";
import { openTarget } from "../authoring/solve-target";

export const solve: Command = {
    name: "solve",
    summary: "type each lesson's solution into the real machine; each step must fail before it and pass after it",
    help: `npm run drydock -- solve [--runs N] [--json] [--output FOLDER] [--verbose] [lesson…]

Starts a fresh machine with the lesson's files. For each step, its checks must fail; then the step's section of solve.sh is typed
into a terminal; then its checks must pass. Each lesson runs twice, each time in a fresh machine. Name a lesson by its id
(images/flask) or its folder; without names it solves all. Exits with status 1 if a lesson is broken.

  --runs N          how many times (default 2)
  --json            print {lessons: [{lesson, seconds, steps, results}]}; results have the form of Exercism's results.json, version 3
  --output FOLDER   also write <lesson>.results.json there
  --verbose         show what the terminal printed`,

    async run(argv) {
        const options = {
            runs: { type: "string", default: "2" },
            json: { type: "boolean", default: false },
            output: { type: "string" },
            verbose: { type: "boolean", default: false },
        } as const;
        const { values, positionals } = parseArgs({ args: argv, allowPositionals: true, options });
        const runs = Number(values.runs);
        if (!(Number.isInteger(runs) && runs >= 1 && runs <= 20))
            throw usage("solve", "--runs takes a whole number from 1 to 20");
        const files = await readLessons();
        const ids = chooseLessons("solve", positionals, lessonFolders(files));
        const { course, problems } = parseCourse(files, checkKinds, { seed: "solve" });
        const lessons = course.parts.flatMap(part => part.lessons).filter(lesson => ids.includes(lesson.id));
        const say = (text: string) => void process.stderr.write(text); // standard output is reserved for the report
        if (lessons.length < ids.length) {
            say(`${formatProblems(problems)}\n\nA lesson with mistakes cannot be solved.\n`);
            return 1;
        }

        const report = [];
        for (const lesson of lessons) report.push(await solveLesson(lesson, runs, values.verbose, say));
        if (values.output !== undefined) {
            await mkdir(values.output, { recursive: true });
            for (const { lesson, results } of report)
                await writeFile(
                    join(values.output, `${lesson.replace("/", "-")}.results.json`),
                    `${JSON.stringify(results, null, 2)}\n`,
                );
        }
        if (values.json) console.log(JSON.stringify({ lessons: report }, null, 2));
        return report.every(({ results }) => results.status === "pass") ? 0 : 1;
    },
};

interface SolvedLesson {
    lesson: string;
    seconds: number;
    steps: (Pick<StepReport, "step" | "seconds" | "checkSeconds" | "checkInstructions" | "commands"> & {
        run: number;
    })[];
    results: ReturnType<typeof resultsOf>;
}

async function solveLesson(
    lesson: Lesson,
    runs: number,
    verbose: boolean,
    say: (text: string) => void,
): Promise<SolvedLesson> {
    const began = performance.now();
    const done: StepReport[][] = [];
    for (let run = 1; run <= runs; run++) {
        say(`\n${lesson.id}, run ${run} of ${runs}\n`);
        const target = await openTarget(lesson);
        try {
            done.push(
                await runSolution(lesson, target, {
                    onLine: line => say(`    $ ${line}\n`),
                    onStep: report => say(stepLines(report, verbose)),
                }),
            );
        } finally {
            await target.close();
        }
        if (done.at(-1)!.some(report => report.problem !== undefined)) break; // a second run would report the same
    }
    const results = resultsOf(lesson, done);
    const seconds = Math.round((performance.now() - began) / 1000);
    say(`\n${lesson.id}: ${results.status === "pass" ? "passed" : "BROKEN"}, ${seconds} s\n`);
    const steps = done.flatMap((reports, index) =>
        reports.map(({ step, seconds: took, checkSeconds, checkInstructions, commands }) => ({
            run: index + 1,
            step,
            seconds: took,
            checkSeconds,
            checkInstructions,
            commands,
        })),
    );
    return { lesson: lesson.id, seconds, steps, results };
}

function stepLines(report: StepReport, verbose: boolean): string {
    const lines = report.commands.map(
        ({ line, code, seconds, instructions }) =>
            `    ${seconds.toFixed(1).padStart(6)} s ${String(instructions).padStart(6)} M  ${code === 0 ? "" : `(exit status ${code}) `}${line}\n`,
    );
    const shown =
        verbose || report.problem !== undefined
            ? report.commands.map(({ line, output }) => `    --- ${line}\n${indent(output)}\n`)
            : [];
    const verdict = report.problem === undefined ? "fails before, passes after" : `BROKEN. ${report.problem}`;
    const excerpts =
        report.problem === undefined
            ? []
            : report.after.flatMap(({ describes, result }) =>
                  result.status === "fail" && result.excerpt
                      ? [`    --- ${describes}\n${indent(result.excerpt)}\n`]
                      : [],
              );
    return `  ${report.step}: ${verdict} (${report.seconds.toFixed(1)} s; the check took ${report.checkSeconds.toFixed(1)} s and ${report.checkInstructions} M instructions)\n${lines.join("")}${shown.join("")}${excerpts.join("")}`;
}

/** The last lines, without colours. */
const indent = (output: string) =>
    output
        .replace(/\x1b\[[0-9;?]*[a-zA-Z]/g, "")
        .trimEnd()
        .split(/\r?\n/)
        .slice(-40)
        .map(line => `      ${line}`)
        .join("\n");
