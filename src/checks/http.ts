/** The check kind `http`: what a port of the machine answers, as the preview sees it. Waits for an app that is still starting. */
import { delay, limited } from "../base/abort";
import { encodeText } from "../base/bytes";
import { DrydockError, isAbort, messageOf } from "../base/errors";
import type { CheckContext, CheckKind, CheckResult } from "./check";
import { fail, httpFailures } from "./http-failures";
import { connectionProblem, statusProblem } from "./http-problem";
import { REPLY_LIMIT, waitingCheckLimit } from "./limits";
import { schema, type Answer, type HttpSpec, type NoAnswer } from "./http-spec";
import { firstLines, pass } from "./outcome";
import { toPattern } from "./patterns";

export const http: CheckKind<HttpSpec> = {
    name: "http",
    summary: "The answer of a web app on a port of the machine: status, text, headers.",
    schema,
    failures: httpFailures,
    describe: spec =>
        `the answer of ${spec.method === "GET" ? "" : `${spec.method} `}http://localhost:${spec.port}${spec.path}${spec.contains ? ` with "${spec.contains.join('" and "')}"` : ""}`,
    acts: {
        when: "With a method other than GET and HEAD it runs only when the student presses Check, because it may change what the app stores. Set `reads: true` if it changes nothing, or `reads: false` if even a GET does, such as with a visit counter.",
        with: spec => !(spec.reads ?? readingMethods.includes(spec.method)),
        because: spec => `sends a ${spec.method} request`,
    },
    limit: spec => waitingCheckLimit(spec.wait),
    run,
};

const readingMethods: readonly HttpSpec["method"][] = ["GET", "HEAD"];

/** Milliseconds between two attempts. Each takes processor time from the app that is starting, so they become rarer. */
const firstPause = 300;
const longestPause = 2_000;

const bodyLimit = 1 << 20;

async function run(spec: HttpSpec, context: CheckContext): Promise<CheckResult> {
    const began = Date.now();
    for (let pause = firstPause; ; pause = Math.min(pause * 1.5, longestPause)) {
        const answer = await ask(spec, context);
        if (!("problem" in answer)) return judge(spec, answer, context);
        const problem = await connectionProblem(spec, answer, context, Date.now() - began);
        if (problem) return problem;
        await delay(pause, context.signal);
    }
}

async function ask(spec: HttpSpec, context: CheckContext): Promise<Answer | NoAnswer> {
    const reply = async (signal: AbortSignal): Promise<Answer> => {
        const request = new Request(`http://localhost:${spec.port}${spec.path}`, {
            method: spec.method,
            headers: spec.headers ?? {},
            body: spec.body === undefined ? null : encodeText(spec.body),
            signal,
            redirect: "manual",
        });
        const response = await context.http({ network: "tcp", host: "127.0.0.1", port: spec.port }, request);
        return { status: response.status, headers: response.headers, body: await beginning(response) };
    };
    const late = () => new DrydockError("http.timeout", "No reply.", "Try again.");
    try {
        return await limited(reply, { milliseconds: REPLY_LIMIT, late, signal: context.signal });
    } catch (thrown) {
        context.signal.throwIfAborted();
        const code = thrown instanceof DrydockError ? thrown.code : "";
        if (code === "http.timeout" || isAbort(thrown))
            return { problem: "silent", words: `no reply within ${REPLY_LIMIT / 1000} s` };
        if (code === "agent.gone" || code === "agent.silent" || code.startsWith("vm.")) throw thrown; // the machine is gone, not the app
        return { problem: code === "agent.refused" ? "refused" : "broken", words: messageOf(thrown) };
    }
}

/** As much of the body as a check needs, without waiting for the rest. */
async function beginning(response: Response): Promise<string> {
    const reader = response.body?.getReader();
    const decoder = new TextDecoder();
    let text = "";
    for (let size = 0; reader && size < bodyLimit;) {
        const { done, value } = await reader.read();
        if (done) return text;
        size += value.byteLength;
        text += decoder.decode(value, { stream: true });
    }
    await reader?.cancel();
    return text;
}

async function judge(spec: HttpSpec, answer: Answer, context: CheckContext): Promise<CheckResult> {
    if (answer.status !== spec.status) return statusProblem(spec, answer, context);
    const address = `http://localhost:${spec.port}${spec.path}`;
    const excerpt = firstLines(answer.body);
    const missing = spec.contains?.find(wanted => !answer.body.includes(wanted));
    if (missing !== undefined) {
        const alike = simple(answer.body).includes(simple(missing));
        return fail("http.wrong-text", {
            message: alike
                ? `${address} answers with nearly the right text: case, spaces or punctuation differ from "${missing}". Fix it, build again, and run a new container.`
                : `${address} answers, but without the text "${missing}". Its answer is below. If you have changed the app since, build again, remove the old container, and run a new one.`,
            expected: missing,
            found: answer.body.trim() === "" ? "an empty page" : answer.body.trim().split("\n")[0]!.slice(0, 200),
            excerpt,
        });
    }
    if (spec.matches !== undefined && !(await toPattern(spec.matches)).test(answer.body))
        return fail("http.wrong-text", {
            message: `${address} answers, but not with what this step asks for. Its answer is below.`,
            expected: `text that matches ${spec.matches}`,
            found: answer.body.trim().split("\n")[0]!.slice(0, 200) || "an empty page",
            excerpt,
        });
    for (const [name, wanted] of Object.entries(spec.header ?? {})) {
        const found = answer.headers.get(name);
        if (found === null || !(await toPattern(wanted)).test(found))
            return fail("http.wrong-header", {
                message: `${address} answers with ${found === null ? `no header ${name}` : `the header ${name}: ${found}`}, but this step asks for ${wanted}.`,
                expected: `${name}: ${wanted}`,
                found: found ?? "no such header",
            });
    }
    return pass(`${address} gives the expected answer.`);
}

const simple = (text: string) =>
    text
        .toLowerCase()
        .replace(/[^\p{L}\p{N}]+/gu, " ")
        .trim();
