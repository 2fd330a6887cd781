/**
 * Where a page finds its course, and what its first script must know about it. Small, because it is loaded before
 * everything else.
 */

/** What a lesson needs from its machine, if that differs from the usual machine; {} for most. */
export interface MachineNeeds {
    /** MB. */
    memory?: number;
}

/**
 * What the page's first script knows about the course, so that it can start the right machine before anything is
 * fetched.
 */
export interface CourseStart {
    /** Id of the lesson for an address that names none; undefined in an empty course. */
    first: string | undefined;
    /** Lessons that need a different machine. */
    machines: Readonly<Record<string, MachineNeeds>>;
}

/** Addresses below the page. */
export const INDEX_PATH = "lessons/index.json";
export const lessonPath = (id: string): string => `lessons/${id}.json`;
/** A picture in a lesson's prose; `path` as the prose writes it. */
export const picturePath = (id: string, path: string): string => `lessons/${id}/${path}`;
