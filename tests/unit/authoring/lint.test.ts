import { describe, expect, test } from "vitest";
import { lintedKinds } from "../../../src/checks/remarks";
import { containerImages } from "../../../src/image-builder/stages/container-images";
import { formatProblems, lintCourse, parseImageList } from "../../../src/authoring/lint";
import { chooseLessons, lessonFolders, readLessons } from "../../../src/authoring/read-lessons";
import { canonicalImage } from "../../../src/base/image-reference";
import { baseImages } from "../../../src/lesson/base-images";
import { broken, course, kinds } from "../lesson/fixture";

const bundled = [
    { ref: "busybox:latest", architecture: "386" },
    { ref: "python:3.13-slim", architecture: "386" },
    { ref: "nginx:1.29", architecture: "amd64" },
];

test("the course's lessons have no problems", async () => {
    const { course: parsed, problems } = lintCourse(
        await readLessons(),
        lintedKinds,
        containerImages.map(({ ref }) => ({ ref, architecture: "386" })),
    );
    expect(formatProblems(problems)).toBe("");
    expect(parsed.parts.flatMap(part => part.lessons).length).toBeGreaterThan(0);
});

describe("what the linter says about a check", () => {
    const said = (...expectations: string[]) => {
        const files = broken(
            "checks.yaml",
            "    - image: { ref: small }",
            expectations.map(one => `    - ${one}`).join("\n"),
        );
        return formatProblems(
            lintCourse(files, lintedKinds, bundled).problems.filter(one => !one.code.startsWith("lesson.unknown")),
        );
    };

    test.each([
        ["look-ahead", 'file: { path: app.py, matches: "hello(?=!)" }'],
        [
            "a back-reference, two levels down",
            'file: { path: Dockerfile, instruction: [{ name: RUN }, { name: CMD, matches: "(a)\\\\1" }] }',
        ],
        ["one for a header", 'http: { port: 80, header: { Server: "[" } }'],
        ["one that is too large", 'command: { matches: "([ab]?){500}" }'],
    ])("an expression that cannot be used: %s", (_name, expectation) => {
        expect(said(expectation)).toMatchSnapshot();
    });

    test.each([
        ["a program", "exec: { argv: [touch, /x] }"],
        ["a request that changes something", "http: { port: 80, method: POST }"],
    ])("a note where it does not run by itself: %s", (_name, expectation) => {
        expect(said(expectation)).toMatchSnapshot();
    });

    test("nothing where the author has said whether it reads", () => {
        expect(
            said(
                "exec: { argv: [ls], reads: true }",
                "exec: { argv: [touch, /x], reads: false }",
                "http: { port: 80, method: POST, reads: false }",
                "http: { port: 80 }",
                'file: { path: app.py, matches: "^hello$" }',
            ),
        ).toBe("");
    });
});

test("an image of the bundle is found by any of its names", () => {
    expect(lintCourse(course(), kinds, bundled).problems).toEqual([]);
    expect(lintCourse(course(), kinds, [{ ref: "docker.io/library/busybox", architecture: "386" }]).problems).toEqual(
        [],
    );
});

test.each([
    ["not in the bundle", "redis:8"],
    ["misspelt", "busibox:latest"],
    ["another tag", "busybox:1.36"],
    ["for another processor", "nginx:1.29"],
])("an image that is %s", (_name, ref) => {
    const files = broken("lesson.md", "busybox:latest", ref);
    files.set("lessons/02-images/01-small/start/Dockerfile", `FROM ${ref}\n`);
    expect(formatProblems(lintCourse(files, kinds, bundled).problems)).toMatchSnapshot();
});

describe("an image that has a stand-in", () => {
    const withStandIns = (part: boolean) => {
        const files = broken("lesson.md", '["busybox:latest"]', `["busybox:1.36"]${part ? "" : ", standIns: true"}`);
        files.set("lessons/02-images/01-small/start/Dockerfile", "FROM busybox:1.36\n");
        const yaml = "lessons/02-images/part.yaml";
        if (part) files.set(yaml, `${files.get(yaml) as string}standIns: true\n`);
        return files;
    };

    test.each([
        ["the lesson", false],
        ["its part", true],
    ])("is as good as bundled where %s turns stand-ins on", (_, part) => {
        const { course: parsed, problems } = lintCourse(withStandIns(part), kinds, bundled);
        expect(formatProblems(problems)).toBe("");
        expect(parsed.parts[0]!.lessons[0]!.requires.standIns).toBe(true);
    });

    test("must have it in the bundle", () => {
        const { problems } = lintCourse(withStandIns(false), kinds, bundled.slice(1));
        expect(problems.map(({ code }) => code)).toEqual(["lesson.image-not-bundled"]);
    });
});

test("lists of images", () => {
    expect(parseImageList("busybox:latest, nginx:1.29=amd64\n")).toEqual([
        { ref: "busybox:latest", architecture: "386" },
        { ref: "nginx:1.29", architecture: "amd64" },
    ]);
    expect(parseImageList('["a", {"ref": "b", "architecture": "arm64"}]')).toEqual([
        { ref: "a", architecture: "386" },
        { ref: "b", architecture: "arm64" },
    ]);
    expect(() => parseImageList('[{"name": "b"}]')).toThrow("entry 1");
});

test("lessons are named by id or folder", () => {
    const folders = lessonFolders(course());
    for (const word of ["images/small", "lessons/02-images/01-small", "02-images/01-small/"])
        expect(chooseLessons("lint", [word], folders)).toEqual(["images/small"]);
    expect(chooseLessons("lint", [], folders)).toEqual(["images/small"]);
    expect(() => chooseLessons("lint", ["images/none"], folders)).toThrow(
        expect.objectContaining({ code: "cli.usage" }),
    );
});

test.each([
    ["busybox", "docker.io/library/busybox:latest"],
    ["me/app:1", "docker.io/me/app:1"],
    ["localhost:5000/app", "localhost:5000/app:latest"],
    ["ghcr.io/a/b@sha256:00", "ghcr.io/a/b@sha256:00"],
])("%s is %s", (ref, canonical) => expect(canonicalImage(ref)).toBe(canonical));

test("base images are those from outside", () => {
    expect(
        baseImages(
            "ARG V\nFROM --platform=linux/386 python:3 AS build\nfrom Build\nFROM scratch\nFROM x:$V\n# FROM no\nFROM debian\n",
        ),
    ).toEqual([
        { ref: "python:3", line: 2 },
        { ref: "debian", line: 7 },
    ]);
});
