import { describe, expect, test } from "vitest";
import * as v from "valibot";
import { readdirSync, readFileSync } from "node:fs";
import { checkReference, fieldsOf } from "../../../src/checks/reference";
import { checkKinds } from "../../../src/checks/registry";
import { toResultsFile } from "../../../src/checks/results";
import { runChecks } from "../../../src/checks/run";
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

    test("the lesson's reason stands for the check's own sentence", async () => {
        const [outcome] = await runChecks([container], sourcesOf({}), { why: { "container.missing": "Because." } });
        expect(outcome).toMatchObject({
            kind: "container",
            describes: "a container named web",
            result: { code: "container.missing", message: "Because." },
        });
    });

    test("tells each result as it comes", async () => {
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

describe("the registry", () => {
    test("unknown fields and wrong values are refused with their path", () => {
        const issues = (kind: string, fields: unknown) => {
            const found = v.safeParse(checkKinds.get(kind)!.schema, fields);
            return found.success ? [] : found.issues.map(issue => `${v.getDotPath(issue) ?? ""}: ${issue.message}`);
        };
        expect(issues("container", { image: "a", imagee: "b" })).toEqual([expect.stringContaining("imagee")]);
        expect(issues("container", { state: "running" })).toEqual([": needs `image` or `name`"]);
        expect(issues("container", { name: "a", publishes: { web: 80 } })[0]).toContain("must be a port");
        expect(issues("http", { port: 70_000 })).toEqual(["port: ports end at 65535"]);
        expect(issues("http", { port: 80, path: "x" })).toEqual(["path: must begin with /"]);
        expect(issues("file", { path: "../x" })).toEqual(["path: must stay below the workspace"]);
        expect(issues("file", { path: "/etc/passwd" })).toEqual(["path: must stay below the workspace"]);
        expect(issues("file", { path: "a", matches: "(" })).toEqual(["matches: is no regular expression"]);
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
