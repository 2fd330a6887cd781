/** The lock against a second build, cleaning up, and what a build reports. */
import { existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { withBuildLock } from "../../../src/image-builder/workshop/build-lock";
import { currentImage, imagesInUse, makeCurrent } from "../../../src/host/current-image";
import { IMAGE_FORMAT } from "../../../src/vm/image/image";
import { image } from "../../../src/cli/image";
import { prune } from "../../../src/image-builder/workshop/prune";
import { createReporter, seconds } from "../../../src/image-builder/workshop/reporter";

let folder: string;
const before = process.env.DRYDOCK_CACHE;

beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "drydock-build-"));
    process.env.DRYDOCK_CACHE = folder;
});
afterEach(() => {
    if (before === undefined) delete process.env.DRYDOCK_CACHE;
    else process.env.DRYDOCK_CACHE = before;
    rmSync(folder, { recursive: true });
});

describe("build lock", () => {
    const quiet = { note: () => undefined };
    const never = new AbortController().signal;

    test("two builds take turns", async () => {
        const order: string[] = [];
        let finish!: () => void;
        let waits!: () => void;
        let enters!: () => void;
        const waiting = new Promise<void>(resolve => (waits = resolve));
        const inside = new Promise<void>(resolve => (enters = resolve));
        const first = withBuildLock(quiet, never, async () => {
            order.push("first in");
            enters();
            await new Promise<void>(resolve => (finish = resolve));
            order.push("first out");
        });
        await inside; // otherwise the second one might get in
        const second = withBuildLock({ note: () => waits() }, never, async () => void order.push("second"));
        await waiting;
        finish();
        await Promise.all([first, second]);
        expect(order).toEqual(["first in", "first out", "second"]);
        expect(existsSync(join(folder, "build.lock"))).toBe(false);
    });

    test("the lock of a process that is gone is taken over", async () => {
        const { pid } = spawnSync("true");
        writeFileSync(join(folder, "build.lock"), String(pid));
        expect(await withBuildLock(quiet, never, () => Promise.resolve("done"))).toBe("done");
    });

    test("waiting can be cancelled; the other's lock stays", async () => {
        writeFileSync(join(folder, "build.lock"), String(process.pid));
        const stop = new AbortController();
        await expect(
            withBuildLock({ note: () => stop.abort(new Error("no more")) }, stop.signal, () => Promise.resolve()),
        ).rejects.toThrow("no more");
        expect(readFileSync(join(folder, "build.lock"), "utf8")).toBe(String(process.pid));
    });

    test("a failing build lets go", async () => {
        await expect(withBuildLock(quiet, never, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
        expect(await withBuildLock(quiet, never, () => Promise.resolve(1))).toBe(1);
    });
});

describe("current image", () => {
    test("none yet: says how to build it", async () => {
        await expect(currentImage()).rejects.toMatchObject({
            code: "image.missing",
            advice: expect.stringContaining("image build"),
        });
    });

    test("an unreadable one is named", async () => {
        mkdirSync(join(folder, "images/abc"), { recursive: true });
        writeFileSync(join(folder, "images/current"), "abc\n");
        await expect(currentImage()).rejects.toMatchObject({
            code: "image.damaged",
            message: expect.stringContaining("abc"),
        });
        writeFileSync(join(folder, "images/abc/image.json"), '{"format":1,"id":"abc"}');
        await expect(currentImage()).rejects.toMatchObject({ code: "image.damaged" });
    });

    test("a clone keeps its own when another clone chooses, and takes that one when its own is gone", async () => {
        for (const id of ["ours", "theirs"]) {
            mkdirSync(join(folder, "images", id), { recursive: true });
            writeFileSync(join(folder, "images", id, "image.json"), JSON.stringify({ format: IMAGE_FORMAT, id }));
        }
        await makeCurrent("ours");
        writeFileSync(join(folder, "images/current"), "theirs\n");
        expect((await currentImage()).id).toBe("ours");
        writeFileSync(join(folder, "images/current-0123456789ab"), `deleted\n${join(folder, "no clone")}\n`);
        expect((await imagesInUse()).sort()).toEqual(["ours", "theirs"]);
        rmSync(join(folder, "images/ours"), { recursive: true });
        expect((await currentImage()).id).toBe("theirs");
    });
});

test("prune keeps the most recently used outputs of each stage, the current image, and the chunks that images share", async () => {
    const make = (path: string, age: number) => {
        mkdirSync(join(folder, path), { recursive: true });
        writeFileSync(join(folder, path, "file"), "x".repeat(5000));
        utimesSync(join(folder, path), 1e9 - age, 1e9 - age);
    };
    for (const age of [1, 2, 3]) make(`stages/guest-root-${age}a`, age);
    make("stages/guest-9f", 9);
    make("stages/disk-5e.part", 0);
    for (const age of [1, 2, 3]) make(`images/${age}c`, age);
    writeFileSync(join(folder, "images/current-0123456789ab"), "3c\n");
    mkdirSync(join(folder, "chunks/zstd-19/aa"), { recursive: true });
    for (const name of ["shared", "alone"]) writeFileSync(join(folder, "chunks/zstd-19/aa", name), "chunk");
    linkSync(join(folder, "chunks/zstd-19/aa/shared"), join(folder, "images/1c/shared"));

    const { removed, bytes } = await prune(1);
    expect(removed).toBe(4);
    expect(bytes).toBeGreaterThan(4 * 5000);
    const left = (path: string) => existsSync(join(folder, path));
    expect(
        ["stages/guest-root-1a", "stages/guest-9f", "images/1c", "images/3c", "chunks/zstd-19/aa/shared"].filter(
            path => !left(path),
        ),
    ).toEqual([]);
    expect(
        [
            "stages/guest-root-2a",
            "stages/guest-root-3a",
            "stages/disk-5e.part",
            "images/2c",
            "chunks/zstd-19/aa/alone",
        ].filter(left),
    ).toEqual([]);
});

describe("what a build says", () => {
    function recorded(isTTY: boolean) {
        let text = "";
        const out = {
            isTTY,
            columns: 40,
            write: (part: string) => ((text += part), true),
        } as unknown as NodeJS.WriteStream;
        return { out, text: () => text };
    }

    test("without a terminal: plain lines, one at the start and one at the end of a stage", () => {
        const { out, text } = recorded(false);
        const report = createReporter(out);
        const stage = report.begin("kernel");
        stage.progress("half");
        stage.done("built");
        report.begin("disk").failed();
        report.end();
        expect(text()).not.toContain("\x1b");
        expect(
            text()
                .split("\n")
                .map(line => line.trim().replace(/ +[\d.]+ s/, " T")),
        ).toEqual(["kernel ...", "✓ kernel T", "disk ...", "✗ disk T", "", "kernel T", ""]);
    });

    test("on a terminal: no line is longer than it is wide", () => {
        const { out, text } = recorded(true);
        const report = createReporter(out);
        report.begin("first");
        report.begin("second").progress("x".repeat(200));
        report.note("a note");
        report.end();
        for (const line of text().split("\n")) expect(line.replace(/\x1b\[\d*[A-Z]/g, "").length).toBeLessThan(40);
    });

    test("times are read easily", () => {
        expect([seconds(40), seconds(59_949), seconds(61_000), seconds(305_000)]).toEqual([
            "0.0 s",
            "59.9 s",
            "1 min 01 s",
            "5 min 05 s",
        ]);
    });

    test("calls with wrong arguments are named", async () => {
        for (const argv of [[], ["bake"], ["prune", "--keep", "none"], ["prune", "--keep", "0"]])
            await expect(image.run(argv)).rejects.toMatchObject({ code: "cli.usage" });
    });
});
