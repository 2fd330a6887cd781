import type { FetchFile } from "../loader";
/** `fetch` that reads `file:` addresses from disk; Node's own knows http only. A missing file is a 404. */
export declare const fetchFile: FetchFile;
