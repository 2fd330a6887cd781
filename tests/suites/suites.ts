/**
 * The suites of `npm test`, in the order that finds a mistake soonest. Each runs in a separate process and is counted.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../src/host/project";
import { runConformance } from "./conformance";

export interface Count {
    passed: number;
    failed: number;
    /** One line for each failure. */
    failures: string[];
}

export interface Suite {
    name: string;
    summary: string;
    /** Needs the built VM image. */
    needsImage: boolean;
    /** Needs the built page and Chromium. */
    needsPage: boolean;
    run(): Promise<Count>;
}

const output = join(root, "tests/output");
const bin = (name: string) => join(root, "node_modules/.bin", name);

/** Runs a program and shows its output; `capture` collects standard output instead. */
function run(
    program: string,
    argv: string[],
    options: { cwd?: string; capture?: boolean; env?: Record<string, string> } = {},
): Promise<{ code: number; text: string }> {
    return new Promise((resolve, reject) => {
        const child = spawn(program, argv, {
            cwd: options.cwd ?? root,
            env: { ...process.env, ...options.env },
            stdio: ["ignore", options.capture ? "pipe" : "inherit", "inherit"],
        });
        let text = "";
        child.stdout?.on("data", (chunk: Buffer) => (text += chunk.toString()));
        child.on("error", reject);
        child.on("close", code => resolve({ code: code ?? 1, text }));
    });
}

/** Runs a program that passes or fails as a whole. */
async function whole(name: string, program: string, argv: string[]): Promise<Count> {
    const { code } = await run(program, argv);
    return code === 0
        ? { passed: 1, failed: 0, failures: [] }
        : { passed: 0, failed: 1, failures: [`${name}: exit status ${code}`] };
}

function sum(counts: Count[]): Count {
    return {
        passed: counts.reduce((total, count) => total + count.passed, 0),
        failed: counts.reduce((total, count) => total + count.failed, 0),
        failures: counts.flatMap(count => count.failures),
    };
}

interface VitestReport {
    numPassedTests: number;
    numFailedTests: number;
    testResults: {
        name: string;
        status: string;
        message: string;
        assertionResults: { status: string; fullName: string }[];
    }[];
}

async function vitest(project: string): Promise<Count> {
    mkdirSync(output, { recursive: true });
    const file = join(output, `${project}.json`);
    rmSync(file, { force: true });
    const { code } = await run(bin("vitest"), [
        "run",
        "--project",
        project,
        "--reporter=default",
        "--reporter=json",
        `--outputFile.json=${file}`,
    ]);
    if (!existsSync(file))
        return { passed: 0, failed: 1, failures: [`${project}: Vitest ended with status ${code} and no report`] };
    const report = JSON.parse(readFileSync(file, "utf8")) as VitestReport;
    const failures = report.testResults.flatMap(result =>
        result.assertionResults.filter(test => test.status === "failed").map(test => `${project}: ${test.fullName}`),
    );
    // a file that does not load has no failed test, and an error outside any test shows only in the status
    const broken = report.testResults.filter(
        result => result.status === "failed" && !result.assertionResults.some(test => test.status === "failed"),
    );
    for (const result of broken) failures.push(`${project}: ${result.name}: ${result.message.split("\n")[0]}`);
    let failed = report.numFailedTests + broken.length;
    if (code !== 0 && failed === 0) {
        failed = 1;
        failures.push(`${project}: Vitest ended with status ${code}`);
    }
    return { passed: report.numPassedTests, failed, failures };
}

/** The guest's programs in Go that have tests: their names, and their folders. */
const goPrograms = { agent: "vm-images/agent", "front end": "vm-images/hub/dockerfile/front-end" };

async function goTests(): Promise<Count> {
    const counts: Count[] = [];
    for (const [name, folder] of Object.entries(goPrograms)) counts.push(await goTestsOf(name, join(root, folder)));
    return {
        passed: counts.reduce((sum, { passed }) => sum + passed, 0),
        failed: counts.reduce((sum, { failed }) => sum + failed, 0),
        failures: counts.flatMap(({ failures }) => failures),
    };
}

async function goTestsOf(program: string, cwd: string): Promise<Count> {
    const vet = await run("go", ["vet", "./..."], { cwd });
    const { code, text } = await run("go", ["test", "-json", "-count=1", "./..."], { cwd, capture: true });
    const count: Count = { passed: 0, failed: 0, failures: [] };
    const said = new Map<string, string>();
    for (const line of text.split("\n")) {
        if (!line.startsWith("{")) continue;
        const event = JSON.parse(line) as { Action: string; Test?: string; Package: string; Output?: string };
        const name = `${event.Package} ${event.Test ?? ""}`;
        if (event.Action === "output") said.set(name, (said.get(name) ?? "") + (event.Output ?? ""));
        if (!event.Test) continue;
        if (event.Action === "pass") count.passed++;
        if (event.Action === "fail") {
            count.failed++;
            count.failures.push(`${program}: ${event.Test}`);
            console.log(said.get(name));
        }
    }
    if (vet.code !== 0) count.failures.push(`${program}: go vet`);
    if (code !== 0 && count.failed === 0) count.failures.push(`${program}: go test ended with status ${code}`);
    count.failed = count.failures.length;
    console.log(`${program}: ${count.passed} passed, ${count.failed} failed`);
    return count;
}

const drydock = (...argv: string[]) =>
    run(process.execPath, [join(root, "src/cli/bootstrap.mjs"), ...argv], { capture: true });

interface SolveReport {
    lessons: { lesson: string; results: { tests: { name: string; status: string; message?: string }[] } }[];
}

async function solveLessons(): Promise<Count> {
    const { code, text } = await drydock("solve", "--json");
    const count: Count = { passed: 0, failed: 0, failures: [] };
    try {
        const report = JSON.parse(text) as SolveReport;
        for (const lesson of report.lessons)
            for (const test of lesson.results.tests) {
                if (test.status === "pass") count.passed++;
                else count.failures.push(`solve ${lesson.lesson}: ${test.name}: ${test.message ?? test.status}`);
            }
    } catch (thrown) {
        count.failures.push(`solve: no report (status ${code}): ${String(thrown)}`);
    }
    if (code !== 0 && count.failures.length === 0) count.failures.push(`solve: ended with status ${code}`);
    count.failed = count.failures.length;
    console.log(`solve: ${count.passed} passed, ${count.failed} failed`);
    return count;
}

export const suites: Suite[] = [
    {
        name: "types",
        summary: "TypeScript and Svelte",
        needsImage: false,
        needsPage: false,
        run: async () =>
            sum([
                await whole("tsc", bin("tsc"), ["-b"]),
                await whole("svelte-check", bin("svelte-check"), [
                    "--tsconfig",
                    "src/app/tsconfig.json",
                    "--fail-on-warnings",
                    "--output",
                    "human",
                ]),
            ]),
    },
    {
        name: "style",
        summary: "Prettier and ESLint",
        needsImage: false,
        needsPage: false,
        run: async () =>
            sum([
                await whole("prettier", bin("prettier"), ["--check", "--log-level", "warn", "."]),
                await whole("eslint", "npm", ["run", "--silent", "lint"]), // compiles first: ESLint reads the types
            ]),
    },
    {
        name: "unit",
        summary: "everything that needs no VM, including the agent's client against the native agent",
        needsImage: false,
        needsPage: false,
        run: () => vitest("unit"),
    },
    { name: "agent", summary: "the guest agent, native", needsImage: false, needsPage: false, run: goTests },
    {
        name: "conformance",
        summary:
            "the Docker Hub in the page: the OCI distribution specification's own suite, our tests of its rules, and two registry clients",
        needsImage: false,
        needsPage: false,
        run: runConformance,
    },
    {
        name: "lint",
        summary: "the lessons",
        needsImage: true,
        needsPage: false,
        run: () => whole("lint", process.execPath, [join(root, "src/cli/bootstrap.mjs"), "lint"]),
    },
    {
        name: "machine",
        summary: "the real VM under Node",
        needsImage: true,
        needsPage: false,
        run: () => vitest("machine"),
    },
    {
        name: "solve",
        summary: "each lesson's solution, typed into the real machine",
        needsImage: true,
        needsPage: false,
        run: solveLessons,
    },
    { name: "e2e", summary: "Chromium, as a student", needsImage: true, needsPage: true, run: () => vitest("e2e") },
];
