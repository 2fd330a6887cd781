/** What an `http` check asks for, and what came back. */
import * as v from "valibot";
import { flag, pairs, pattern, patterns, port, texts } from "./fields";
import { LONGEST_WAIT_SECONDS } from "./limits";

export const schema = v.strictObject({
    port: port("Port of the machine: the first number of `-p`."),
    path: v.optional(
        v.pipe(v.string(), v.regex(/^\//, "must begin with /"), v.description("Path and query. Without it `/`.")),
        "/",
    ),
    method: v.optional(
        v.pipe(v.picklist(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]), v.description("Without it GET.")),
        "GET",
    ),
    reads: v.optional(
        flag(
            "true: the app changes nothing by it, so it may run by itself after each command. Without it, true for GET and HEAD.",
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
            v.description("The status it must answer with. Without it 200."),
        ),
        200,
    ),
    contains: v.optional(texts("Texts that the body must hold.")),
    matches: v.optional(pattern("A regular expression that the body must match.")),
    header: v.optional(patterns("Response headers and a regular expression for the value of each.")),
    wait: v.optional(
        v.pipe(
            v.number(),
            v.minValue(0),
            v.maxValue(LONGEST_WAIT_SECONDS),
            v.description(
                "Seconds from its start that a container's app may take to answer. Without it 120. A port that nothing publishes is not waited for.",
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
/** "refused": nobody listens. "broken": somebody took the connection and gave no HTTP answer. "silent": none within the limit. */
export type NoAnswer = { problem: "refused" | "broken" | "silent"; words: string };
