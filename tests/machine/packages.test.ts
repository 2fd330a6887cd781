/** Packages as a student installs them in the real guest and in its containers, from what the image contains. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startWithInternet, type StartedMachine } from "./machine";

let machine: StartedMachine;
const asked: string[] = [];

beforeAll(async () => {
    machine = await startWithInternet(asked);
});
afterAll(async () => machine?.stop());

async function run(line: string): Promise<{ code: number; output: string }> {
    const { code, stdout, stderr } = await machine.agent.exec(["sh", "-c", line]);
    return { code, output: stdout + stderr };
}

/** No warning, no error, nothing from debconf. */
const TROUBLE = /^(W|E|debconf|dpkg: warning)\b/m;

describe("apt-get", () => {
    test("in the guest", async () => {
        const { code, output } = await run(
            "apt-get update && apt-get install -y bzip2 && echo hello | bzip2 | bunzip2",
        );
        expect(output).not.toMatch(TROUBLE);
        expect(output).toContain("debian.lab, a mirror inside the page");
        expect(output).toMatch(/Setting up bzip2[^]*hello\n$/);
        expect(code).toBe(0);
    });

    test("in a container, with dependencies", async () => {
        const { code, output } = await run(
            "docker run --rm debian:trixie-slim sh -c 'apt-get update && apt-get install -y bc && echo 6*7 | bc'",
        );
        expect(output).not.toMatch(TROUBLE);
        expect(output).toMatch(/Setting up libreadline8t64[^]*Setting up bc[^]*\n42\n$/);
        expect(code).toBe(0);
    });

    test("a usual sources.list, with updates and security", async () => {
        const lines = [
            "debian.lab/debian trixie",
            "debian.lab/debian trixie-updates",
            "debian.lab/debian-security trixie-security",
        ];
        const { code, output } = await run(
            `printf '%s\\n' ${lines.map(line => `'deb [signed-by=/usr/share/keyrings/debian.lab.asc] http://${line} main'`).join(" ")} > /tmp/sources.list && apt-get -o Dir::Etc::SourceList=/tmp/sources.list update`,
        );
        expect([code, output]).toEqual([0, expect.not.stringMatching(TROUBLE)]);
    });

    test("a missing package", async () => {
        const { code, output } = await run("apt-get install -y no-such-package");
        expect([code, output]).toEqual([100, expect.stringContaining("Unable to locate package no-such-package")]);
    });
});

describe("npm's registry", () => {
    test("every tarball that express needs arrives whole", async () => {
        const packument = await run(
            "curl -sS --fail -H 'Accept: application/vnd.npm.install-v1+json' http://node.lab/express",
        );
        const { versions, "dist-tags": tags } = JSON.parse(packument.output) as {
            versions: Record<
                string,
                { dependencies: Record<string, string>; dist: { tarball: string; integrity: string } }
            >;
            "dist-tags": { latest: string };
        };
        const { dependencies, dist } = versions[tags.latest]!;
        expect(Object.keys(dependencies).length).toBeGreaterThan(20);
        const sum = Buffer.from(dist.integrity.replace("sha512-", ""), "base64").toString("hex");
        expect(await run(`curl -sS --fail ${dist.tarball} | sha512sum`)).toEqual({ code: 0, output: `${sum}  -\n` });
        const addresses = Object.keys(dependencies).map(name => `http://node.lab/${name}/latest`);
        expect((await run(`curl -sS --fail -o /dev/null ${addresses.join(" -o /dev/null ")}`)).code).toBe(0);
    });
});

test("pip in a container, even where no configuration names the index", { timeout: 600_000 }, async () => {
    asked.length = 0;
    const { code, output } = await run(
        "docker run --rm python:3.13-slim sh -c 'pip install -q pg8000 && python3 -c \"import pg8000\" && PIP_CONFIG_FILE=/dev/null pip download -q --no-deps --index-url https://python.lab/simple/ --cert /etc/ssl/certs/ca-certificates.crt requests && ls'",
    );
    expect(output).toContain("requests-");
    expect(code).toBe(0);
    expect(asked.filter(line => !line.endsWith(" 200"))).toEqual([]);
});
