import { expect, test } from "vitest";
import type { Agent } from "../../../src/agent/agent";
import { Lifetime } from "../../../src/base/lifetime";
import type { Docker, DockerEvent } from "../../../src/docker/docker";
import { createStepChecker } from "../../../src/engine/step-checker";
import { followedEvents } from "../../../src/guest/guest";
import type { Step } from "../../../src/lesson/lesson";
import { FakeGuestFiles } from "../workspace/fake-guest-files";

const step = (expect: Step["expect"], why: Step["why"] = {}): Step => ({
    id: "s",
    title: "s",
    goal: "g",
    prose: "",
    points: 1,
    mode: "level",
    needs: [],
    why,
    hints: [],
    questions: [],
    solve: [],
    expect,
});
const file = (path: string) => ({ kind: "file", spec: { path } });
const nothing = { commands: [], answers: new Map<string, string>() };

function fakeGuest() {
    const files = new FakeGuestFiles();
    let report: (event: DockerEvent) => void = () => undefined;
    const docker = {
        events: (onEvent: (event: DockerEvent) => void) => {
            report = onEvent;
            return () => undefined;
        },
    } as unknown as Docker;
    const agent = {
        files,
        exec: () => Promise.reject(new Error("not here")),
        http: () => Promise.reject(new Error("not here")),
    } as unknown as Agent;
    const guest = { agent, docker, events: followedEvents(docker, new Lifetime()) };
    return { files, guest, report: (event: DockerEvent) => report(event) };
}

const run = (
    checker: ReturnType<typeof createStepChecker>,
    one: Step,
    stopAtFailure = false,
    observed: Parameters<typeof checker.check>[1] = nothing,
) => checker.check(one, observed, { signal: new AbortController().signal, stopAtFailure });

test("without a machine it says so; after it has gone as well", async () => {
    const checker = createStepChecker();
    await expect(run(checker, step([file("a")]))).rejects.toMatchObject({ code: "check.no-machine" });
    checker.attach(fakeGuest().guest)();
    await expect(run(checker, step([file("a")]))).rejects.toMatchObject({ code: "check.no-machine" });
});

test("files are those of the workspace, and the lesson's own sentence replaces the check's", async () => {
    const checker = createStepChecker();
    const { guest, files } = fakeGuest();
    checker.attach(guest);
    files.change("/workspace/a", "x");
    files.change("/etc/passwd", "x");
    const results = await run(checker, step([file("a"), file("passwd")], { "file.missing": "Make it." }));
    expect(results.map(({ result }) => [result.status, result.message])).toEqual([
        ["pass", expect.any(String)],
        ["fail", "Make it."],
    ]);
});

test("stopAtFailure ends after the first that does not pass", async () => {
    const checker = createStepChecker();
    const { guest, files } = fakeGuest();
    checker.attach(guest);
    files.change("/workspace/a", "x");
    const wanted = step([file("a"), file("b"), file("c")]);
    expect(await run(checker, wanted)).toHaveLength(3);
    expect((await run(checker, wanted, true)).map(({ result }) => result.status)).toEqual(["pass", "fail"]);
});

test("a check that nobody asked for does not run, and does not stop those that only read", async () => {
    const checker = createStepChecker();
    const { guest, files } = fakeGuest();
    checker.attach(guest);
    files.change("/workspace/a", "x");
    const wanted = step([{ kind: "exec", spec: { argv: ["touch", "/x"] } }, file("a")]);
    const options = { signal: new AbortController().signal, stopAtFailure: true };
    const unasked = await checker.check(wanted, nothing, { ...options, readsOnly: true });
    expect(unasked.map(({ result }) => result.status)).toEqual(["waiting", "pass"]);
    expect((await checker.check(wanted, nothing, options)).map(({ result }) => result.status)).toEqual(["error"]);
});

test("events since the lesson joined the machine, commands and answers reach the checks", async () => {
    const checker = createStepChecker();
    const { guest, report } = fakeGuest();
    checker.attach(guest);
    const wanted = step([
        { kind: "event", spec: { type: "container", action: "die" } },
        { kind: "command", spec: { ran: "docker ps" } },
        { kind: "answer", spec: { question: "q", accept: ["a"] } },
    ]);
    const before = await run(checker, wanted);
    expect(before.map(({ result }) => result.status)).toEqual(["fail", "fail", "fail"]);
    report({ type: "container", action: "die", id: "1", attributes: {}, time: 1 });
    const observed = {
        commands: [{ command: "docker ps", code: 0, at: 1, terminal: 1 }],
        answers: new Map([["q", "a"]]),
    };
    expect((await run(checker, wanted, false, observed)).map(({ result }) => result.status)).toEqual([
        "pass",
        "pass",
        "pass",
    ]);
    const next = createStepChecker();
    next.attach(guest); // now another lesson starts on the same machine
    expect((await run(next, wanted, false, observed))[0]!.result.status).toBe("fail");
    checker.attach(fakeGuest().guest); // a new machine has no past
    expect((await run(checker, wanted, false, observed))[0]!.result.status).toBe("fail");
});

test("a check that is cancelled rejects with the reason", async () => {
    const checker = createStepChecker();
    checker.attach(fakeGuest().guest);
    const gone = new AbortController();
    gone.abort();
    await expect(
        checker.check(step([file("a")]), nothing, { signal: gone.signal, stopAtFailure: false }),
    ).rejects.toMatchObject({ name: "AbortError" });
});
