import { describe, expect, test } from "vitest";
import { until } from "../../../src/base/abort";
import { concatBytes, encodeText } from "../../../src/base/bytes";
import { DrydockError } from "../../../src/base/errors";
import { createDocker } from "../../../src/docker/client";
import type { DockerEvent } from "../../../src/docker/docker";
import { lines } from "../../../src/docker/events";
import { readLog } from "../../../src/docker/logs";
import { dockerSuite } from "./engine-suite";
import { FakeEngine, recordedEvents } from "./fake-engine";

const tagEvent = (at: number) =>
    `${JSON.stringify({ Type: "image", Action: "tag", Actor: { ID: "sha256:1", Attributes: { name: "seen:1" } }, time: at, timeNano: at * 1e9 })}\n`;

dockerSuite("docker client on the recorded engine", async () => {
    const engine = new FakeEngine();
    return { docker: createDocker(engine), tag: async () => engine.tell(tagEvent(1_795_253_700)) };
});

const failure = (promise: Promise<unknown>) =>
    promise.then(
        () => expect.fail("no error"),
        (thrown: unknown) => thrown as DrydockError,
    );

describe("docker client, when something is wrong", () => {
    test("an engine that is away is docker.unreachable, and ping is false", async () => {
        const engine = new FakeEngine();
        engine.up = false;
        const docker = createDocker(engine);
        expect(await failure(docker.containers.list())).toMatchObject({
            code: "docker.unreachable",
            cause: { code: "agent.refused" },
        });
        expect(await docker.ping()).toBe(false);
    });

    test("a stopped machine keeps its own name", async () => {
        const docker = createDocker({
            http: () => Promise.reject(new DrydockError("vm.stopped", "The machine has stopped.", "Restart it.")),
        });
        expect(await failure(docker.images.list())).toMatchObject({ code: "vm.stopped" });
    });

    test("a refusal carries the engine's own words", async () => {
        const engine = new FakeEngine();
        engine.answer("/containers/json?all=0", { message: "invalid filter" }, 400);
        expect(await failure(createDocker(engine).containers.list())).toMatchObject({
            code: "docker.refused",
            message: "The Docker engine refused: invalid filter",
        });
        engine.answer("/networks", "404 page not found", 404);
        expect(await failure(createDocker(engine).networks.list())).toMatchObject({
            code: "docker.refused",
            message: "The Docker engine refused: 404 page not found",
        });
    });

    test("a reply of the wrong shape is docker.bad-reply with the field's path", async () => {
        const engine = new FakeEngine();
        const docker = createDocker(engine);
        engine.answer("/containers/json?all=0", [
            { Id: "1", Names: null, Image: "a", State: "asleep", Status: "", Created: 1 },
        ]);
        expect(await failure(docker.containers.list())).toMatchObject({
            code: "docker.bad-reply",
            message: expect.stringContaining("0.State"),
        });
        engine.answer("/images/json", "<html>");
        expect(await failure(docker.images.list())).toMatchObject({ code: "docker.bad-reply" });
    });

    test("an unknown field does no harm", async () => {
        const engine = new FakeEngine();
        engine.answer("/volumes", {
            Volumes: [{ Name: "v", Driver: "local", Mountpoint: "/v", Labels: null, Novelty: { deep: [1] } }],
        });
        expect(await createDocker(engine).volumes.list()).toEqual([
            { name: "v", driver: "local", mountpoint: "/v", labels: {} },
        ]);
    });

    test("the engine is not asked for impossible names", async () => {
        const engine = new FakeEngine();
        const docker = createDocker(engine);
        for (const name of ["", "../images", "a/../b", "a//b", "-x", "has space", "a/"])
            expect(await docker.containers.inspect(name)).toBeUndefined();
        expect(engine.asked).toEqual([]);
    });

    test("a caller that gives up is told so at once", async () => {
        const engine = new FakeEngine();
        engine.silent = true;
        const stop = new AbortController();
        const asked = failure(createDocker(engine).containers.list({ signal: stop.signal }));
        stop.abort();
        expect(await asked).toMatchObject({ name: "AbortError" });
        expect(await failure(createDocker(engine).images.list(stop.signal))).toMatchObject({ name: "AbortError" });
    });
});

describe("docker events", () => {
    const soon = (what: string, look: () => boolean) =>
        until(() => look() || undefined, { every: 5, timeout: 5_000, what });

    test("are followed again after the engine has restarted, with nothing lost or repeated", async () => {
        const engine = new FakeEngine();
        const events: DockerEvent[] = [];
        const errors: unknown[] = [];
        const stop = createDocker(engine, { backoff: { first: 5, most: 20 } }).events(
            event => events.push(event),
            error => errors.push(error),
        );
        await soon("following", () => engine.followers === 1);
        engine.tell(tagEvent(100));
        await soon("the first event", () => events.length === 1);
        engine.up = false;
        engine.hangUp();
        await soon("the error", () => errors.length > 1);
        expect(errors[0]).toMatchObject({ code: "docker.unreachable" });
        engine.history = tagEvent(100) + tagEvent(101);
        engine.up = true;
        await soon("the second event", () => events.length === 2);
        expect(events.map(event => event.time)).toEqual([100_000, 101_000]);
        expect(engine.asked.at(-1)).toBe("/events?since=100");
        stop();
        await soon("the end", () => engine.followers === 0);
    });

    test("two events in the same instant are two", async () => {
        const engine = new FakeEngine();
        const events: DockerEvent[] = [];
        const stop = createDocker(engine).events(event => events.push(event));
        await soon("following", () => engine.followers === 1);
        engine.tell(recordedEvents.join("\n"));
        engine.tell("\n");
        await soon("all of them", () => events.length === recordedEvents.length);
        expect(events[0]!.attributes).toHaveProperty("image");
        stop();
    });

    test("a damaged line is an error and not the end", async () => {
        const engine = new FakeEngine();
        const events: DockerEvent[] = [];
        const errors: unknown[] = [];
        const stop = createDocker(engine, { backoff: { first: 5, most: 20 } }).events(
            event => events.push(event),
            error => errors.push(error),
        );
        await soon("following", () => engine.followers === 1);
        engine.tell("{nonsense\n");
        await soon("the error", () => errors.length === 1);
        expect(errors[0]).toMatchObject({ code: "docker.bad-reply" });
        await soon("following again", () => engine.followers === 1);
        engine.tell(tagEvent(7));
        await soon("the event", () => events.length === 1);
        stop();
    });

    test("lines survive every way to cut the bytes", async () => {
        const bytes = encodeText('{"a":"ä"}\n\n{"b":2}\r\nrest');
        for (let size = 1; size <= bytes.length; size++) {
            const stream = new ReadableStream<Uint8Array>({
                start(controller) {
                    for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
                    controller.close();
                },
            });
            const found: string[] = [];
            for await (const line of lines(stream)) found.push(line.trim());
            expect(found).toEqual(['{"a":"ä"}', '{"b":2}', "rest"]);
        }
    });
});

describe("Drydock's own things", () => {
    const labels = { "drydock.own": "warm-up" };

    test("stay out of the lists", async () => {
        const engine = new FakeEngine();
        engine.answer("/containers/json?all=1", [
            { Id: "1", Names: ["/x"], Image: "busybox", State: "running", Status: "Up", Created: 1, Labels: labels },
        ]);
        engine.answer("/images/json", [{ Id: "1", Size: 1, Created: 1, Labels: labels }]);
        const docker = createDocker(engine);
        expect(await docker.containers.list({ all: true })).toEqual([]);
        expect(await docker.images.list()).toEqual([]);
    });

    test("stay out of the events, even if an event has only an id", async () => {
        const engine = new FakeEngine();
        const events: DockerEvent[] = [];
        const stop = createDocker(engine).events(event => events.push(event));
        await until(() => engine.followers === 1 || undefined, { every: 5, timeout: 5_000, what: "following" });
        let instant = 0;
        const tell = (Type: string, Action: string, ID: string, Attributes: object) =>
            engine.tell(
                `${JSON.stringify({ Type, Action, Actor: { ID, Attributes }, time: 1, timeNano: ++instant })}\n`,
            );
        tell("container", "create", "ours", labels);
        tell("network", "connect", "bridge", { container: "ours", name: "bridge" });
        tell("container", "destroy", "ours", {});
        tell("network", "connect", "bridge", { container: "theirs", name: "bridge" });
        tell("container", "start", "theirs", {});
        await until(() => events.length > 1 || undefined, { every: 5, timeout: 5_000, what: "the student's events" });
        expect(events.map(event => `${event.type} ${event.action}`)).toEqual(["network connect", "container start"]);
        stop();
    });
});

describe("log replies", () => {
    const frame = (stream: number, text: string) => {
        const body = encodeText(text);
        return concatBytes([new Uint8Array([stream, 0, 0, 0, 0, 0, 0, body.length]), body]);
    };
    const multiplexed = "application/vnd.docker.multiplexed-stream";

    test("both streams in order, a character cut in two pieces whole again", () => {
        const parts = [frame(1, "one\n"), frame(2, "two\n")];
        expect(readLog(concatBytes(parts), multiplexed)).toBe("one\ntwo\n");
        const halves = encodeText("ä");
        const cut = [...halves].map(byte =>
            concatBytes([new Uint8Array([1, 0, 0, 0, 0, 0, 0, 1]), new Uint8Array([byte])]),
        );
        expect(readLog(concatBytes(cut), multiplexed)).toBe("ä");
        expect(readLog(new Uint8Array(), multiplexed)).toBe("");
    });

    test("a reply that was cut off is a named error", () => {
        const whole = frame(1, "one\n");
        for (const damaged of [whole.slice(0, -1), whole.slice(0, 5), new Uint8Array([9, 0, 0, 0, 0, 0, 0, 0])])
            expect(() => readLog(damaged, multiplexed)).toThrow(expect.objectContaining({ code: "docker.bad-reply" }));
    });
});
