/** The prompt's marks, from a real bash. It is interactive but has no terminal, so prompts appear on standard error. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const integration = resolve(import.meta.dirname, "../../../vm-images/rootfs/etc/drydock/shell-integration.bash");
let folder: string;

beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "drydock-shell-"));
    writeFileSync(
        join(folder, "rc"),
        `HISTFILE=/dev/null\nHISTCONTROL=ignoredups\nshopt -s cmdhist lithist\nPS1='$ '\n. ${integration}\n`,
    );
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The marks that this input causes, without A, B and anything before the first command. */
function marks(typed: string): string[] {
    const { stdout } = spawnSync("bash", ["-c", `exec bash --noprofile --rcfile ${folder}/rc -i 2>&1`], {
        input: `${typed}\n`,
        encoding: "utf8",
        env: { PATH: process.env.PATH, HOME: folder, DRYDOCK_NONCE: "n0nce", LANG: "C.UTF-8" },
    });
    const all = [...stdout.matchAll(/\x1b\]633;([^\x07]*)\x07/g)].map(match => match[1]!);
    return all.filter(mark => mark !== "A" && mark !== "B").slice(1);
}

/** The command in mark E, decoded as the page does it. */
const commandOf = (mark: string): string =>
    mark
        .replace(/^E;|;n0nce$/g, "")
        .replace(/\\(\\|x..)/g, (_, what: string) =>
            what === "\\" ? "\\" : String.fromCharCode(Number.parseInt(what.slice(1), 16)),
        );

describe("shell integration", () => {
    test("a command: start, text, end with its status", () => {
        expect(marks("false\ntrue")).toEqual(["C", "E;false;n0nce", "D;1;n0nce", "C", "E;true;n0nce", "D;0;n0nce"]);
    });

    test.each([
        ["a list", "echo a; echo b && false || true"],
        ["a list with ; and \\ in quotes", "echo 'a;b\\n' \"\\\\\""],
        ["a loop over lines", "for i in 1 2\ndo echo $i\ndone"],
        ["a here-document", "cat <<X\nhello $HOME\nX"],
        ["a subshell", "(exit 0)"],
        ["a group", "{ echo x; }"],
        ["a condition", "if true; then echo y; fi"],
        ["a pipe", "echo a | cat | cat"],
        ["a function's definition", "f() { echo z; }"],
        ["leading spaces", "  echo led"],
        ["a star and a number in front", "* 12 x"],
        ["letters beyond ASCII", "echo 'ñ 日本 €'"],
        ["an empty quoted line", "echo 'a\n\nb'"],
    ])("%s comes out as typed", (_, typed) => {
        const [start, text, end] = marks(typed);
        expect(start).toBe("C");
        expect(commandOf(text!).replace(/\n$/, "")).toBe(typed);
        expect(end).toMatch(/^D;\d+;n0nce$/);
    });

    test("the text contains no character that would end the mark", () => {
        const text = marks("echo 'a\u0001b\u001b[1mc;d'")[1]!;
        expect(text).not.toMatch(/[\x00-\x1f]/);
        expect(text.split(";")).toHaveLength(3);
    });

    test("an empty line is not a command", () => {
        expect(marks("\n\n\n").every(mark => mark === "D")).toBe(true);
    });

    test("the same command twice is reported twice", () => {
        expect(marks("true\ntrue").filter(mark => mark.startsWith("E"))).toEqual(["E;true;n0nce", "E;true;n0nce"]);
    });

    test("a loop of many commands is one command", () => {
        expect(marks("for i in {1..50}; do true; done").filter(mark => mark.startsWith("E"))).toHaveLength(1);
    });

    test("status and pipe status stay the user's", () => {
        const { stdout } = spawnSync("bash", ["--noprofile", "--rcfile", join(folder, "rc"), "-i"], {
            input: "(exit 9)\necho status=$?\n",
            encoding: "utf8",
            env: { PATH: process.env.PATH, HOME: folder, DRYDOCK_NONCE: "n" },
        });
        expect(stdout).toContain("status=9");
    });

    test("programs do not learn the nonce", () => {
        const { stdout } = spawnSync("bash", ["--noprofile", "--rcfile", join(folder, "rc"), "-i"], {
            input: "env\n",
            encoding: "utf8",
            env: { PATH: process.env.PATH, HOME: folder, DRYDOCK_NONCE: "secret-word" },
        });
        const environment = stdout
            .split("\x07")
            .filter(part => part.includes("PATH="))
            .join("");
        expect(environment).not.toBe("");
        expect(environment.split("\x1b")[0]).not.toContain("secret-word");
    });
});
