/** `lint [lesson…]`: finds mistakes in lessons and prints file, line and what to do. */
import { parseArgs } from "node:util";
import { checkReference } from "../checks/reference";
import { lintedKinds } from "../checks/remarks";
import { lessonReference } from "../lesson/reference";
import type { Command } from "./command";
import { bundledImages } from "../authoring/bundled-images";
import { formatProblems, lintCourse } from "../authoring/lint";
import { chooseLessons, lessonFolders, readLessons } from "../authoring/read-lessons";

export const lint: Command = {
    name: "lint",
    summary: "check lessons and report file, line and what to do",
    help: `npm run drydock -- lint [--images LIST] [--json] [--reference] [lesson…]

Checks lessons without a machine: fields, ids, needs, checks, hints, solutions, links, pictures, fences, images. Name a lesson by
its id (images/flask) or its folder; without names it checks all. Exits with status 1 if there are problems; notes
do not count.

  --images LIST   the available container images, instead of those in the built VM image: "busybox:latest,nginx:1.29=amd64",
                  or a file with such a list, or with JSON: [{"ref": "busybox:latest", "architecture": "386"}]
  --json          print {lessons, problems: [{file, line, code, message, advice, note}]}
  --reference     print the reference of all fields and checks as Markdown, and exit`,

    async run(argv) {
        const { values, positionals } = parseArgs({
            args: argv,
            allowPositionals: true,
            options: {
                images: { type: "string" },
                json: { type: "boolean", default: false },
                reference: { type: "boolean", default: false },
            },
        });
        if (values.reference) {
            console.log(`${lessonReference()}\n${checkReference()}`);
            return 0;
        }
        const files = await readLessons();
        const folders = lessonFolders(files);
        const lessons = chooseLessons("lint", positionals, folders);
        const within = lessons.map(id => `${folders.get(id)}/`);
        const all = lintCourse(files, lintedKinds, await bundledImages(values.images)).problems;
        const problems =
            positionals.length === 0 ? all : all.filter(({ file }) => within.some(folder => file.startsWith(folder)));

        const wrong = problems.filter(problem => !problem.note).length;
        if (values.json) console.log(JSON.stringify({ lessons, problems }, null, 2));
        else {
            if (problems.length > 0) console.log(`${formatProblems(problems)}\n`);
            const notes = problems.filter(problem => problem.note).length;
            const places = new Set(problems.filter(problem => !problem.note).map(problem => problem.file)).size;
            const told = [
                wrong === 0 ? "no problems" : counted(wrong, "problem") + (places > 1 ? ` in ${places} files` : ""),
                ...(notes > 0 ? [counted(notes, "note")] : []),
            ];
            console.log(`${counted(lessons.length, "lesson")}, ${told.join(", ")}.`);
        }
        return wrong === 0 ? 0 : 1;
    },
};

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;
