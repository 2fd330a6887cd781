import {
    chmodSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { run } from "../../../src/image-builder/workshop/program";
import { silentReporter } from "../../../src/image-builder/workshop/reporter";
import { defineStage, hashPath, type StageRecipe, type Workshop } from "../../../src/image-builder/workshop/stage";
import { DrydockError } from "../../../src/base/errors";

let folder: string;
let stop: AbortController;
const before = process.env.DRYDOCK_CACHE;

beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "drydock-stage-"));
    process.env.DRYDOCK_CACHE = folder;
    stop = new AbortController();
});
afterEach(() => {
    if (before === undefined) delete process.env.DRYDOCK_CACHE;
    else process.env.DRYDOCK_CACHE = before;
    rmSync(folder, { recursive: true });
});

const workshop = (): Workshop => ({ report: silentReporter, signal: stop.signal });
const stage = (changes: Partial<StageRecipe>) =>
    defineStage(workshop(), { name: "s", version: 1, inputs: [], needs: [], run: async () => undefined, ...changes });

describe("stage", () => {
    test("the key follows name, version, inputs and earlier stages, and nothing else", () => {
        const key = stage({ inputs: ["a", "b"] }).key;
        expect(stage({ inputs: ["a", "b"] }).key).toBe(key);
        const others = [
            stage({ inputs: ["ab"] }),
            stage({ inputs: ["a", "b"], version: 2 }),
            stage({ inputs: ["a", "b"], name: "t" }),
            stage({ inputs: ["a", "b"], needs: [stage({})] }),
        ];
        expect(new Set([key, ...others.map(other => other.key)]).size).toBe(5);
    });

    test("runs once, its needs first, and not at all when the output is there", async () => {
        const order: string[] = [];
        const first = () => stage({ name: "first", run: async () => void order.push("first") });
        const second = () => {
            const need = first();
            return stage({
                name: "second",
                needs: [need],
                run: async ({ out }) => {
                    order.push("second");
                    expect(existsSync(need.folder)).toBe(true);
                    writeFileSync(join(out, "x"), "made");
                },
            });
        };
        const made = second();
        await Promise.all([made.make(), made.make()]);
        await second().make();
        expect(order).toEqual(["first", "second"]);
        expect(readFileSync(join(made.folder, "x"), "utf8")).toBe("made");
    });

    test("a failure leaves nothing under the final name, names the stage, and the next try starts clean", async () => {
        let fails = true;
        const recipe: Partial<StageRecipe> = {
            run: async ({ out }) => {
                expect(existsSync(join(out, "half"))).toBe(false);
                writeFileSync(join(out, "half"), "");
                if (fails) throw new Error("it rained");
            },
        };
        await expect(stage(recipe).make()).rejects.toMatchObject({
            code: "image.stage-failed",
            message: expect.stringContaining('"s" failed: it rained'),
        });
        expect(existsSync(stage(recipe).folder)).toBe(false);
        fails = false;
        expect(existsSync(await stage(recipe).make())).toBe(true);
    });

    test("a program's failure shows the end of its output and the log's name", async () => {
        const failing = stage({
            run: ({ log }) => run("sh", ["-c", "echo all is lost >&2; exit 3"], { log }).then(() => undefined),
        });
        const thrown: unknown = await failing.make().catch((error: unknown) => error);
        expect(thrown).toBeInstanceOf(DrydockError);
        expect(thrown).toMatchObject({
            code: "image.program-failed",
            message: expect.stringMatching(/status 3[^]*all is lost/),
            advice: expect.stringContaining("s.log"),
        });
    });

    test("a missing program says so", async () => {
        const failing = stage({ run: ({ log }) => run("no-such-program-here", [], { log }).then(() => undefined) });
        await expect(failing.make()).rejects.toMatchObject({
            code: "image.program-missing",
            message: expect.stringContaining("no-such-program-here"),
        });
    });

    test("a full disk says how much is needed and where", async () => {
        const full = stage({
            run: async () =>
                Promise.reject(Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" })),
        });
        await expect(full.make()).rejects.toMatchObject({
            code: "image.no-space",
            message: expect.stringContaining(folder),
            advice: expect.stringContaining("DRYDOCK_CACHE"),
        });
    });

    test("an abort ends the program and rejects with its reason", async () => {
        const long = stage({
            run: ({ log, signal }) =>
                run("sh", ["-c", "echo started; exec sleep 100"], {
                    log,
                    signal,
                    onLine: () => stop.abort(new Error("enough")),
                }).then(() => undefined),
        });
        await expect(long.make()).rejects.toThrow("enough");
    });
});

describe("hashPath", () => {
    const tree = (name: string, change: (at: string) => void = () => undefined): Promise<string> => {
        const at = join(folder, name);
        mkdirSync(join(at, "d"), { recursive: true });
        writeFileSync(join(at, "a"), "one");
        writeFileSync(join(at, "d/b"), "two");
        symlinkSync("a", join(at, "l"));
        change(at);
        return hashPath(at, /_test$/);
    };

    test("depends on content, names, links and the right to run, not on the place", async () => {
        const same = await tree("1");
        expect(await tree("2")).toBe(same);
        expect(await tree("3", at => writeFileSync(join(at, "x_test"), ""))).toBe(same);
        const others = await Promise.all([
            tree("4", at => writeFileSync(join(at, "a"), "onE")),
            tree("5", at => chmodSync(join(at, "a"), 0o755)),
            tree("6", at => writeFileSync(join(at, "c"), "")),
            tree("7", at => (rmSync(join(at, "l")), symlinkSync("d", join(at, "l")))),
            tree("8", at => mkdirSync(join(at, "e"))),
        ]);
        expect(new Set([same, ...others]).size).toBe(6);
    });

    test("a missing path rejects", async () => {
        await expect(hashPath(join(folder, "none"))).rejects.toThrow("ENOENT");
    });
});
