import { expect, test } from "vitest";
import { parseCourse } from "../../../src/lesson/parse";
import { solveActions } from "../../../src/lesson/solve-script";
import { broken, course, kinds } from "./fixture";

test("a course that is right has no problems and everything filled in", () => {
    const { course: parsed, problems, images } = parseCourse(course(), kinds);
    expect(problems).toEqual([]);
    expect(images).toEqual([
        { ref: "busybox:latest", standIns: false, file: "lessons/02-images/01-small/lesson.md", line: 9 },
    ]);
    expect(parsed.parts.map(part => part.id)).toEqual(["images"]);
    const lesson = parsed.parts[0]!.lessons[0]!;
    expect(lesson).toMatchObject({
        id: "images/small",
        requires: { lessons: [], images: ["busybox:latest"], standIns: false, memory: 512 },
        open: { panes: ["editor", "terminal", "preview"], file: "app.py" },
        start: { Dockerfile: { file: { contents: "FROM busybox:latest AS base\nFROM base\n" } } },
        solution: { "app.py": { file: { contents: 'print("hello")\n' } } },
    });
    expect(lesson.introduction).toMatch(/^Welcome/);
    expect(lesson.steps.map(step => [step.id, step.title, step.points, step.mode, step.needs])).toEqual([
        ["write", "Write the file", 1, "level", []],
        ["build", "Build it", 2, "level", ["write"]],
    ]);
    expect(lesson.steps[1]!.questions).toEqual([{ id: "order", ask: "Which first?", choices: ["this", "that"] }]);
    expect(lesson.steps[1]!.expect).toEqual([
        { kind: "image", spec: { ref: "small" } },
        { kind: "answer", spec: { question: "order", is: "that" } },
    ]);
    expect(lesson.steps.flatMap(step => solveActions(step.solve))).toEqual([
        { kind: "save", path: "app.py" },
        { kind: "type", line: "docker build -t small ." },
        { kind: "answer", question: "order", text: "that" },
    ]);
    expect(lesson).not.toHaveProperty("vars");
});

test("paths from a bundler's glob and bytes from disk give the same course", () => {
    const bytes = new Map(
        [...course()].map(([path, content]) => [`../../${path}`, new TextEncoder().encode(content as string)]),
    );
    expect(parseCourse(bytes, kinds)).toEqual(parseCourse(course(), kinds));
});

test("a question without choices is answered in free text", () => {
    const { course: parsed, problems } = parseCourse(broken("checks.yaml", ", choices: [this, that]", ""), kinds);
    expect(problems).toEqual([]);
    expect(parsed.parts[0]!.lessons[0]!.steps[1]!.questions).toEqual([
        { id: "order", ask: "Which first?", choices: [] },
    ]);
});

test("values differ by student, and one student always gets the same", () => {
    const files = () =>
        broken("lesson.md", "minutes: 8", "minutes: 8\nvars: { port: { choose: [7001, 7002, 7003] } }").set(
            "lessons/02-images/01-small/start/note.txt",
            "{{port}} {{.Names}} {{other}}",
        );
    const note = (seed: string) => {
        const { course: parsed, problems } = parseCourse(files(), kinds, { seed });
        expect(problems).toEqual([]);
        return parsed.parts[0]!.lessons[0]!.start["note.txt"] as { file: { contents: string } };
    };
    expect(note("anna")).toEqual(note("anna"));
    expect(note("anna").file.contents).toMatch(/^700[123] \{\{\.Names\}\} \{\{other\}\}$/);
    expect(new Set(Array.from({ length: 30 }, (_, index) => note(`student ${index}`).file.contents)).size).toBe(3);
});

/** What is broken, and the whole message that a teacher reads. */
const mistakes: [string, Parameters<typeof broken>][] = [
    ["field misspelt in the front matter", ["lesson.md", "minutes: 8", "minuets: 8"]],
    ["wrong type", ["lesson.md", "minutes: 8", "minutes: soon"]],
    ["wrong word", ["lesson.md", "beginner", "easy"]],
    ["no front matter", ["lesson.md", /^---\n/, ""]],
    ["front matter is no YAML", ["lesson.md", "summary: Shows", "summary: [Shows"]],
    ["lesson in the wrong part", ["lesson.md", "id: images/small", "id: compose/small"]],
    ["heading without id", ["lesson.md", " {#build}", ""]],
    ["step twice", ["lesson.md", "{#build}", "{#write}"]],
    ["step twice in checks.yaml", ["checks.yaml", "build:\n", "write:\n"]],
    ["unknown fence word", ["lesson.md", "run terminal=2", "runn terminal=2"]],
    ["unknown fence language", ["lesson.md", "```python", "```pyhton"]],
    ["fence saves outside the workspace", ["lesson.md", "save=app.py", "save=../app.py"]],
    ["dead file link", ["lesson.md", "file:app.py#L1", "file:ap.py"]],
    ["link to a line that is not there", ["lesson.md", "#L1", "#L40"]],
    ["dead step link", ["lesson.md", "(#write)", "(#wirte)"]],
    ["unknown link scheme", ["lesson.md", "port:5000/x", "javascript:alert(1)"]],
    ["dead lesson link", ["lesson.md", "(#write)", "(lesson:images/none)"]],
    ["link to a step that another lesson has not", ["lesson.md", "(#write)", "(lesson:images/small#wriet)"]],
    ["picture without alternative text", ["lesson.md", "![the parts of an image]", "![]"]],
    ["picture that is not there", ["lesson.md", "parts.svg", "part.svg"]],
    [
        "required lesson that is not there",
        ["lesson.md", "requires: { images", "requires: { lessons: [images/none], images"],
    ],
    ["lesson that requires itself", ["lesson.md", "requires: { images", "requires: { lessons: [images/small], images"]],
    ["base image that is not required", ["lesson.md", "busybox:latest", "debian:trixie-slim"]],
    ["file to open that is not there", ["lesson.md", "file: app.py", "file: main.py"]],
    ["unknown need", ["checks.yaml", "[write]", "[wrote]"]],
    ["circular needs", ["checks.yaml", "goal: app.py prints hello", "goal: app.py prints hello\n  needs: [build]"]],
    ["unknown check kind", ["checks.yaml", "- image:", "- imgae:"]],
    [
        "two kinds in one check",
        ["checks.yaml", "- image: { ref: small }", "- image: { ref: small }\n      file: { path: a }"],
    ],
    ["unknown field of a check", ["checks.yaml", "ref: small", "reff: small"]],
    ["wrong type in a check", ["checks.yaml", "ref: small", "ref: small, ports: { a: b }"]],
    ["unknown failure code", ["checks.yaml", "file.missing", "file.mising"]],
    ["two hints", ["checks.yaml", "[one, two, three]", "[one, two]"]],
    ["no checks", ["checks.yaml", /expect:\n {4}- file.*\n/, "expect: []\n"]],
    ["step without check", ["checks.yaml", /^write:[^]*three\]\n(?=build)/, ""]],
    ["check of no step", ["checks.yaml", /^build:/m, "bulid:"]],
    ["solution in the wrong file", ["checks.yaml", "points: 2", "points: 2\n  solve: docker build ."]],
    ["question with one choice", ["checks.yaml", "[this, that]", "[this]"]],
    ["unchecked question", ["checks.yaml", "    - answer: { question: order, is: that }\n", ""]],
    ["check of a question not asked", ["checks.yaml", "question: order", "question: odrer"]],
    ["step without solution", ["solve.sh", "docker build -t small .\n#: answer order = that\n", ""]],
    ["solution of no step", ["solve.sh", "step: build", "step: biuld"]],
    ["solution saves a file that is not there", ["solve.sh", "save app.py", "save main.py"]],
    ["unknown solution line", ["solve.sh", "#: save app.py", "#: copy app.py"]],
    ["answer to a question not asked", ["solve.sh", "answer order", "answer other"]],
    ["line before the first step", ["solve.sh", "## step: write", "ls\n## step: write"]],
    ["unknown field of a part", ["part.yaml", "summary", "sumary"]],
];

test.each(mistakes)("%s", (_name, [file, from, to]) => {
    const { problems } = parseCourse(broken(file, from, to), kinds);
    expect(problems.length).toBeGreaterThan(0);
    expect(
        problems
            .map(
                ({ file: where, line, code, message, advice }) => `${where}:${line} ${code}\n  ${message}\n  ${advice}`,
            )
            .join("\n"),
    ).toMatchSnapshot();
});

test("missing files, folders without number and doubled ids", () => {
    const files = course();
    const folder = "lessons/02-images/01-small";
    for (const [path, content] of course()) files.set(path.replace("01-small", "01-copy"), content);
    files.delete(`${folder}/solve.sh`);
    files.set("lessons/extra/lesson/lesson.md", "");
    const { problems } = parseCourse(files, kinds);
    expect(
        problems.map(({ file, line, code, message }) => `${file}:${line} ${code} ${message}`).join("\n"),
    ).toMatchSnapshot();
});
