import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import * as v from "valibot";
import { readdirSync, readFileSync } from "node:fs";
import { checkReference, fieldsOf } from "../../../src/checks/reference";
import { checkKinds } from "../../../src/checks/registry";
import { toResultsFile } from "../../../src/checks/results";
import { CHECK_LIMIT, LONGEST_WAIT_SECONDS, REPLY_LIMIT, waitingCheckLimit } from "../../../src/checks/limits";
import { runChecks, stepLimit } from "../../../src/checks/run";
import { check, sourcesOf } from "./fakes";

const never = () => new Promise<Response>(() => undefined);
const web = {
    name: "web",
    ports: [{ hostPort: 5000, containerPort: 5000, protocol: "tcp" as const, hostAddress: "0.0.0.0" }],
};
const container = { kind: "container", spec: { name: "web" } };

describe("the runner", () => {
    test("an engine that is away makes an error, not a failure", async () => {
        for (const [kind, fields] of [
            ["container", { name: "web" }],
            ["image", { ref: "a" }],
            ["network", { name: "a" }],
            ["volume", { name: "a" }],
            ["exec", { in: "a", argv: ["b"] }],
            ["http", { port: 1 }],
        ] as const)
            expect(await check(kind, fields, { engine: "down" })).toMatchObject({
                status: "error",
                code: "docker.unreachable",
            });
    });

    test("one docker ps for all checks of a step, asked again after a failure", async () => {
        const sources = sourcesOf({ containers: [web] });
        let asked = 0;
        const list = sources.docker.containers.list;
        sources.docker.containers.list = async options => {
            if (++asked === 1) throw new Error("once");
            return list(options);
        };
        const results = await runChecks([container, container, container], sources);
        expect(results.map(({ result }) => result.status)).toEqual(["error", "pass", "pass"]);
        expect(asked).toBe(2);
    });

    test("a check that hangs ends in a named error, and the next one runs", async () => {
        const sources = sourcesOf({ containers: [web], http: never });
        const results = await runChecks(
            [{ kind: "http", spec: v.parse(checkKinds.get("http")!.schema, { port: 5000 }) }, container],
            sources,
            {
                timeout: 20,
            },
        );
        expect(results.map(({ result }) => result)).toEqual([
            expect.objectContaining({ status: "error", code: "checks.timeout" }),
            expect.objectContaining({ status: "pass" }),
        ]);
    });

    test("cancelling rejects at once with the caller's reason", async () => {
        const stop = new AbortController();
        const running = check("http", { port: 5000 }, { containers: [web], http: never }, { signal: stop.signal });
        stop.abort(new Error("given up"));
        await expect(running).rejects.toThrow("given up");
        await expect(check("answer", { question: "a", accept: "b" }, {}, { signal: stop.signal })).rejects.toThrow(
            "given up",
        );
    });

    test("the lesson's reason replaces the check's own sentence", async () => {
        const [outcome] = await runChecks([container], sourcesOf({}), { why: { "container.missing": "Because." } });
        expect(outcome).toMatchObject({
            kind: "container",
            describes: "a container named web",
            result: { code: "container.missing", message: "Because." },
        });
    });

    test("reports each result as it arrives", async () => {
        const told: number[] = [];
        const results = await runChecks([container, { kind: "nonsense", spec: {} }], sourcesOf({ containers: [web] }), {
            onResult: (_, index) => told.push(index),
        });
        expect(told).toEqual([0, 1]);
        expect(results[1]).toMatchObject({
            describes: "nonsense",
            result: { status: "error", code: "checks.unknown-kind" },
        });
    });
});

describe("checks that nobody has asked for", () => {
    const acting = (fields: object) => {
        const spec = v.parse(checkKinds.get("exec")!.schema, { argv: ["touch", "/x"], ...fields });
        return { kind: "exec", spec };
    };
    const request = (fields: object) => ({
        kind: "http",
        spec: v.parse(checkKinds.get("http")!.schema, { port: 5000, ...fields }),
    });

    test("run if they only read; a program or a POST waits for the student, and is named", async () => {
        const ran: string[] = [];
        const sources = sourcesOf({
            containers: [web],
            exec: argv => (ran.push(argv.join(" ")), {}),
            http: asked => (ran.push(asked.method), new Response("hello")),
        });
        const wanted = [container, acting({}), request({ method: "POST" }), request({}), container];
        const unasked = await runChecks(wanted, sources, { readsOnly: true });
        expect(unasked.map(({ result }) => result.status)).toEqual(["pass", "waiting", "waiting", "pass", "pass"]);
        expect(unasked[1]!.result).toMatchObject({ message: expect.stringContaining("it runs a program") });
        expect(unasked[2]!.result).toMatchObject({ message: expect.stringContaining("it sends a POST request") });
        expect(ran).toEqual(["GET"]);
        const asked = await runChecks(wanted, sources);
        expect(asked.every(({ result }) => result.status === "pass")).toBe(true);
        expect(ran).toEqual(["GET", "touch /x", "POST", "GET"]);
    });

    test.each([
        ["a program that only reads", acting({ reads: true }), "pass"],
        ["a program that its author says acts", acting({ reads: false }), "waiting"],
        ["a POST that only reads", request({ method: "POST", reads: true }), "pass"],
        ["a GET that counts visits", request({ reads: false }), "waiting"],
        ["a HEAD", request({ method: "HEAD" }), "pass"],
        ["a DELETE", request({ method: "DELETE" }), "waiting"],
    ])("%s", async (_name, expectation, status) => {
        const sources = sourcesOf({ containers: [web], http: () => new Response("hello") });
        const [outcome] = await runChecks([expectation], sources, { readsOnly: true });
        expect(outcome!.result.status).toBe(status);
    });

    test("only `exec` and `http` may act; every other kind only reads, and the reference says so for each", () => {
        expect([...checkKinds.values()].filter(kind => kind.acts).map(kind => kind.name)).toEqual(["http", "exec"]);
        const pages = checkReference().split("\n## ").slice(1);
        for (const page of pages)
            if (/^(http|exec)\n/.test(page)) expect(page).toContain("only when the student presses Check");
            else expect(page).toContain("Only reads.");
    });
});

describe("limits", () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    const young = () => ({ ...web, startedAt: new Date().toISOString(), state: "running" as const });
    /** Like the agent: a cancelled request rejects. */
    const silent = ({ signal }: Request) =>
        new Promise<Response>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
    const longest = { port: 5000, wait: LONGEST_WAIT_SECONDS };

    test.each([
        ["refuses", "http.no-answer", () => Promise.reject(new Error("reset"))],
        ["takes the connection and says nothing", "http.timeout", silent],
    ])("an app that %s for the longest wait is named by its own reason", async (_name, code, http) => {
        const running = check("http", longest, { containers: [young()], http });
        await vi.advanceTimersByTimeAsync(waitingCheckLimit(LONGEST_WAIT_SECONDS));
        expect(await running).toMatchObject({ status: "fail", code });
    });

    test("a step's limit is above those of its checks together, an `http` check's above its wait, its last question and a look at why", () => {
        const http = (wait: number) => ({
            kind: "http",
            spec: v.parse(checkKinds.get("http")!.schema, { port: 1, wait }),
        });
        expect(stepLimit([http(300), http(0), container])).toBeGreaterThan(
            waitingCheckLimit(300) + waitingCheckLimit(0) + CHECK_LIMIT,
        );
        expect(waitingCheckLimit(300)).toBeGreaterThan(300_000 + REPLY_LIMIT);
        expect(v.safeParse(checkKinds.get("http")!.schema, { port: 1, wait: LONGEST_WAIT_SECONDS + 1 }).success).toBe(
            false,
        );
    });
});

describe("the registry", () => {
    test("unknown fields and wrong values are refused with their path", () => {
        const issues = (kind: string, fields: unknown) => {
            const found = v.safeParse(checkKinds.get(kind)!.schema, fields);
            return found.success ? [] : found.issues.map(issue => `${v.getDotPath(issue) ?? ""}: ${issue.message}`);
        };
        expect(issues("container", { image: "a", imagee: "b" })).toEqual([expect.stringContaining("imagee")]);
        expect(issues("container", { state: "running" })).toEqual([": needs `image` or `name`"]);
        expect(issues("container", { name: "a", publishes: { web: 80 } })[0]).toContain("must be a port");
        expect(issues("http", { port: 70_000 })).toEqual(["port: must be 65535 or less"]);
        expect(issues("http", { port: 80, path: "x" })).toEqual(["path: must begin with /"]);
        expect(issues("file", { path: "../x" })).toEqual(["path: must stay inside the workspace"]);
        expect(issues("file", { path: "/etc/passwd" })).toEqual(["path: must stay inside the workspace"]);
        expect(issues("file", { path: "a", matches: "a".repeat(1_001) })).toEqual([
            "matches: must have at most 1000 characters",
        ]);
        expect(issues("file", { path: "Dockerfile", instruction: { name: "COPPY" } })).not.toEqual([]);
        expect(issues("command", {})).toEqual([": needs `ran` or `matches`"]);
        expect(issues("exec", { argv: [] })).toEqual(["argv: must name a program"]);
        expect(issues("answer", { question: "a" })).toEqual([": needs `accept` or `matches`"]);
    });

    test("every failure code of the sources is documented, and every documented one is used", () => {
        const folder = new URL("../../../src/checks/", import.meta.url);
        const sources = readdirSync(folder)
            .map(name => readFileSync(new URL(name, folder), "utf8"))
            .join("\n");
        for (const kind of checkKinds.values())
            for (const code of Object.keys(kind.failures)) {
                expect(code.startsWith(`${kind.name}.`), code).toBe(true);
                expect(sources.split(`"${code}"`).length - 1, `${code} is never said`).toBeGreaterThan(1);
            }
    });

    test("every field and failure is in the reference page with its meaning", () => {
        const page = checkReference();
        for (const kind of checkKinds.values()) {
            expect(page).toContain(`## ${kind.name}`);
            for (const field of fieldsOf(kind.schema)) {
                expect(field.description, `${kind.name}.${field.name}`).not.toBe("");
                expect(page).toContain(`| \`${field.name}\` |`);
            }
            expect(fieldsOf(kind.schema)).not.toEqual([]);
        }
        expect(page).toContain("| `publishes` |  | map to number | Ports of the machine");
        expect(page).not.toContain("undefined");
    });
});

describe("results.json", () => {
    const pass = {
        kind: "image",
        describes: "the image a",
        result: { status: "pass", message: "There." },
        milliseconds: 5,
    } as const;
    const fail = {
        kind: "http",
        describes: "port 1",
        result: { status: "fail", code: "http.refused", message: "Nobody.", expected: "a", found: "b" },
        milliseconds: 7,
    } as const;
    const error = {
        kind: "http",
        describes: "port 1",
        result: { status: "error", code: "docker.unreachable", message: "Away." },
    } as const;
    const step = (id: string, ...results: (typeof pass | typeof fail | typeof error)[]) => ({
        id,
        title: id,
        points: 2,
        results,
    });

    test("passes with all points", () => {
        expect(toResultsFile([step("build", pass)])).toEqual({
            version: 3,
            status: "pass",
            message: null,
            tests: [
                { name: "build: the image a", status: "pass", message: null, task_id: 1, code: null, milliseconds: 5 },
            ],
            points: { earned: 2, possible: 2 },
            milliseconds: 5,
        });
    });

    test("fails, errs, or was never checked", () => {
        expect(toResultsFile([step("build", pass), step("run", pass, fail)])).toMatchObject({
            status: "fail",
            points: { earned: 2, possible: 4 },
            tests: [{}, {}, { task_id: 2, code: "http.refused", message: "Nobody." }],
        });
        expect(toResultsFile([step("build", error)])).toMatchObject({ status: "error", message: "Away." });
        expect(toResultsFile([step("build")])).toMatchObject({
            status: "error",
            message: "Nothing has been checked.",
            points: { earned: 0 },
        });
        expect(toResultsFile([step("build", pass), step("run")])).toMatchObject({ status: "fail" });
    });
});
