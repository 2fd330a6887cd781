/** The lessons, bundled with the page. */
import { checkKinds } from "../checks/registry";
import type { Course } from "../lesson/lesson";
import { parseCourse } from "../lesson/parse";

const texts = import.meta.glob<string>(["../../lessons/**/*", "../../lessons/**/.*", "!../../lessons/**/*.{png,jpg,webp,ico,gif,zip,gz}"], { query: "?raw", import: "default", eager: true });

/** `seed`: the student, for values that differ from one to the other. Mistakes are the linter's business; what can be read is shown. */
export function loadCourse(seed: string): Course {
    return parseCourse(new Map(Object.entries(texts)), checkKinds, { seed }).course;
}
