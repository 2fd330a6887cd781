/** A small course in memory without any mistake; each test breaks one thing. */
import * as v from "valibot";
import type { FileContent } from "../../../src/lesson/file-tree";
import type { ExpectationKind, ExpectationParser } from "../../../src/lesson/kinds";

export const kinds: ExpectationParser = new Map<string, ExpectationKind>([
    [
        "file",
        {
            schema: v.strictObject({ path: v.string(), contains: v.optional(v.string()) }),
            failures: { "file.missing": "", "file.content": "" },
        },
    ],
    [
        "image",
        {
            schema: v.strictObject({ ref: v.string(), ports: v.optional(v.record(v.string(), v.number())) }),
            failures: { "image.missing": "" },
        },
    ],
    ["answer", { schema: v.strictObject({ question: v.string(), is: v.string() }), failures: { "answer.wrong": "" } }],
]);

export const lessonMd = `---
id: images/small
title: A small lesson
summary: Shows the format.
version: 1
difficulty: beginner
minutes: 8
objectives: [write a file]
requires: { images: ["busybox:latest"] }
open: { file: app.py }
---
Welcome. See [the file](file:app.py#L1) and ![the parts of an image](parts.svg).

## Write the file {#write}
Write it:

\`\`\`python save=app.py
print("hello")
\`\`\`

## Build it {#build}
Run:

\`\`\`bash run terminal=2 interrupt
docker build -t small .
\`\`\`
Then look at [port 5000](port:5000/x) and [the first step](#write).
`;

export const checksYaml = `write:
  goal: app.py prints hello
  expect:
    - file: { path: app.py, contains: hello }
  why: { file.missing: "Save it under the name app.py." }
  hints: [one, two, three]
build:
  goal: the image small exists
  points: 2
  needs: [write]
  questions:
    order: { ask: "Which first?", choices: [this, that] }
  expect:
    - image: { ref: small }
    - answer: { question: order, is: that }
  hints: [one, two, three]
`;

export const solveSh = `# what a machine types
## step: write
#: save app.py
## step: build
docker build -t small .
#: answer order = that
`;

export function course(): Map<string, FileContent> {
    const folder = "lessons/02-images/01-small";
    return new Map<string, FileContent>([
        ["lessons/02-images/part.yaml", "id: images\ntitle: Images\nsummary: How images are made.\n"],
        [`${folder}/lesson.md`, lessonMd],
        [`${folder}/checks.yaml`, checksYaml],
        [`${folder}/solve.sh`, solveSh],
        [`${folder}/parts.svg`, "<svg/>"],
        [`${folder}/start/Dockerfile`, "FROM busybox:latest AS base\nFROM base\n"],
        [`${folder}/solution/app.py`, 'print("hello")\n'],
    ]);
}

/** The course with `from` replaced by `to` in one file of the lesson. */
export function broken(file: string, from: string | RegExp, to: string): Map<string, FileContent> {
    const files = course();
    const path = [...files.keys()].find(name => name.endsWith(`/${file}`))!;
    const before = files.get(path) as string;
    const after = before.replace(from, to);
    if (after === before) throw new Error(`${file} does not hold ${String(from)}`);
    return files.set(path, after);
}
