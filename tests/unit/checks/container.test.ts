import { describe, expect, test } from "vitest";
import { check, port, type FakeContainer, type World } from "./fakes";

const spec = { image: "docker-flask:1.0", state: "running", publishes: { 5000: 5000 } };
const image = { tags: ["docker-flask:1.0"] };
const world = (...containers: FakeContainer[]): World => ({ images: [image], containers });
const exited = (log: string, more: Partial<FakeContainer> = {}): FakeContainer => ({
    name: "sad_pike",
    state: "exited",
    exitCode: 1,
    log,
    ...more,
});

describe("container", () => {
    test("passes when it runs and leads where it should", async () => {
        expect(await check("container", spec, world({ name: "web", ports: [port(5000, 5000)] }))).toMatchObject({
            status: "pass",
        });
    });

    test("one that fits is enough, whatever other containers there are", async () => {
        expect(
            await check("container", spec, world({ name: "web", ports: [port(5000, 5000)] }, exited(""))),
        ).toMatchObject({ status: "pass" });
    });

    test("a container of the image without its tag spelled out", async () => {
        expect(
            await check(
                "container",
                { image: "busybox", state: "running" },
                world({ name: "b", image: "docker.io/library/busybox:latest" }),
            ),
        ).toMatchObject({ status: "pass" });
    });

    test.each<[string, World, string, string]>([
        ["nothing was built", {}, "container.missing", "Build or pull the image first"],
        [
            "built but not run",
            { images: [image] },
            "container.missing",
            "Create one with `docker run docker-flask:1.0`",
        ],
        [
            "the last run failed",
            { images: [image], commands: [["docker run -p 5000 docker-flsk", 125]] },
            "container.missing",
            "failed with status 125",
        ],
        [
            "the last run found no image",
            {
                images: [image],
                commands: [["docker run -p 5000 python:3.8", 125]],
                missed: [["python:3.8", "python:3.8 is not in this sandbox.", -0.5]],
            },
            "container.missing",
            "your last command found no image to create it from. python:3.8 is not in this sandbox.",
        ],
        [
            "it removed itself",
            {
                images: [image],
                events: [
                    {
                        type: "container",
                        action: "die",
                        attributes: { image: "docker-flask:1.0", name: "x", exitCode: "1" },
                    },
                ],
            },
            "container.gone",
            "exited with code 1 and was removed",
        ],
        [
            "another tag runs",
            world({ name: "web", image: "docker-flask:latest" }),
            "container.other-image",
            "from docker-flask:latest, but this step asks for the tag 1.0",
        ],
        [
            "a name with a typo runs",
            world({ name: "web", image: "docker-flsk:1.0" }),
            "container.other-image",
            "docker-flsk:1.0",
        ],
        [
            "it publishes nothing",
            world({ name: "web", ports: [port(undefined, 5000)] }),
            "container.not-published",
            "publishes no port, so port 5000 of the machine does not lead to it. EXPOSE alone does not open a port of the machine.",
        ],
        [
            "it publishes elsewhere",
            world({ name: "web", ports: [port(8000, 5000)] }),
            "container.published-elsewhere",
            "publishes 8000:5000",
        ],
        [
            "it publishes another inside port",
            world({ name: "web", ports: [port(5000, 80)] }),
            "container.wrong-inside-port",
            "leads to port 80",
        ],
        [
            "another container holds the port",
            world({ name: "old", image: "nginx", ports: [port(5000, 80)] }, { name: "web", ports: [port(5001, 5000)] }),
            "container.port-held-by-another",
            "belongs to the container old",
        ],
        [
            "it never started: port taken",
            world(
                { name: "old", image: "nginx", ports: [port(5000, 80)] },
                {
                    name: "web",
                    state: "created",
                    error: "driver failed programming external connectivity on endpoint web: Bind for 0.0.0.0:5000 failed: port is already allocated",
                },
            ),
            "container.port-taken",
            "already in use by the container old",
        ],
        [
            "it never started: no program",
            world({
                name: "web",
                state: "created",
                error: "crun: executable file `pyton` not found in $PATH: No such file or directory: unknown",
            }),
            "container.program-missing",
            '"pyton"',
        ],
        [
            "it never started: other",
            world({ name: "web", state: "created", error: "something odd" }),
            "container.not-started",
            "could not start",
        ],
        ["nobody started it", world({ name: "web", state: "created" }), "container.not-started", "docker start web"],
        [
            "it exited",
            world(exited("boom")),
            "container.exited",
            "exited with code 1. Its last lines of output are below.",
        ],
        [
            "it exited: no module",
            world(exited("ModuleNotFoundError: No module named 'flask'")),
            "container.exited",
            "the module flask",
        ],
        [
            "it exited: no file",
            world(exited("python: can't open file '/app/ap.py': [Errno 2] No such file or directory")),
            "container.exited",
            "/app/ap.py",
        ],
        [
            "it exited: syntax",
            world(
                exited("  File \"/app/app.py\", line 5\n    def hello()\n               ^\nSyntaxError: expected ':'"),
            ),
            "container.exited",
            "line 5 of /app/app.py",
        ],
        [
            "an option after the image's name",
            world(exited("", { command: ["-p", "5000:5000"], exitCode: 2 })),
            "container.exited",
            "You wrote `-p` after docker-flask:1.0",
        ],
        [
            "ended with Ctrl-C",
            world(exited("", { exitCode: 130 })),
            "container.exited",
            "run it in the background with `-d`",
        ],
        ["it exited well", world(exited("", { exitCode: 0 })), "container.exited", "It printed nothing."],
        ["it was stopped", world(exited("serving", { exitCode: 137 })), "container.stopped", "docker start sad_pike"],
        [
            "it ran out of memory",
            world(exited("", { exitCode: 137, oomKilled: true, memoryLimit: 16 << 20 })),
            "container.out-of-memory",
            "16 MB",
        ],
        ["it restarts", world(exited("", { state: "restarting" })), "container.restarting", "each time"],
        ["it is paused", world({ name: "web", state: "paused" }), "container.paused", "docker unpause web"],
        [
            "it runs an older build",
            world({ name: "web", listedImage: "488d90646181", imageId: "sha256:older", ports: [port(5000, 5000)] }),
            "container.old-image",
            "older build",
        ],
    ])("%s", async (_, state, code, words) => {
        const result = await check("container", spec, state);
        expect(result).toMatchObject({ status: "fail", code, message: expect.stringContaining(words) });
    });

    test("an exit is shown with the log", async () => {
        expect(await check("container", spec, world(exited("a\nb\n")))).toMatchObject({
            excerpt: "a\nb",
            found: "exited with code 1",
            expected: "running",
        });
    });

    test("reports on the latest attempt", async () => {
        expect(
            await check("container", spec, world(exited("", { name: "new", created: 9 }), { name: "old", created: 1 })),
        ).toMatchObject({
            code: "container.exited",
        });
    });

    test("the two numbers of -p swapped", async () => {
        expect(
            await check(
                "container",
                { image: "docker-flask:1.0", publishes: { 8000: 5000 } },
                world({ name: "web", ports: [port(5000, 8000)] }),
            ),
        ).toMatchObject({
            code: "container.published-elsewhere",
            message: expect.stringContaining("the wrong way round"),
        });
    });

    test("counts", async () => {
        const two = world({ name: "a" }, { name: "b" });
        const running = { image: "docker-flask:1.0", state: "running" };
        expect(await check("container", { ...running, count: 2 }, two)).toMatchObject({ status: "pass" });
        expect(await check("container", { ...running, count: 3 }, two)).toMatchObject({ code: "container.too-few" });
        expect(await check("container", { ...running, count: 1 }, two)).toMatchObject({ code: "container.too-many" });
        expect(await check("container", { ...running, count: 0 }, two)).toMatchObject({
            code: "container.still-there",
            message: expect.stringContaining("docker rm -f b a"),
        });
        expect(
            await check("container", { image: "docker-flask:1.0", publishes: { 5000: 5000 }, count: 0 }, two),
        ).toMatchObject({ status: "pass" });
        expect(await check("container", { name: "gone", count: 0 }, two)).toMatchObject({ status: "pass" });
    });

    test.each<[object, Partial<FakeContainer>, string]>([
        [{ state: "exited" }, {}, "container.running"],
        [{ exitCode: 0 }, { state: "exited", exitCode: 2 }, "container.wrong-exit-code"],
        [{ exitCode: 0 }, {}, "container.running"],
        [{ state: "paused" }, { state: "exited" }, "container.wrong-state"],
        [
            { command: ["python", "app.py"] },
            { entrypoint: ["python"], command: ["other.py"] },
            "container.wrong-command",
        ],
        [{ env: { A: 1 } }, {}, "container.wrong-env"],
        [{ mounts: { "/data": "counter-vol" } }, {}, "container.wrong-mount"],
        [
            { networks: "counter-net" },
            { networks: { bridge: { address: "", aliases: [] } } },
            "container.wrong-network",
        ],
        [{ labels: { a: "b" } }, {}, "container.wrong-label"],
        [{ memory: 64 }, {}, "container.wrong-memory"],
        [{ restart: "always" }, {}, "container.wrong-restart"],
        [{ health: "healthy" }, {}, "container.wrong-health"],
        [{ image: "busybox" }, {}, "container.wrong-image"],
    ])("setting %o", async (fields, container, code) => {
        expect(
            await check("container", { name: "web", ...fields }, world({ name: "web", ...container })),
        ).toMatchObject({ status: "fail", code });
    });

    test("another name", async () => {
        expect(
            await check("container", { name: "web", image: "docker-flask:1.0" }, world({ name: "quirky_kilby" })),
        ).toMatchObject({
            code: "container.other-name",
            message: expect.stringContaining("quirky_kilby"),
        });
    });
});
