/**
 * A separate process for the measurement: the watched machine runs in the main thread and cannot be shut down, so the
 * process ends with it. Arguments: the image's folder, its chunk table. Progress goes to standard error, the result is
 * one line of JSON.
 */
import { DrydockError, messageOf } from "../../base/errors";
import { measureReads } from "./measure-reads";

const [folder, table] = process.argv.slice(2);
if (!folder || !table) throw new Error("usage: measure-reads-main FOLDER TABLE");
try {
    const reads = await measureReads(folder, table, text => console.error(text));
    process.stdout.write(`${JSON.stringify(reads)}\n`, () => process.exit(0));
} catch (thrown) {
    console.error(thrown instanceof DrydockError ? `${thrown.message}\n${thrown.advice}` : messageOf(thrown));
    process.exit(1);
}
