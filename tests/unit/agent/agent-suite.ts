/** What every agent must do: run on the native one and on the one in the guest. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Agent, FileChange } from "../../../src/agent/agent";
import { until } from "../../../src/base/abort";
import { decodeText, readAll } from "../../../src/base/bytes";
import type { Stop } from "../../../src/base/lifetime";
import { describeHttp } from "./http-suite";
import { describeShell, type OpenShell } from "./shell-suite";

/** A busy host and an emulated guest are slow; a hang still shows. Milliseconds. */
const LIMIT = 180_000;

export interface StartedAgent {
    agent: Agent;
    close(): Promise<void>;
}

const code = (expected: string) => expect.objectContaining({ code: expected });

export function describeAgent(name: string, start: () => Promise<StartedAgent>, openShell: OpenShell): void {
    describe(name, { timeout: LIMIT }, () => {
        let started: StartedAgent;
        let agent: Agent;
        let folder: string;
        const stops: Stop[] = [];

        beforeAll(async () => {
            started = await start();
            agent = started.agent;
            folder = (await agent.exec(["mktemp", "-d"])).stdout.trim();
        }, LIMIT);
        afterEach(() => {
            for (const stop of stops.splice(0)) stop();
        });
        afterAll(async () => {
            await agent.files.remove(folder);
            await started.close();
        }, LIMIT);

        // one process, whose own arguments do not match: a fork is expensive in the guest
        const alive = async (mark: string) =>
            (
                await agent.exec([
                    "sh",
                    "-c",
                    `grep -slxz '${mark.slice(0, -1)}[${mark.slice(-1)}]' /proc/[0-9]*/cmdline`,
                ])
            ).stdout !== "";
        const gone = (mark: string) =>
            until(async () => ((await alive(mark)) ? undefined : true), {
                every: 50,
                timeout: 20_000,
                what: `the end of sleep ${mark}`,
            });
        const present = (mark: string) =>
            until(async () => ((await alive(mark)) ? true : undefined), {
                every: 50,
                timeout: 20_000,
                what: `the start of sleep ${mark}`,
            });

        describe("exec", () => {
            test("keeps output, errors and the exit status apart", async () => {
                expect(await agent.exec(["sh", "-c", "echo out; echo err >&2; exit 7"])).toEqual({
                    stdout: "out\n",
                    stderr: "err\n",
                    code: 7,
                });
            });

            test("passes input, environment and folder", async () => {
                const result = await agent.exec(["sh", "-c", "pwd; echo $GREETING; echo $HOME; cat"], {
                    cwd: folder,
                    env: { GREETING: "hello" },
                    stdin: "typed",
                });
                expect(result.stdout).toBe(`${folder}\nhello\n/root\ntyped`);
            });

            test("reports a signal as the shell does", async () => {
                expect((await agent.exec(["sh", "-c", "kill -TERM $$"])).code).toBe(143);
            });

            test("names what cannot be started", async () => {
                await expect(agent.exec(["no-such-program"])).rejects.toEqual(code("agent.not-found"));
                await expect(agent.exec(["true"], { cwd: "/no/such/folder" })).rejects.toEqual(code("agent.not-found"));
                await expect(agent.exec([])).rejects.toEqual(code("agent.bad-request"));
            });

            test("carries a megabyte both ways unharmed", async () => {
                const megabyte = new Uint8Array(1 << 20).map((_, i) => i * 7 + (i >> 8));
                const program = await agent.spawn(["cat"]);
                const writer = program.stdin.getWriter();
                const writing = writer.write(megabyte).then(() => writer.close());
                const back = await readAll(program.stdout);
                await writing;
                expect(await program.exit).toBe(0);
                expect(Buffer.compare(back, megabyte)).toBe(0);
            });

            test("an abort kills the program and what it started", async () => {
                const stop = new AbortController();
                const running = agent.exec(["sh", "-c", "sleep 4711 & sleep 4711"], { signal: stop.signal });
                await present("4711");
                stop.abort();
                await expect(running).rejects.toHaveProperty("name", "AbortError");
                await gone("4711");
            });

            test("kill sends the signal", async () => {
                const program = await agent.spawn(["sleep", "4712"]);
                program.kill("INT");
                expect(await program.exit).toBe(130);
            });

            test("a child left behind with the output open does not delay the result", async () => {
                expect((await agent.exec(["sh", "-c", "sleep 3 & echo done"])).stdout).toBe("done\n");
            });

            test("a flood that nobody reads waits at its source", async () => {
                const program = await agent.spawn(["sh", "-c", "yes & echo $! >&2; wait"]);
                const errors = program.stderr.getReader();
                const pid = decodeText((await errors.read()).value!).trim();
                // It is blocked in write(2) if it uses no more processor time from one look to a later one.
                const ticks = async () =>
                    (await agent.exec(["sh", "-c", `cut -d' ' -f14,15 /proc/${pid}/stat`])).stdout;
                await until(
                    async () =>
                        (await ticks()) ===
                        (await agent.exec(["sh", "-c", `sleep 0.2; cut -d' ' -f14,15 /proc/${pid}/stat`])).stdout
                            ? true
                            : undefined,
                    { every: 50, timeout: 20_000, what: "the flood's halt" },
                );
                program.kill("KILL");
                const reader = program.stdout.getReader();
                let bytes = 0;
                for (let part = await reader.read(); !part.done; part = await reader.read())
                    bytes += part.value.byteLength;
                expect(bytes).toBeLessThan(4 << 20);
                expect(await program.exit).toBe(137);
            });
        });

        describe("pty", () => {
            const open = (argv: string[], size = { columns: 80, rows: 24 }) =>
                agent.pty({ argv, cwd: folder, ...size });

            test("is a terminal of the size asked for, and follows a resize", async () => {
                const pty = await open(["sh", "-c", "stty size; read line; stty size; exit 3"], {
                    columns: 101,
                    rows: 33,
                });
                const reader = pty.output.getReader();
                let seen = "";
                while (!seen.includes("33 101")) seen += decodeText((await reader.read()).value!);
                pty.resize(90, 20);
                await pty.write("\n");
                for (let part = await reader.read(); !part.done; part = await reader.read())
                    seen += decodeText(part.value);
                expect(seen).toContain("20 90");
                expect(await pty.exit).toBe(3);
            });

            test("closing hangs up and ends the jobs", async () => {
                const pty = await open(["bash", "--norc", "-i"]);
                await pty.write("sleep 4713 &\nsleep 4713\n");
                await present("4713");
                pty.close();
                await gone("4713");
                await expect(pty.exit).rejects.toBeDefined();
            });

            test("Ctrl-C ends a flood at once", async () => {
                const pty = await open(["bash", "--norc", "-i"]);
                const reader = pty.output.getReader();
                let bytes = 0;
                await pty.write("yes; echo over-$((1+1))\n");
                while (bytes < 1 << 20) bytes += (await reader.read()).value!.byteLength;
                await pty.write("\x03");
                await pty.write("echo over-$((1+1))\n");
                let tail = "";
                let after = 0;
                while (!tail.includes("over-2")) {
                    const { value } = await reader.read();
                    after += value!.byteLength;
                    tail = (tail + decodeText(value!)).slice(-200);
                }
                expect(after).toBeLessThan(512 << 10);
                pty.close();
            });

            test("a size of zero is refused", async () => {
                await expect(open(["true"], { columns: 0, rows: 0 })).rejects.toEqual(code("agent.bad-request"));
            });
        });

        describe("files", () => {
            test("writes, reads, stats, lists, renames and removes", async () => {
                const path = `${folder}/deep/er/file.txt`;
                await agent.files.write(path, "täxt", { mode: 0o600 });
                expect(decodeText(await agent.files.read(path))).toBe("täxt");
                expect(await agent.files.stat(path)).toMatchObject({
                    path: "file.txt",
                    kind: "file",
                    size: 5,
                    mode: 0o600,
                });
                await agent.files.write(path, "more");
                expect((await agent.files.stat(path))!.mode).toBe(0o600);
                await agent.files.makeFolder(`${folder}/deep/empty`);
                expect(
                    (await agent.files.list(`${folder}/deep`, { recursive: true }))
                        .map(entry => [entry.kind, entry.path])
                        .sort(),
                ).toEqual([
                    ["file", "er/file.txt"],
                    ["folder", "empty"],
                    ["folder", "er"],
                ]);
                expect((await agent.files.list(`${folder}/deep`)).map(entry => entry.path).sort()).toEqual([
                    "empty",
                    "er",
                ]);
                await agent.files.rename(path, `${folder}/deep/moved`);
                expect(await agent.files.stat(path)).toBeUndefined();
                await agent.files.remove(`${folder}/deep`);
                await agent.files.remove(`${folder}/deep`);
                expect(await agent.files.stat(`${folder}/deep`)).toBeUndefined();
            });

            test("an empty file and one of megabytes come back whole", async () => {
                const big = new Uint8Array(2 << 20).map((_, i) => i ^ (i >> 9));
                await agent.files.write(`${folder}/empty`, "");
                await agent.files.write(`${folder}/big`, big);
                expect((await agent.files.read(`${folder}/empty`)).byteLength).toBe(0);
                expect(Buffer.compare(await agent.files.read(`${folder}/big`), big)).toBe(0);
                await expect(agent.files.read(`${folder}/big`, { limit: 1 << 20 })).rejects.toEqual(
                    code("agent.file-too-large"),
                );
            });

            test("reads files whose size the kernel does not report", async () => {
                expect(decodeText(await agent.files.read("/proc/version"))).toContain("Linux");
                await expect(agent.files.read("/proc/version", { limit: 3 })).rejects.toEqual(
                    code("agent.file-too-large"),
                );
            });

            test("writes through a link and leaves it a link", async () => {
                await agent.exec(["sh", "-c", "echo a >target; ln -s target link"], { cwd: folder });
                await agent.files.write(`${folder}/link`, "b");
                expect(decodeText(await agent.files.read(`${folder}/target`))).toBe("b");
                expect((await agent.files.stat(`${folder}/link`))!.kind).toBe("link");
            });

            test("names what is wrong", async () => {
                await expect(agent.files.read(`${folder}/none`)).rejects.toEqual(code("agent.not-found"));
                await expect(agent.files.read(folder)).rejects.toEqual(code("agent.not-a-file"));
                await expect(agent.files.list(`${folder}/none`)).rejects.toEqual(code("agent.not-found"));
                await expect(agent.files.read("relative")).rejects.toEqual(code("agent.bad-request"));
                await expect(agent.files.remove("/")).rejects.toEqual(code("agent.bad-request"));
                await expect(agent.files.write("/dev/full/file", "x")).rejects.toEqual(code("agent.not-a-folder"));
                await agent.exec(["mkfifo", `${folder}/pipe`]);
                await expect(agent.files.read(`${folder}/pipe`)).rejects.toEqual(code("agent.not-a-file"));
            });

            test("a full disk is reported, and leaves the old file", async () => {
                const mount = await agent.exec([
                    "sh",
                    "-c",
                    `mkdir ${folder}/small && mount -t tmpfs -o size=64k tmpfs ${folder}/small`,
                ]);
                if (mount.code !== 0) return; // a host on which root may not mount
                try {
                    await agent.files.write(`${folder}/small/file`, "old");
                    await expect(agent.files.write(`${folder}/small/file`, new Uint8Array(1 << 20))).rejects.toEqual(
                        code("agent.no-space"),
                    );
                    expect(decodeText(await agent.files.read(`${folder}/small/file`))).toBe("old");
                    expect(await agent.files.list(`${folder}/small`)).toHaveLength(1);
                } finally {
                    await agent.exec(["umount", `${folder}/small`]);
                }
            });

            test("watch reports changes in new folders too, and no unfinished writes", async () => {
                const seen: FileChange[] = [];
                const place = `${folder}/watched`;
                await agent.files.makeFolder(place);
                let failure: unknown;
                stops.push(
                    agent.files.watch(
                        place,
                        changes => seen.push(...changes),
                        error => (failure = error),
                    ),
                );
                const sees = (kind: string, path: string) =>
                    until(
                        () => (seen.some(change => change.kind === kind && change.path === path) ? true : undefined),
                        { every: 20, timeout: 20_000, what: `${kind} ${path}` },
                    );
                // The watch begins once the agent has received it: touch a file until it is reported.
                await until(
                    async () => (await agent.exec(["touch", "first"], { cwd: place }), seen.length ? true : undefined),
                    { every: 50, timeout: 20_000, what: "the watch" },
                );
                await agent.exec(["sh", "-c", "mkdir -p sub/sub && echo x > sub/sub/file"], { cwd: place });
                await sees("changed", "sub/sub/file");
                await agent.exec(["sh", "-c", "echo 2 > sub/later"], { cwd: place });
                await sees("changed", "sub/later");
                await agent.files.remove(`${place}/sub`);
                await sees("removed", "sub/sub/file");
                await sees("removed", "sub");
                expect(seen.filter(change => change.path.includes(".drydock-write-"))).toEqual([]);
                expect(failure).toBeUndefined();
            });

            test("watch leaves out what the page wrote, but not what a program did to it", async () => {
                const place = `${folder}/echoes`;
                await agent.files.makeFolder(place);
                const seen: FileChange[] = [];
                stops.push(agent.files.watch(place, changes => seen.push(...changes)));
                const run = (line: string) => agent.exec(["sh", "-c", line], { cwd: place });
                /** Marks what was reported so far: a change made now comes after everything before it. */
                let marks = 0;
                const reported = async (): Promise<string[]> => {
                    const mark = `mark-${marks++}`;
                    await until(
                        async () => {
                            await run(`echo x > ${mark}`);
                            return seen.some(change => change.path === mark) || undefined;
                        },
                        { every: 50, timeout: 20_000, what: mark },
                    );
                    const told = seen.splice(0).filter(({ path }) => !path.startsWith("mark-"));
                    return told.map(({ kind, path }) => `${kind} ${path}`);
                };
                await reported();
                await agent.files.write(`${place}/own`, "1111");
                await agent.files.write(`${place}/own`, "2222");
                expect(await reported()).toEqual([]);
                await run("printf 3333 > own");
                expect(await reported()).toContain("changed own");
                await agent.files.write(`${place}/own`, "4444");
                await run("printf 5555 > ../other && mv ../other own");
                expect(await reported()).toContain("changed own");
                await agent.files.write(`${place}/own`, "6666");
                await run("mv own away && mv away own");
                expect(await reported()).toContain("changed own");
                await agent.files.remove(`${place}/own`);
                expect(await reported()).toContain("removed own");
            });

            test("watch misses no program that writes the same file at the same moment", async () => {
                const place = `${folder}/races`;
                await agent.files.makeFolder(place);
                const seen: FileChange[] = [];
                stops.push(agent.files.watch(place, changes => seen.push(...changes)));
                await until(
                    async () => (await agent.exec(["touch", "first"], { cwd: place }), seen.length ? true : undefined),
                    { every: 50, timeout: 20_000, what: "the watch" },
                );
                for (let round = 0; round < 20; round++) {
                    const path = `race-${round}`;
                    // same size, alternately in place and by renaming
                    const line = round % 2 ? `printf theirs > ${path}` : `printf theirs > ../t && mv ../t ${path}`;
                    await Promise.all([
                        agent.files.write(`${place}/${path}`, "ours__"),
                        agent.exec(["sh", "-c", line], { cwd: place }),
                    ]);
                    const last = decodeText(await agent.files.read(`${place}/${path}`));
                    if (last !== "theirs") continue;
                    await until(() => seen.some(change => change.path === path) || undefined, {
                        every: 20,
                        timeout: 20_000,
                        what: `changed ${path}`,
                    });
                }
            });

            test("watch reports when there is nothing to watch", async () => {
                const error = await new Promise(resolve =>
                    stops.push(agent.files.watch(`${folder}/none`, () => undefined, resolve)),
                );
                expect(error).toEqual(code("agent.not-found"));
            });
        });

        describeHttp(
            () => agent,
            () => folder,
        );

        describeShell(
            () => agent,
            () => folder,
            openShell,
        );

        describe("the machine", () => {
            test("tells its usage", async () => {
                const usage = await agent.usage();
                expect(usage.memoryTotal).toBeGreaterThan(usage.memoryAvailable);
                expect(usage.memoryAvailable).toBeGreaterThan(1 << 20);
                expect(usage.processor).toBeGreaterThanOrEqual(0);
                expect(usage.processor).toBeLessThanOrEqual(1);
            });

            test("refuses an unbelievable time and too little entropy", async () => {
                await expect(agent.setTime(12)).rejects.toEqual(code("agent.bad-request"));
                await expect(agent.reseed(new Uint8Array(8))).rejects.toEqual(code("agent.bad-request"));
            });
        });

        test("two hundred operations at a time all end", async () => {
            const results = await Promise.all(
                Array.from({ length: 200 }, (_, i) => (i % 2 ? agent.files.stat("/") : agent.files.list(folder))),
            );
            expect(results).toHaveLength(200);
        });
    });
}
