/**
 * What goes wrong when a process is started, in the words and with the numbers of runc, which everybody else has.
 *
 * The oracle is runc in this same guest. A container started with `--runtime runc` belongs to it with all that follows.
 */
import { afterAll, beforeAll } from "vitest";
import { RUN } from "./exit-code-rows";
import { compare, Comparison } from "./runtime-comparison";

let comparison: Comparison;

beforeAll(async () => {
    comparison = await Comparison.start();
});
afterAll(() => comparison?.stop());

compare(() => comparison, RUN);
