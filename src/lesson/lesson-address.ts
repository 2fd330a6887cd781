/** Where a page finds its course, and what its first script must know of it. Small: it is loaded before everything else. */

/** What a lesson needs of its machine where that differs from the usual one; {} for most. */
export interface MachineNeeds {
    /** MB. */
    memory?: number;
}

/** What the page's first script knows of the course, so that it can start the right machine before anything is fetched. */
export interface CourseStart {
    /** Id of the lesson that an address without one means; undefined in an empty course. */
    first: string | undefined;
    /** Lessons that need another machine than the usual one. */
    machines: Readonly<Record<string, MachineNeeds>>;
}

/** Addresses below the page. */
export const INDEX_PATH = "lessons/index.json";
export const lessonPath = (id: string): string => `lessons/${id}.json`;
/** A picture of a lesson's prose; `path` as the prose writes it. */
export const picturePath = (id: string, path: string): string => `lessons/${id}/${path}`;
