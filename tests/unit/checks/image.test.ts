import { describe, expect, test } from "vitest";
import { check, type World } from "./fakes";

const full = {
    tags: ["docker-flask:1.0"],
    entrypoint: ["python"],
    command: ["app.py"],
    workingFolder: "/app",
    env: { A: "1" },
    exposedPorts: ["5000/tcp"],
    labels: { course: "docker" },
    user: "web",
};
const spec = {
    ref: "docker-flask:1.0",
    entrypoint: ["python"],
    cmd: ["app.py"],
    workdir: "/app",
    env: { A: 1 },
    exposes: 5000,
    labels: { course: "docker" },
    user: "web",
    architecture: "386",
    smaller: 100,
    layers: 2,
    history: "pip install",
};

describe("image", () => {
    test("passes", async () =>
        expect(await check("image", spec, { images: [full] })).toMatchObject({ status: "pass" }));

    test.each<[string, World, string, string]>([
        ["nothing there", {}, "image.missing", "docker build -t docker-flask:1.0 ."],
        ["built without a name", { commands: [["docker build .", 0]] }, "image.missing", "Add `-t docker-flask:1.0`"],
        [
            "the build failed",
            { commands: [["docker build -t docker-flask:1.0 .", 1]] },
            "image.build-failed",
            "status 1",
        ],
        [
            "another tag",
            { images: [{ tags: ["docker-flask:latest"] }] },
            "image.other-tag",
            "There is docker-flask:latest, but this step asks for the tag 1.0",
        ],
        [
            "a build whose base image is missing",
            {
                commands: [
                    ["ls", 0],
                    ["docker build -t docker-flask:1.0 .", 1],
                ],
                images: [{ tags: ["docker-falsk:1.0"] }],
                missed: [
                    ["alpine", "An earlier one.", -0.5],
                    ["python:3.8", "python:3.8 is not in this sandbox. Nearest: python:3.13-slim.", 0.5],
                ],
            },
            "image.build-failed",
            "an image that it needs is missing. python:3.8 is not in this sandbox. Nearest: python:3.13-slim.",
        ],
        ["a name with a typo", { images: [{ tags: ["docker-falsk:1.0"] }] }, "image.similar-name", "docker-falsk"],
        ["no entrypoint", { images: [{ ...full, entrypoint: [] }] }, "image.no-entrypoint", 'ENTRYPOINT ["python"]'],
        [
            "shell form",
            { images: [{ ...full, entrypoint: ["/bin/sh", "-c", "python"] }] },
            "image.shell-form",
            "shell form",
        ],
        ["another entrypoint", { images: [{ ...full, entrypoint: ["node"] }] }, "image.wrong-entrypoint", '["node"]'],
        ["no command", { images: [{ ...full, command: [] }] }, "image.no-command", 'CMD ["app.py"]'],
        ["another command", { images: [{ ...full, command: ["main.py"] }] }, "image.wrong-command", "main.py"],
        ["another workdir", { images: [{ ...full, workingFolder: "" }] }, "image.wrong-workdir", "WORKDIR /app"],
        ["another variable", { images: [{ ...full, env: {} }] }, "image.wrong-env", "not set"],
        ["not exposed", { images: [{ ...full, exposedPorts: [] }] }, "image.not-exposed", "EXPOSE"],
        ["another label", { images: [{ ...full, labels: {} }] }, "image.wrong-label", "course"],
        ["another user", { images: [{ ...full, user: "" }] }, "image.wrong-user", "root"],
        ["another processor", { images: [{ ...full, architecture: "amd64" }] }, "image.wrong-architecture", "amd64"],
        ["too large", { images: [{ ...full, bytes: 200_000_000 }] }, "image.too-large", "200 MB"],
        ["too many layers", { images: [{ ...full, layers: ["a", "b", "c"] }] }, "image.too-many-layers", "3 layers"],
    ])("%s", async (_, world, code, words) => {
        expect(await check("image", spec, world)).toMatchObject({
            status: "fail",
            code,
            message: expect.stringContaining(words),
        });
    });

    test("history and absence", async () => {
        expect(await check("image", { ref: "docker-flask:1.0", history: "apt-get" }, { images: [full] })).toMatchObject(
            {
                code: "image.wrong-history",
            },
        );
        expect(await check("image", { ref: "docker-flask:1.0", exists: false }, { images: [full] })).toMatchObject({
            code: "image.still-there",
        });
        expect(await check("image", { ref: "docker-flask:1.0", exists: false })).toMatchObject({ status: "pass" });
    });
});
