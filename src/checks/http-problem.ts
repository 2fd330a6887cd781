/** Why a port gives no answer or the wrong status: looks at the container behind it. */
import type { ContainerSummary } from "../docker/docker";
import { adviceFromLog } from "./app-log";
import type { CheckContext } from "./check";
import type { Answer, HttpSpec, NoAnswer } from "./http-spec";
import { fail } from "./http-failures";
import { listeners } from "./listeners";
import { callOf, logOf } from "./look";
import { firstLines, spoken, type Fail } from "./outcome";

/** Milliseconds to wait for any container, however long it has been up: its app may be restarting. */
const leastWait = 5_000;

/**
 * undefined while waiting is worthwhile: the container is young. `waited` in milliseconds. Asks the engine every time,
 * because the container may end meanwhile.
 */
export async function connectionProblem(
    spec: HttpSpec,
    answer: NoAnswer,
    context: CheckContext,
    waited: number,
): Promise<Fail | undefined> {
    const all = await context.docker.containers.list({ all: true, signal: context.signal });
    const behind = all.find(one => one.ports.some(binding => binding.hostPort === spec.port));
    const expected = `an answer on port ${spec.port}`;
    if (!behind) return nobody(spec, all, answer, context);
    const inside = behind.ports.find(binding => binding.hostPort === spec.port)!.containerPort;
    const name = callOf(behind);
    const details = await context.docker.containers.inspect(behind.id, context.signal);
    // Both clocks are the computer's: the guest's is set from it.
    const age = Date.now() - (Date.parse(details?.startedAt ?? "") || 0);
    const mayWait =
        waited < Math.min(leastWait, spec.wait * 1000) || (age < spec.wait * 1000 && waited < spec.wait * 1000);
    if (answer.problem === "silent" && !mayWait)
        return fail("http.timeout", {
            message: `The container ${name} accepts the connection on port ${spec.port}, but sends no answer (${answer.words}). Its last lines of output are below.`,
            expected,
            found: answer.words,
            excerpt: await logOf(context, behind.id),
        });
    const heard = await listeners(context, details?.pid ?? 0);
    if (heard?.some(one => one.port === inside && one.local) && !heard.some(one => one.port === inside && !one.local))
        return fail("http.only-inside", {
            message: `The app in ${name} listens on 127.0.0.1:${inside}, which only the container itself can reach. Make it listen on every address with \`host="0.0.0.0"\`, build again, and run a new container.`,
            expected: `0.0.0.0:${inside}`,
            found: `127.0.0.1:${inside}`,
            excerpt: await logOf(context, behind.id),
        });
    const others = heard?.filter(one => one.port !== inside && !one.local).map(one => one.port) ?? [];
    if (others.length > 0 && !heard!.some(one => one.port === inside))
        return fail("http.other-port", {
            message: `Port ${spec.port} of the machine leads to port ${inside} in the container ${name}, but the program in it listens on ${spoken(others)}. Run it with \`-p ${spec.port}:${others[0]}\`, or make the app listen on ${inside}.`,
            expected: `a program on port ${inside} in the container`,
            found: `port ${spoken(others)}`,
            excerpt: await logOf(context, behind.id),
        });
    if (mayWait) return undefined;
    return fail("http.no-answer", {
        message: `Port ${spec.port} of the machine leads to the container ${name}, but no program in it answers on port ${inside}. The app may still be starting, or it listens on another port. Its last lines of output are below.`,
        expected,
        found: answer.words,
        excerpt: await logOf(context, behind.id),
    });
}

/** No running container publishes the port. */
async function nobody(
    spec: HttpSpec,
    all: readonly ContainerSummary[],
    answer: NoAnswer,
    context: CheckContext,
): Promise<Fail> {
    const expected = `an answer on port ${spec.port}`;
    const newest = all.toSorted((a, b) => b.created - a.created);
    for (const one of newest.filter(one => one.state === "exited" || one.state === "created")) {
        const details = await context.docker.containers.inspect(one.id, context.signal);
        if (!details?.ports.some(binding => binding.hostPort === spec.port)) continue;
        const log = await logOf(context, one.id);
        return fail("http.exited", {
            message: `Nothing answers on port ${spec.port}, because the container ${callOf(one)} is not running (${one.status}). ${adviceFromLog(log) || `Look at \`docker logs ${callOf(one)}\` and \`docker ps -a\`.`}`,
            expected,
            found: one.status,
            excerpt: log || details.error,
        });
    }
    const elsewhere = newest.flatMap(one =>
        one.ports
            .filter(binding => binding.hostPort !== undefined)
            .map(binding => `${binding.hostPort} (${callOf(one)})`),
    );
    const hint =
        elsewhere.length > 0
            ? `The published ports are ${spoken(elsewhere)}. Run a container with \`-p ${spec.port}:\` and the app's port.`
            : `No container publishes it. Run one with \`-p ${spec.port}:\` and the app's port.`;
    return fail("http.refused", {
        message: `Nothing listens on port ${spec.port} of the machine. ${hint}`,
        expected,
        found: answer.problem === "refused" ? "connection refused" : answer.words,
    });
}

export async function statusProblem(spec: HttpSpec, answer: Answer, context: CheckContext): Promise<Fail> {
    const address = `http://localhost:${spec.port}${spec.path}`;
    const expected = `status ${spec.status}`;
    const found = `status ${answer.status}`;
    const excerpt = firstLines(answer.body.replace(/<[^<>]+>/g, " ").replace(/[ \t]+/g, " "));
    if (answer.status === 404)
        return fail("http.not-found", {
            message: `The app answers on port ${spec.port}, but has no page ${spec.path} (status 404). Compare the path with the app's routes: \`@app.route("${spec.path.split("?")[0]}")\`.`,
            expected,
            found,
            excerpt,
        });
    if (answer.status === 405)
        return fail("http.not-allowed", {
            message: `The app answers on port ${spec.port}, but ${spec.path} does not accept ${spec.method} (status 405).`,
            expected,
            found,
            excerpt,
        });
    if (answer.status >= 500) {
        const behind = (await context.docker.containers.list({ signal: context.signal })).find(one =>
            one.ports.some(binding => binding.hostPort === spec.port),
        );
        const log = behind ? await logOf(context, behind.id) : "";
        return fail("http.server-error", {
            message:
                `The app failed when asked for ${address} (status ${answer.status}).${log ? ` The last lines of output of ${callOf(behind!)} are below. ${adviceFromLog(log)}` : ""}`.trim(),
            expected,
            found,
            excerpt: log || excerpt,
        });
    }
    const to = answer.headers.get("Location");
    return fail("http.wrong-status", {
        message: `${address} answers with status ${answer.status}${to ? `, redirecting to ${to}` : ""}, but this step asks for ${spec.status}.`,
        expected,
        found,
        excerpt,
    });
}
