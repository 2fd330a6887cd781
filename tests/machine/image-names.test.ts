/** The names that courses use, typed into the real guest: what is missing says so, what stands in says so, # syntax lines work. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { MissingImage, StandIn } from "../../src/base/missing-image";
import { Store } from "../../src/base/store";
import { currentImage } from "../../src/host/current-image";
import { createFileBundle } from "../../src/host/file-bundle";
import { createInternet } from "../../src/internet/router";
import { startMachine, type StartedMachine } from "./machine";

let machine: StartedMachine;
const standIns = new Store(false);
let missing: MissingImage[] = [];
let answered: StandIn[] = [];
let asked: string[] = [];

beforeAll(async () => {
    const internet = createInternet(createFileBundle((await currentImage()).folder), { standIns });
    machine = await startMachine({
        internet: async request => {
            asked.push(`${request.method} ${request.url}`);
            return internet(request, told => {
                if (told.kind === "missing-image") missing.push(told.image);
                else if (told.kind === "stand-in") answered.push(told.standIn);
            });
        },
    });
    await machine.engineReady();
});
afterAll(async () => machine?.stop());
afterEach(() => {
    standIns.set(false);
    missing = [];
    answered = [];
    asked = [];
});

/** What the lines wrote, both streams, and how they ended. */
async function typed(lines: string): Promise<{ code: number; said: string }> {
    const { code, stdout } = await machine.agent.exec(["sh", "-c", `exec 2>&1\n${lines}`], { env: { HOME: "/root" } });
    return { code, said: stdout.trim() };
}

const build = (dockerfile: string, options = "", before = "") =>
    typed(
        `rm -rf /tmp/build; mkdir /tmp/build; cd /tmp/build; printf '${dockerfile.replaceAll("\n", "\\n")}' > Dockerfile; ${before} docker build ${options} .`,
    );

const words =
    "ubuntu:20.04 is not in this sandbox (Ubuntu has had no 32-bit images since 20.04). Nearest: debian:trixie-slim";

describe("an image that is not here", { timeout: 300_000 }, () => {
    test.each([
        ["pull", "docker pull ubuntu:20.04", 1],
        ["run", "docker run --rm ubuntu:20.04 true", 125],
        ["create", "docker create ubuntu:20.04", 1],
    ])("docker %s says so", async (_, line, code) => {
        const result = await typed(line);
        expect(result.said).toContain(words);
        expect(result.said).not.toContain("docker login");
        expect(result.code).toBe(code);
        expect(new Set(missing.map(image => image.asked))).toEqual(new Set(["ubuntu:20.04"]));
    });

    test.each([
        ["BuildKit", ""],
        ["the classic builder", "DOCKER_BUILDKIT=0"],
    ])("a build with %s says so", async (_, before) => {
        const result = await build("FROM ubuntu:20.04\nRUN true\n", "", before);
        expect(result.said).toContain(words);
        expect(result.code).toBe(1);
    });

    test("a misspelt name is put right", async () => {
        expect((await typed("docker pull ngnix")).said).toContain("ngnix is not in this sandbox. Did you mean nginx?");
        expect((await build("FROM ngnix\n")).said).toContain("ngnix is not in this sandbox. Did you mean nginx?");
    });
});

describe("stand-ins", { timeout: 300_000 }, () => {
    const label = (image: string) =>
        typed(`docker image inspect -f '{{json .Config.Labels}} {{.RepoTags}} {{len .RepoDigests}}' ${image}`);

    test("pull, under the student's name, labelled, told", async () => {
        standIns.set(true);
        const result = await typed("docker pull python:3.8-slim");
        expect(result.said).toContain("Status: Downloaded newer image for python:3.8-slim");
        expect(result.said).toContain("Already exists"); // the layers are those of python:3.13-slim
        expect(answered[0]).toEqual({ asked: "python:3.8-slim", answered: "python:3.13-slim" });
        const { said } = await label("python:3.8-slim");
        expect(said).toContain('"drydock.stand-in.for":"python:3.8-slim"');
        expect(said).toContain('"drydock.stand-in.is":"python:3.13-slim"');
        expect(said).toMatch(/\[python:3\.8-slim\] 1$/);
        expect((await typed("docker run --rm python:3.8-slim python --version")).said).toMatch(/^Python 3\.13\./);
        expect((await typed("docker image inspect -f '{{json .Config.Labels}}' python:3.13-slim")).said).not.toContain(
            "stand-in",
        );
    });

    test.each([
        ["BuildKit", ""],
        ["the classic builder", "DOCKER_BUILDKIT=0"],
    ])("a build with %s", async (_, before) => {
        standIns.set(true);
        const result = await build("FROM ubuntu:22.04\nRUN cat /etc/debian_version > /version\n", "-t built", before);
        expect(result.code, result.said).toBe(0);
        expect(new Set(answered.map(({ asked: image }) => image))).toEqual(new Set(["ubuntu:22.04"]));
        expect((await typed("docker run --rm built cat /version")).said).toMatch(/^13/);
    });
});

describe("# syntax=docker/dockerfile", { timeout: 300_000 }, () => {
    const heredoc = "FROM busybox AS first\nRUN <<EOF\necho one > /file\necho two >> /file\nEOF\n";

    test("the engine's own front end takes the build, from the mirror, by plain http", async () => {
        const result = await build(`# syntax=docker/dockerfile:1\n${heredoc}`, "-t syntax");
        expect(result.code, result.said).toBe(0);
        expect((await typed("docker run --rm syntax cat /file")).said).toBe("one\ntwo");
        expect([...new Set(asked.map(line => new URL(line.split(" ")[1]!).origin))]).toEqual(["http://hub.lab"]);
        expect((await typed("docker images -q docker/dockerfile")).said).toBe(""); // no image of the student's
    });

    test("other versions are told", async () => {
        const result = await build(`# syntax=docker/dockerfile:1.4\n${heredoc}`);
        expect(result.code, result.said).toBe(0);
        expect(answered[0]).toEqual({ asked: "docker/dockerfile:1.4", answered: "docker/dockerfile:1" });
    });

    test("arguments, targets, other contexts and mistakes are as without the line", async () => {
        const lines =
            "FROM busybox AS first\nARG NAME\nRUN echo $NAME > /name\nCOPY --from=other /etc/group /group\nFROM scratch AS second\n";
        const options = "--build-arg NAME=me --target first --build-context other=docker-image://busybox -t made";
        const result = await build(`# syntax=docker/dockerfile:1\n${lines}`, options);
        expect(result.code, result.said).toBe(0);
        expect((await typed("docker run --rm made sh -c 'cat /name; ls /group'")).said).toBe("me\n/group");
        const mistake = await build("# syntax=docker/dockerfile:1\nFROM busybox\nRUNN true\n");
        expect(mistake.said).toContain("Dockerfile:3");
        expect(mistake.said).toContain(
            "dockerfile parse error on line 3: unknown instruction: RUNN (did you mean RUN?)",
        );
        const failing = await build("# syntax=docker/dockerfile:1\nFROM busybox\nRUN exit 3\n");
        expect(failing.said).toContain('process "/bin/sh -c exit 3" did not complete successfully: exit code: 3');
    });
});
