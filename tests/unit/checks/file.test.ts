import { describe, expect, test } from "vitest";
import { parseDockerfile } from "../../../src/checks/dockerfile";
import { check } from "./fakes";

const flask = `# syntax of today
FROM python:3.13-slim
WORKDIR /app
COPY ./requirements.txt /app/
RUN pip install \\
    -r requirements.txt
COPY . /app
ENTRYPOINT ["python"]
CMD [ "app.py" ]
`;

const inFlask = (instruction: object, text = flask) =>
    check("file", { path: "Dockerfile", instruction }, { files: { Dockerfile: text } });

describe("file", () => {
    test.each<[string, object, Record<string, string>, string, string]>([
        ["empty workspace", { path: "app.py" }, {}, "file.missing", "There is no file app.py"],
        ["other case", { path: "Dockerfile" }, { dockerfile: "x" }, "file.other-case", "mv dockerfile Dockerfile"],
        ["other folder", { path: "app.py" }, { "src/app.py": "x" }, "file.other-folder", "src/app.py"],
        ["other ending", { path: "Dockerfile" }, { "Dockerfile.txt": "x" }, "file.similar-name", "Dockerfile.txt"],
        ["a typo", { path: "requirements.txt" }, { "requirement.txt": "x" }, "file.similar-name", "requirement.txt"],
        ["a folder", { path: "app" }, { "app/x.py": "x" }, "file.is-folder", "folder"],
        ["empty", { path: "app.py" }, { "app.py": " \n" }, "file.empty", "empty"],
        ["lacks a text", { path: "a", contains: "flask" }, { a: "redis" }, "file.lacks-text", '"flask"'],
        ["other capitals", { path: "a", contains: "Flask" }, { a: "flask" }, "file.lacks-text", "Upper and lower case"],
        ["holds a text", { path: "a", lacks: "latest" }, { a: "x\nFROM a:latest" }, "file.holds-text", "line 2"],
        [
            "does not match",
            { path: "a", matches: "^EXPOSE \\d+$" },
            { a: "EXPOSE x" },
            "file.no-match",
            "a does not contain what this step asks for",
        ],
        ["should be gone", { path: "a", exists: false }, { a: "x" }, "file.still-there", "still there"],
    ])("%s", async (_, fields, files, code, words) => {
        expect(await check("file", fields, { files })).toMatchObject({
            status: "fail",
            code,
            message: expect.stringContaining(words),
        });
    });

    test("passes", async () => {
        expect(
            await check(
                "file",
                { path: "a", contains: ["from flask  import Flask", "x"], lacks: "y", matches: "^x$" },
                { files: { a: "from flask import Flask\nx\n" } },
            ),
        ).toMatchObject({ status: "pass" });
        expect(await check("file", { path: "b", exists: false }, { files: { a: "x" } })).toMatchObject({
            status: "pass",
        });
    });

    test.each([
        [{ name: "COPY", before: "RUN" }],
        [{ name: "copy", arguments: "requirements.txt /app", before: "RUN pip install" }],
        [{ name: "COPY", arguments: ". /app/", after: "RUN pip" }],
        [{ name: "RUN", contains: "pip install -r requirements.txt", form: "shell" }],
        [{ name: "CMD", arguments: '["app.py"]', form: "exec" }],
        [{ name: "FROM", matches: "^python:3\\.\\d+-slim$" }],
        [{ name: "COPY", count: 2 }],
        [[{ name: "WORKDIR" }, { name: "ENTRYPOINT", contains: "python" }]],
    ])("instruction %j holds", async instruction =>
        expect(await inFlask(instruction)).toMatchObject({ status: "pass" }),
    );

    test.each<[object, string, string]>([
        [{ name: "EXPOSE", arguments: "5000" }, "file.no-instruction", "Add `EXPOSE 5000`"],
        [{ name: "WORKDIR", arguments: "/code" }, "file.wrong-arguments", "line 3"],
        [{ name: "RUN", form: "exec" }, "file.wrong-form", "as a list"],
        [{ name: "CMD", form: "shell" }, "file.wrong-form", "as a line"],
        [{ name: "COPY", arguments: ". /app", before: "RUN" }, "file.wrong-order", "before RUN"],
        [{ name: "COPY", after: "EXPOSE" }, "file.no-instruction", "EXPOSE"],
        [{ name: "COPY", count: 1 }, "file.wrong-count", "2 times"],
    ])("instruction %j does not", async (instruction, code, words) => {
        expect(await inFlask(instruction)).toMatchObject({
            status: "fail",
            code,
            message: expect.stringContaining(words),
        });
    });

    test.each<[string, string, string]>([
        [
            "FORM python",
            "file.unknown-instruction",
            "Line 1 of Dockerfile begins with FORM, which is not an instruction of a Dockerfile. Did you mean FROM?",
        ],
        ["FROM a\nRUNN x\n", "file.unknown-instruction", "Line 2"],
        ["FROM a\nWORKDIR\n", "file.no-arguments", "WORKDIR in line 2"],
        ["FROM a\nCMD ['app.py']\n", "file.broken-list", "double quotes"],
        ['FROM a\nENTRYPOINT ["python", "app.py"\n', "file.broken-list", "double quotes"],
        ["RUN x\nFROM a\n", "file.no-from", "must begin with FROM"],
        ["# nothing but a comment\n", "file.no-instruction", "FROM"],
    ])("a Dockerfile with a mistake: %j", async (text, code, words) => {
        expect(await inFlask({ name: "FROM" }, text)).toMatchObject({
            status: "fail",
            code,
            message: expect.stringContaining(words),
        });
    });

    test("the line with the mistake is shown", async () => {
        expect(await inFlask({ name: "FROM" }, "FROM a\nRUNN x\nCMD y\n")).toMatchObject({
            excerpt: "  1  FROM a\n> 2  RUNN x\n  3  CMD y",
        });
    });

    test("ARG may stand before FROM, order counts within a stage, flags and here-documents are understood", async () => {
        const staged =
            "ARG V=1\nFROM a:$V AS build\nRUN make\nFROM b\nCOPY --from=build /out /out\nRUN <<EOT\necho a\nEOT\n";
        expect(await inFlask({ name: "COPY", before: "RUN" }, staged)).toMatchObject({ status: "pass" });
        expect(await inFlask({ name: "COPY", arguments: "/out /out" }, staged)).toMatchObject({ status: "pass" });
        expect(parseDockerfile(staged).map(one => [one.name, one.stage])).toEqual([
            ["ARG", -1],
            ["FROM", 0],
            ["RUN", 0],
            ["FROM", 1],
            ["COPY", 1],
            ["RUN", 1],
        ]);
        expect(parseDockerfile('from a\r\ncmd ["x"]\r\n').map(one => [one.name, one.form, one.arguments])).toEqual([
            ["FROM", "shell", "a"],
            ["CMD", "exec", '["x"]'],
        ]);
    });
});
