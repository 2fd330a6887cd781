/** The sandbox's internet as programs in the real guest see it, with the wheels of the built image. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { currentImage } from "../../src/host/current-image";
import { createFileBundle } from "../../src/host/file-bundle";
import { readPythonIndex } from "../../src/internet/python-index";
import { startWithInternet, type StartedMachine } from "./machine";

let machine: StartedMachine;
const asked: string[] = [];

beforeAll(async () => {
    machine = await startWithInternet(asked);
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
        const sums = files.map(({ filename, sha256 }) => `${sha256}  ${filename}`).join("\n");
        const addresses = files.map(({ filename }) => `http://python.lab/files/${filename}`).join(" ");
        // One curl for everything: each start costs the emulated processor a quarter of a second.
        const { stderr, code } = await run(
            `mkdir -p /tmp/wheels && cd /tmp/wheels && curl -sS --fail --remote-name-all ${addresses} && echo "${sums}" | sha256sum -c --quiet`,
        );
        expect([stderr, code]).toEqual(["", 0]);
    });

    test("an unknown host answers at once and lists the hosts there are", async () => {
        const { stdout, code } = await run("curl -sS -w '%{http_code}' http://example.com/some/page");
        expect(code).toBe(0);
        expect(stdout).toMatch(/example\.com is not available[^]*python\.lab[^]*404$/);
    });

    test("a client that leaves in the middle leaves nothing behind", async () => {
        await run(
            "curl -sS http://python.lab/files/$(curl -sS http://python.lab/simple/flask/ | sed -n 's/.*>\\(flask[^<]*whl\\)<.*/\\1/p') | head -c 100 > /dev/null",
        );
        expect((await run("curl -sS --fail http://python.lab/simple/")).code).toBe(0);
    });
});

test(
    "pip in a container: one listing, one metadata file and one wheel a package; its own words for what is not there",
    { timeout: 600_000 },
    async () => {
        asked.length = 0;
        const installed = "/usr/local/lib/python3.13/dist-packages/flask/app.py";
        const { stderr, code } = await run(
            `docker run --rm python:3.13-slim sh -c 'pip install --quiet flask && test -f ${installed} || exit 9; pip install --quiet no-such-package'`,
        );
        expect(code, stderr).toBe(1);
        expect(stderr).toContain("No matching distribution found for no-such-package");
        const count = (part: string) => asked.filter(line => line.includes(part) && line.endsWith(" 200")).length;
        expect(count(".whl ")).toBeGreaterThanOrEqual(6);
        expect([count(".metadata "), count("/simple/")]).toEqual([count(".whl "), count(".whl ")]);
        expect(asked.filter(line => !line.endsWith(" 200"))).toEqual([
            "GET http://python.lab/simple/no-such-package/ 404",
        ]);
    },
);
