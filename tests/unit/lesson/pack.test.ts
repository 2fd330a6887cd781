import { describe, expect, test } from "vitest";
import { checkKinds } from "../../../src/checks/registry";
import { readLessons } from "../../../src/authoring/read-lessons";
import type { FileContent } from "../../../src/lesson/file-tree";
import type { Lesson } from "../../../src/lesson/lesson";
import { packCourse, unpackLesson } from "../../../src/lesson/pack";
import { INDEX_PATH, lessonPath } from "../../../src/lesson/lesson-address";
import { readIndex, readPacked } from "../../../src/lesson/packed";
import { parseCourse } from "../../../src/lesson/parse";
import { course as small, kinds as smallKinds } from "./fixture";

const read = (files: Map<string, string | Uint8Array>, path: string): unknown => JSON.parse(files.get(path) as string);

/** The small lesson `count` times. */
function generated(count: number): Map<string, FileContent> {
    const files = new Map<string, FileContent>();
    for (const [path, content] of small()) {
        const [, name] = /^lessons\/02-images\/01-small\/(.+)$/.exec(path) ?? [];
        if (name === undefined) files.set(path, content);
        for (let index = 0; name !== undefined && index < count; index++) {
            const folder = `lessons/02-images/${String(index).padStart(2, "0")}-lesson-${index}`;
            const own =
                name === "lesson.md" ? (content as string).replace(/^id: .*$/m, `id: images/lesson-${index}`) : content;
            files.set(`${folder}/${name}`, own);
        }
    }
    return files;
}

/** The course's first lesson, packed and unpacked. */
function unpacked(files: ReadonlyMap<string, FileContent>): Lesson {
    const packed = packCourse(files, smallKinds);
    return unpackLesson(readPacked(read(packed.files, lessonPath(packed.start.first!))), smallKinds, "")!;
}

describe("a packed course", () => {
    test("each lesson unpacks to what the linter reads", async () => {
        const files = await readLessons();
        const { course } = parseCourse(files, checkKinds, { seed: "somebody" });
        const packed = packCourse(files, checkKinds);
        expect(packed.problems).toEqual([]);
        const lessons = course.parts.flatMap(part => part.lessons);
        expect(lessons.length).toBeGreaterThan(1);
        for (const lesson of lessons) {
            const own = readPacked(read(packed.files, lessonPath(lesson.id)));
            expect(unpackLesson(own, checkKinds, "somebody")).toEqual(lesson);
        }
        expect(packed.start.first).toBe(lessons[0]!.id);
    });

    test("the index has headers and step ids; a lesson knows its part and the next one", async () => {
        const files = await readLessons();
        const packed = packCourse(files, checkKinds);
        const { parts } = readIndex(read(packed.files, INDEX_PATH));
        const lessons = parts.flatMap(part => part.lessons);
        const flask = lessons.find(lesson => lesson.id === "images/flask")!;
        expect(flask.steps).toContain("build");
        expect(Object.keys(flask).sort()).toEqual(["id", "minutes", "steps", "summary", "title", "version"]);
        const first = readPacked(read(packed.files, lessonPath(lessons[0]!.id)));
        expect(first.part).toEqual({ id: parts[0]!.id, title: parts[0]!.title });
        expect(first.next).toEqual({ id: lessons[1]!.id, title: lessons[1]!.title });
        expect(readPacked(read(packed.files, lessonPath(lessons.at(-1)!.id))).next).toBeUndefined();
    });

    test("bytes come back as they were; a picture of the prose is a file of its own, one of the workspace is not", async () => {
        const files = await readLessons();
        const bytes = Uint8Array.from({ length: 20_000 }, (_, index) => index % 256);
        files.set("lessons/02-images/02-flask/start/logo.png", bytes);
        files.set("lessons/02-images/02-flask/pictures/layers.png", bytes);
        const packed = packCourse(files, checkKinds);
        const lesson = unpackLesson(readPacked(read(packed.files, lessonPath("images/flask"))), checkKinds, "")!;
        expect(lesson.start["logo.png"]).toEqual({ file: { contents: bytes } });
        expect(packed.files.get("lessons/images/flask/pictures/layers.png")).toEqual(bytes);
        expect(packed.files.get(lessonPath("images/flask"))).not.toContain("pictures/");
    });

    test("a lesson that cannot be read is left out and named; its neighbours stay", async () => {
        const files = await readLessons();
        files.set("lessons/02-images/02-flask/checks.yaml", "build: [");
        const packed = packCourse(files, checkKinds);
        expect(packed.files.has(lessonPath("images/flask"))).toBe(false);
        expect(packed.files.has(lessonPath("containers/lifecycle"))).toBe(true);
        expect(packed.problems.map(problem => problem.file)).toContain("lessons/02-images/02-flask/checks.yaml");
    });

    test("stand-ins of the part come along with each of its lessons", () => {
        const files = generated(2);
        expect(unpacked(files).requires.standIns).toBe(false);
        const yaml = [...files.keys()].find(path => path.endsWith("part.yaml"))!;
        files.set(yaml, `${files.get(yaml) as string}\nstandIns: true\n`);
        expect(unpacked(files).requires.standIns).toBe(true);
    });

    test("a file of another format is refused", async () => {
        expect(() => readPacked({ format: 2, id: "a/b", part: { id: "a", title: "A" }, files: {} })).toThrow();
        expect(() => readIndex({ format: 1 })).toThrow();
    });

    test("fifty lessons cost the start not one byte more than two: what it loads does not grow with the course", () => {
        const two = packCourse(generated(2), smallKinds);
        const fifty = packCourse(generated(50), smallKinds);
        expect(fifty.problems).toEqual([]);
        expect([...fifty.files.keys()].filter(path => path.endsWith(".json") && path !== INDEX_PATH)).toHaveLength(50);
        expect(JSON.stringify(fifty.start).length).toBe(JSON.stringify(two.start).length);
        const first = lessonPath(fifty.start.first!);
        expect(fifty.files.get(first)).toEqual(two.files.get(first));
    });

    test("only a lesson that needs another machine costs the first script anything", () => {
        const files = generated(50);
        const path = "lessons/02-images/07-lesson-7/lesson.md";
        const text = files.get(path) as string;
        files.set(path, text.replace("requires: {", "requires: { memory: 1024,"));
        expect(packCourse(files, smallKinds).start).toEqual({
            first: "images/lesson-0",
            machines: { "images/lesson-7": { memory: 1024 } },
        });
    });
});
