/** What an `http` check asks for, and what came back. */
import * as v from "valibot";
import { flag, pairs, pattern, patterns, port, texts } from "./fields";
import { LONGEST_WAIT_SECONDS } from "./limits";

export const schema = v.strictObject({
    port: port("Port of the machine: the first number of `-p`."),
    path: v.optional(
        v.pipe(v.string(), v.regex(/^\//, "must begin with /"), v.description("Path and query. Default: `/`.")),
        "/",
    ),
    method: v.optional(
        v.pipe(v.picklist(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]), v.description("Method. Default: GET.")),
        "GET",
    ),
    reads: v.optional(
        flag(
            "true: the request changes nothing in the app, so the check may also run by itself after each command. Default: true for GET and HEAD.",
        ),
    ),
    headers: v.optional(pairs("Headers to send.")),
    body: v.optional(v.pipe(v.string(), v.description("Body to send."))),
    status: v.optional(
        v.pipe(
            v.number(),
            v.integer(),
            v.minValue(100),
            v.maxValue(599),
            v.description("The status it must answer with. Default: 200."),
        ),
        200,
    ),
    contains: v.optional(texts("Texts that the body must contain.")),
    matches: v.optional(pattern("A regular expression that the body must match.")),
    header: v.optional(patterns("Response headers, each with a regular expression for its value.")),
    wait: v.optional(
        v.pipe(
            v.number(),
            v.minValue(0),
            v.maxValue(LONGEST_WAIT_SECONDS),
            v.description(
                "Seconds that the app may take to answer, counted from the container's start. Default: 120. A port that nothing publishes fails at once.",
            ),
        ),
        120,
    ),
});

export type HttpSpec = v.InferOutput<typeof schema>;

export interface Answer {
    status: number;
    headers: Headers;
    body: string;
}
/**
 * "refused": nothing listens. "broken": the connection was accepted, but the answer was not HTTP. "silent": no answer
 * within the limit.
 */
export type NoAnswer = { problem: "refused" | "broken" | "silent"; words: string };
