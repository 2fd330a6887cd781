import { expect, test } from "vitest";
import { checkKinds } from "../../../src/checks/registry";
import { readLessons } from "../../../src/authoring/read-lessons";
import { parseCourse } from "../../../src/lesson/parse";
import { readCourse } from "../../../src/lesson/read-course";

test("the course read a lesson at a time is the one that the linter reads whole", async () => {
    const files = await readLessons();
    const { course } = parseCourse(files, checkKinds, { seed: "somebody" });
    expect(course.parts.length).toBeGreaterThan(1);
    expect(await readCourse(files, checkKinds, { seed: "somebody" })).toEqual(course);
});

test("a lesson that cannot be read does not take its neighbours along", async () => {
    const files = await readLessons();
    const [broken] = [...files.keys()].filter(path => path.endsWith("/checks.yaml"));
    files.set(broken!, "step: [");
    expect(await readCourse(files, checkKinds, { seed: "somebody" })).toEqual(
        parseCourse(files, checkKinds, { seed: "somebody" }).course,
    );
});
