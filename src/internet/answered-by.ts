/** Who answered a request of the guest's: told from the answer, so that the hosts need not know that somebody asks. */
import { originHeader } from "./hub/call";

/** `bundle`: what came with the page. `browser`: what students pushed, in this browser's storage. `online`: a host outside. */
export type AnsweredBy = "bundle" | "browser" | "online" | "refused";

/** What happened to an answer on its way, kept beside it. */
export interface AnswerNotes {
    /** Nobody in the page has that host. */
    unknownHost?: true;
    /** The address outside that was asked, where redirects led. */
    online?: string;
    /** It was asked, and why its answer cannot be used. */
    onlineProblem?: string;
}

const notes = new WeakMap<Response, AnswerNotes>();

export const notesOf = (response: Response): AnswerNotes => notes.get(response) ?? {};

export function note(response: Response, more: AnswerNotes): Response {
    notes.set(response, { ...notesOf(response), ...more });
    return response;
}

/** What registries write goes to the browser's storage; the rest of a page's answers comes with the page. */
const WRITES = ["POST", "PUT", "PATCH", "DELETE"];

export function answeredBy(request: Request, response: Response): AnsweredBy {
    const { online, onlineProblem } = notesOf(response);
    if (online !== undefined && onlineProblem === undefined) return "online";
    // 401 is a registry's way to say where tokens are to be had: a part of every pull
    if (response.status >= 400 && response.status !== 401) return "refused";
    const origin = response.headers.get(originHeader);
    if (origin !== null) return origin === "bundle" ? "bundle" : "browser";
    return WRITES.includes(request.method) && new URL(request.url).pathname.startsWith("/v2/") ? "browser" : "bundle";
}
