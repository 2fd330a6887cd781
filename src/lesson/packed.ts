/**
 * Lessons as the page gets them: an index of all, and a file for each lesson, fetched when it is opened. A lesson's
 * address follows from its id, so opening one needs no index.
 */
import * as v from "valibot";

const name = v.object({ id: v.string(), title: v.string() });

/** Increased when an older page could no longer read the file. */
const format = v.literal(1);

const indexSchema = v.object({
    format,
    parts: v.array(
        v.object({
            id: v.string(),
            title: v.string(),
            summary: v.string(),
            lessons: v.array(
                v.object({
                    id: v.string(),
                    title: v.string(),
                    summary: v.string(),
                    version: v.number(),
                    minutes: v.number(),
                    /** Ids, in order. */
                    steps: v.array(v.string()),
                }),
            ),
        }),
    ),
});

const packedSchema = v.object({
    format,
    id: v.string(),
    part: name,
    /** The part lets images stand in for others. */
    standIns: v.optional(v.boolean(), false),
    /** The lesson after this one in the course. */
    next: v.optional(name),
    /** By path in the lesson's folder; text, or bytes in base64. Pictures in the prose are separate files. */
    files: v.record(v.string(), v.union([v.string(), v.object({ base64: v.string() })])),
});

export type CourseIndex = v.InferOutput<typeof indexSchema>;
export type IndexedLesson = CourseIndex["parts"][number]["lessons"][number];
export type PackedLesson = v.InferOutput<typeof packedSchema>;
export type LessonName = v.InferOutput<typeof name>;

/** These throw a ValiError for anything else, or for another format. */
export const readIndex = (value: unknown): CourseIndex => v.parse(indexSchema, value);
export const readPacked = (value: unknown): PackedLesson => v.parse(packedSchema, value);
