/** The sandbox's internet as programs in the real guest see it, with the wheels of the built image. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { currentImage } from "../../src/cli/image/current";
import { createFileBundle } from "../../src/cli/serve/file-bundle";
import { createInternet } from "../../src/internet/router";
import { readPythonIndex } from "../../src/internet/python-index";
import { startMachine, type StartedMachine } from "./machine";

let machine: StartedMachine;
const asked: string[] = [];

beforeAll(async () => {
    const internet = createInternet(createFileBundle((await currentImage()).folder));
    machine = await startMachine({
        internet: async request => {
            const response = await internet(request);
            asked.push(`${request.method} ${request.url} ${response.status}`);
            return response;
        },
    });
    await machine.engineReady();
});
afterAll(async () => machine?.stop());

const run = (line: string) => machine.agent.exec(["sh", "-c", line]);

describe("from the guest", () => {
    test("the package index answers, by name", async () => {
        const { stdout, stderr, code } = await run("curl -sS --fail http://python.lab/simple/flask/");
        expect([code, stderr]).toEqual([0, ""]);
        expect(stdout).toContain("/files/flask-");
    });

    test("every wheel of the image arrives whole", async () => {
        const index = await readPythonIndex(createFileBundle((await currentImage()).folder));
        const files = [...index.values()].flat();
        expect(files.length).toBeGreaterThan(6);
        const lines = files.map(({ filename, sha256 }) => `echo "${sha256}  -" > /tmp/sum && curl -sS --fail http://python.lab/files/${filename} | sha256sum -c --status /tmp/sum || echo ${filename}`);
        const { stdout, stderr } = await run(lines.join("\n"));
        expect([stdout, stderr]).toEqual(["", ""]);
    });

    test("a host that is not offered says what is, at once", async () => {
        const { stdout, code } = await run("curl -sS -w '%{http_code}' http://example.com/some/page");
        expect(code).toBe(0);
        expect(stdout).toMatch(/example\.com is not to be had here[^]*python\.lab[^]*404$/);
    });

    test("a client that leaves in the middle leaves nothing behind", async () => {
        await run("curl -sS http://python.lab/files/$(curl -sS http://python.lab/simple/flask/ | sed -n 's/.*>\\(flask[^<]*whl\\)<.*/\\1/p') | head -c 100 > /dev/null");
        expect((await run("curl -sS --fail http://python.lab/simple/")).code).toBe(0);
    });
});

describe("from a container", () => {
    test("pip installs Flask: one listing, one metadata file and one wheel a package", { timeout: 300_000 }, async () => {
        asked.length = 0;
        const { stdout, stderr, code } = await run("docker run --rm python:3.13-slim sh -c 'pip install --quiet flask && python -c \"import flask; print(flask.Flask.__name__)\"'");
        expect([code, stdout.trim()], stderr).toEqual([0, "Flask"]);
        expect(asked.every(line => line.endsWith(" 200"))).toBe(true);
        const wheels = asked.filter(line => line.includes(".whl ")).length;
        expect(wheels).toBeGreaterThanOrEqual(6);
        expect(asked.filter(line => line.includes(".metadata ")).length).toBe(wheels);
        expect(asked.filter(line => line.includes("/simple/")).length).toBe(wheels);
    });

    test("a package that is not bundled ends with pip's own words", { timeout: 300_000 }, async () => {
        const { stderr, code } = await run("docker run --rm python:3.13-slim pip install --quiet no-such-package");
        expect(code).not.toBe(0);
        expect(stderr).toContain("No matching distribution found for no-such-package");
    });
});
