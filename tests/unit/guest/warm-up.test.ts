import { describe, expect, test } from "vitest";
import type { GuestProcess } from "../../../src/agent/agent";
import { until } from "../../../src/base/abort";
import { encodeText, type Bytes } from "../../../src/base/bytes";
import { deferred } from "../../../src/base/deferred";
import { DrydockError } from "../../../src/base/errors";
import type { WarmUpAgent, WarmUpStep } from "../../../src/guest/warm-up/kit";
import {
    createWarmUp as create,
    type WarmUp,
    type WarmUpOptions,
    type WarmUpState,
} from "../../../src/guest/warm-up/warm-up";
import { warmUpSteps } from "../../../src/guest/warm-up/steps";

const createWarmUp = (agent: WarmUpAgent, options: Partial<WarmUpOptions> = {}) =>
    create(agent, { pythonHost: "index.lab", ...options });

/** An engine that knows only what the warm-up makes: labelled containers and images, and the build cache. */
class Guest implements WarmUpAgent {
    containers = new Set<string>();
    images = new Set<string>();
    cache = new Set(["student"]);
    /** Records still held by a build that is ending: the first prune skips them. */
    inUse = new Set<string>();
    written = new Set<string>();
    contents: string[] = [];
    ran: string[] = [];
    up = true;
    /** While true, programs run until they are killed. */
    hanging = false;
    exitCode = 0;
    /** Whether images are unknown. */
    missing = false;
    onKill: () => void = () => undefined;
    #count = 0;

    readonly files = {
        write: async (path: string, text: Bytes | string) => {
            this.written.add(path);
            this.contents.push(String(text));
        },
        remove: async (path: string) => {
            for (const one of this.written) if (one.startsWith(path)) this.written.delete(one);
        },
    };

    async http(_: unknown, request: Request): Promise<Response> {
        if (!this.up) throw new DrydockError("agent.refused", "Nothing listens.", "");
        const path = decodeURIComponent(new URL(request.url).pathname).replace("/v1.45", "");
        const [, kind, id] = path.split("/");
        if (request.method === "DELETE")
            return new Response(null, {
                status: (kind === "containers" ? this.containers : this.images).delete(id!) ? 204 : 404,
            });
        if (path === "/containers/json") return Response.json([...this.containers].map(Id => ({ Id })));
        if (path === "/images/json") return Response.json([...this.images].map(Id => ({ Id })));
        if (path === "/system/df") return Response.json({ BuildCache: [...this.cache].map(ID => ({ ID })) });
        if (path === "/build/prune") {
            const { id: ids } = JSON.parse(new URL(request.url).searchParams.get("filters")!) as { id: string[] };
            for (const one of ids) if (!this.inUse.delete(one)) this.cache.delete(one);
            return Response.json({ CachesDeleted: ids, SpaceReclaimed: 0 });
        }
        return this.missing
            ? Response.json({ message: "No such image" }, { status: 404 })
            : Response.json({ Id: "found" });
    }

    async spawn(argv: string[]): Promise<GuestProcess> {
        if (!this.up) throw new DrydockError("agent.gone", "The connection ended.", "");
        this.ran.push(argv.slice(1).join(" "));
        const number = ++this.#count;
        const container = argv.includes("run") || argv.includes("build") ? `c${number}` : "";
        if (container) this.containers.add(container);
        if (argv.includes("build")) {
            this.images.add(`i${number}`);
            this.cache.add(`b${number}`);
            this.inUse.add(`b${number}`);
        }
        let end: (code: number) => void = () => undefined;
        const exit = new Promise<number>(resolve => (end = resolve));
        if (!this.hanging) {
            if (argv.includes("--rm")) this.containers.delete(container);
            end(this.exitCode);
        }
        const stream = (text: string) =>
            new ReadableStream<Bytes>({
                start: controller => void (controller.enqueue(encodeText(text)), controller.close()),
            });
        return {
            stdin: new WritableStream<Bytes>(),
            stdout: stream(""),
            stderr: stream("its words"),
            exit,
            kill: () => {
                end(137);
                this.onKill();
            },
        };
    }

    get rest() {
        return {
            containers: [...this.containers],
            images: [...this.images],
            cache: [...this.cache],
            written: [...this.written],
        };
    }
}

const nothing = { containers: [], images: [], cache: ["student"], written: [] };
const finished = (warmUp: { state: WarmUpState }) =>
    until(() => (warmUp.state.kind === "finished" ? warmUp.state : undefined), {
        every: 5,
        timeout: 10_000,
        what: "the end of the warm-up",
    });
const step = (name: string, run: WarmUpStep["run"] = async () => undefined): WarmUpStep => ({ name, run });

describe("warm-up", () => {
    test("goes through the common paths and leaves nothing behind", async () => {
        const guest = new Guest();
        const warmUp = createWarmUp(guest);
        const states: WarmUpState[] = [];
        warmUp.subscribe(state => states.push(state));
        expect(warmUp.state).toEqual({ kind: "idle" });
        warmUp.start();
        warmUp.start();
        expect(await finished(warmUp)).toEqual({ kind: "finished", problems: [] });
        expect(guest.rest).toEqual(nothing);
        expect(states.map(state => (state.kind === "warming" ? state.done : state.kind))).toEqual([
            ...warmUpSteps.keys(),
            "finished",
        ]);
        for (const command of ["ps", "run --rm --label=drydock.own=warm-up busybox true", "build", "exec"])
            expect(guest.ran.join("\n")).toContain(command);
        expect(guest.contents.filter(text => text.includes("FROM python:3.13-slim"))).toHaveLength(2);
        warmUp.start();
        await warmUp.giveWay();
        expect(warmUp.state.kind).toBe("finished");
    });

    test("every container that it runs carries the label and removes itself", async () => {
        const guest = new Guest();
        const warmUp = createWarmUp(guest);
        warmUp.start();
        await finished(warmUp);
        for (const command of guest.ran.filter(one => one.startsWith("run"))) {
            expect(command).toContain("--label=drydock.own");
            expect(command).toContain("--rm");
        }
    });

    test("gives way: kills, clears, and resumes where it was", async () => {
        const guest = new Guest();
        guest.hanging = true;
        const warmUp = createWarmUp(guest, { steps: [step("first"), warmUpSteps[2]!, step("last")] });
        warmUp.start();
        await until(() => guest.ran.length > 0 || undefined, { every: 5, timeout: 5_000, what: "the build" });
        expect(guest.rest).not.toEqual(nothing);
        await warmUp.giveWay();
        expect(guest.rest).toEqual(nothing);
        expect(warmUp.state).toEqual({ kind: "yielded", done: 1, total: 3 });
        guest.hanging = false;
        warmUp.start();
        expect(await finished(warmUp)).toEqual({ kind: "finished", problems: [] });
        expect(guest.ran).toHaveLength(2);
        expect(guest.rest).toEqual(nothing);
    });

    test("a container that the engine was still making when the run was killed goes too", async () => {
        const guest = new Guest();
        guest.hanging = true;
        guest.onKill = () => setTimeout(() => guest.containers.add("late"), 100);
        const warmUp = createWarmUp(guest, { steps: [warmUpSteps[1]!] });
        warmUp.start();
        await until(() => guest.ran.length > 0 || undefined, { every: 5, timeout: 5_000, what: "the run" });
        await warmUp.giveWay();
        expect(guest.rest).toEqual(nothing);
    });

    test("a program that ends with an error because it was killed causes no problem", async () => {
        const guest = new Guest();
        guest.hanging = true;
        const ended = deferred<never>();
        const unheard: unknown[] = [];
        const onUnheard = (reason: unknown) => unheard.push(reason);
        process.on("unhandledRejection", onUnheard);
        try {
            const spawn = guest.spawn.bind(guest);
            guest.spawn = async argv => {
                const program = await spawn(argv);
                const gone = warmUp.giveWay(); // while the program is starting
                void gone;
                return {
                    ...program,
                    exit: new Promise((_, reject) => void ended.promise.catch(reject)),
                    kill: () => ended.reject(new Error("given up")),
                };
            };
            const warmUp: WarmUp = createWarmUp(guest, { steps: [warmUpSteps[0]!] });
            warmUp.start();
            await until(() => warmUp.state.kind === "yielded" || undefined, {
                every: 5,
                timeout: 5_000,
                what: "giving way",
            });
            await ended.promise.catch(() => undefined);
            await new Promise(resolve => setImmediate(resolve)); // Node reports rejections before its next turn
            expect(unheard).toEqual([]);
        } finally {
            process.off("unhandledRejection", onUnheard);
        }
    });

    test("what an earlier page left behind is removed first", async () => {
        const guest = new Guest();
        guest.containers.add("left");
        const warmUp = createWarmUp(guest, {
            steps: [step("look", async () => expect(guest.containers.size).toBe(0))],
        });
        warmUp.start();
        expect(await finished(warmUp)).toEqual({ kind: "finished", problems: [] });
    });

    test("a step that fails is a problem, and the next one runs", async () => {
        const guest = new Guest();
        guest.exitCode = 125;
        let ran = false;
        const warmUp = createWarmUp(guest, { steps: [warmUpSteps[0]!, step("next", async () => void (ran = true))] });
        warmUp.start();
        expect(await finished(warmUp)).toMatchObject({
            problems: [{ code: "docker.warm-up", message: "docker ps ended with status 125: its words" }],
        });
        expect(ran).toBe(true);
    });

    test("an engine that is away ends it", async () => {
        const guest = new Guest();
        guest.up = false;
        const warmUp = createWarmUp(guest);
        warmUp.start();
        const { problems } = (await finished(warmUp)) as Extract<WarmUpState, { kind: "finished" }>;
        expect(problems[0]).toMatchObject({ code: "docker.unreachable" });
    });

    test("no step begins once the time is up", async () => {
        const warmUp = createWarmUp(new Guest(), {
            steps: [
                step("long", () => new Promise(resolve => setTimeout(resolve, 15))),
                step("never", async () => expect.fail("began")),
            ],
            budget: 10,
        });
        warmUp.start();
        expect(await finished(warmUp)).toEqual({ kind: "finished", problems: [] });
    });

    test("a step still running when the time is up is stopped, and that is not a problem", async () => {
        const guest = new Guest();
        guest.hanging = true;
        const warmUp = createWarmUp(guest, {
            steps: [warmUpSteps[2]!, step("never", async () => expect.fail("began"))],
            budget: 50,
        });
        warmUp.start();
        expect(await finished(warmUp)).toEqual({ kind: "finished", problems: [] });
        expect(guest.ran).toHaveLength(1);
        expect(guest.rest).toEqual(nothing);
    });

    test("if the Flask lesson's base is missing, it builds without Python", async () => {
        const guest = new Guest();
        guest.missing = true;
        const warmUp = createWarmUp(guest);
        warmUp.start();
        expect(await finished(warmUp)).toEqual({ kind: "finished", problems: [] });
        expect(guest.contents.join("\n")).not.toContain("python");
        expect(guest.ran.join("\n")).not.toContain("python");
    });

    test("giving way before the start, twice, or between is harmless", async () => {
        const guest = new Guest();
        const warmUp = createWarmUp(guest, { steps: [step("only")] });
        await warmUp.giveWay();
        expect(warmUp.state).toEqual({ kind: "idle" });
        warmUp.start();
        await Promise.all([warmUp.giveWay(), warmUp.giveWay()]);
        warmUp.start();
        expect(await finished(warmUp)).toMatchObject({ problems: [] });
    });
});
