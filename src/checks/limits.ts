/**
 * How long things may take, in milliseconds. Each limit is above those that it contains, so that the code which knows
 * most reports what was wrong.
 */

const SECOND = 1_000;

/** Seconds that a lesson may have an `http` check wait for a container's app. */
export const LONGEST_WAIT_SECONDS = 300;

/** One reply of an app: Flask's first page takes some seconds in an emulated processor. */
export const REPLY_LIMIT = 30 * SECOND;

/** For finding out why something is not as it should be: containers, their ports and logs, on a busy machine. */
const LOOK_LIMIT = 60 * SECOND;

/** A check that waits for nothing: it asks the engine, reads a file or runs a program. */
export const CHECK_LIMIT = 120 * SECOND;

/** A check that waits for this many seconds: its last question is asked when they are over. */
export const waitingCheckLimit = (seconds: number): number => seconds * SECOND + REPLY_LIMIT + LOOK_LIMIT;

/** What a step may take beyond its checks. */
export const STEP_MARGIN = 10 * SECOND;
