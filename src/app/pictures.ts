/** The lessons' pictures: files of the site, loaded when a page shows them. */
import type { Lesson } from "../lesson/lesson";

/** Addresses by path. No-inline: an address of the site's own, whatever the picture's size. */
const pictures = import.meta.glob<string>(
    ["../../lessons/**/*.{svg,png,jpg,webp}", "!../../lessons/*/*/{start,solution}/**"],
    { query: "?url&no-inline", import: "default", eager: true },
);

/** The address of a picture that lies beside the lesson's lesson.md. */
export const pictureOf = (lesson: Lesson, path: string): string | undefined =>
    pictures[`../../${lesson.folder}/${path}`];
