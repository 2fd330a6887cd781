/**
 * The record of what the guest requested from its internet and who answered. It wraps the handler that answers and
 * writes down what the handler reports; bodies are counted while they stream, at the reader's pace.
 */
import type { Bytes } from "../base/bytes";
import { DrydockError, isAbort, messageOf } from "../base/errors";
import { RawRequest } from "../base/http";
import type { MissingImage, StandIn } from "../base/missing-image";
import { ownPythonHost } from "./own-host";
import { Store, type Readable } from "../base/store";
import type { Internet } from "./internet";
import type { Answerer, RegistryAct, Told } from "./told";
import { watchedBody } from "./watched-body";

/** `online`: a host outside. `refused`: nobody answered, or the answer was a refusal. */
export type AnsweredBy = Answerer | "online" | "refused";

/** One request and its answer. Each change makes a new object. */
export interface Exchange {
    readonly id: number;
    /** Milliseconds since 1970. */
    readonly began: number;
    /** Milliseconds since 1970; undefined while the answer is under way. */
    readonly ended: number | undefined;
    readonly method: string;
    readonly url: string;
    /** undefined until the answer begins. */
    readonly status: number | undefined;
    readonly answeredBy: AnsweredBy | undefined;
    readonly end: "open" | "complete" | "failed" | "cancelled";
    /** Why the answer is missing or incomplete. */
    readonly problem: string | undefined;
    /** The address outside the page that was asked, if any. */
    readonly online: string | undefined;
    /** Body bytes from the guest, and to it. */
    readonly bytesUp: number;
    readonly bytesDown: number;
    /** What a registry in the page was asked for. */
    readonly act: RegistryAct | undefined;
    /** The image that it asked for and that is not here. */
    readonly missing?: MissingImage;
    /** The image that answered in the place of another. */
    readonly standIn?: StandIn;
}

/** How many exchanges are remembered; the oldest are dropped first. */
const KEPT = 500;

/** A layer arrives in thousands of chunks; listeners are told ten times a second. */
const TELL_MILLISECONDS = 100;

export class Traffic implements Readable<readonly Exchange[]> {
    #exchanges = new Map<number, Exchange>();
    #store = new Store<readonly Exchange[]>([]);
    #next = 1;
    #telling: ReturnType<typeof setTimeout> | undefined;

    constructor(private readonly kept = KEPT) {}

    /** Oldest first. */
    get state(): readonly Exchange[] {
        return this.#store.state;
    }

    subscribe(listener: (exchanges: readonly Exchange[]) => void) {
        return this.#store.subscribe(listener);
    }

    /** Forgets everything except what is still under way. */
    clear(): void {
        for (const { id, end } of this.#exchanges.values()) if (end !== "open") this.#exchanges.delete(id);
        this.#tell();
    }

    /** The same handler, with its work recorded. The warm-up's requests are left out: the student did not make them. */
    watch(internet: Internet): Internet {
        return async (request, tell) => {
            if (new URL(request.url).hostname === ownPythonHost) return internet(request, tell);
            const id = this.#begin(request);
            // an answer can arrive before the request's body has been sent, as a refusal does
            const counted = request.body ? this.#countUp(id, request, request.body) : request;
            let answerer: Answerer = "bundle";
            const onTold = (told: Told): void => {
                if (told.kind === "answerer") answerer = told.by;
                else if (told.kind === "registry") this.#change(id, () => ({ act: told.act }));
                else if (told.kind === "missing-image") this.#change(id, () => ({ missing: told.image }));
                else if (told.kind === "stand-in") this.#change(id, () => ({ standIn: told.standIn }));
                else if (told.kind === "outside")
                    this.#change(id, () => ({ online: told.address, problem: told.problem }));
                tell?.(told);
            };
            try {
                return this.#answered(id, request, await internet(counted, onTold), answerer);
            } catch (thrown) {
                this.#end(id, request.signal.aborted || isAbort(thrown) ? "cancelled" : "failed", thrown);
                throw thrown;
            }
        };
    }

    #begin({ method, url }: Request): number {
        const id = this.#next++;
        const exchange: Exchange = {
            id,
            began: Date.now(),
            ended: undefined,
            method,
            url,
            status: undefined,
            answeredBy: undefined,
            end: "open",
            problem: undefined,
            online: undefined,
            bytesUp: 0,
            bytesDown: 0,
            act: undefined,
        };
        this.#exchanges.set(id, exchange);
        while (this.#exchanges.size > this.kept) this.#exchanges.delete(this.#exchanges.keys().next().value!);
        this.#tell();
        return id;
    }

    #countUp(id: number, request: Request, body: ReadableStream<Bytes>): Request {
        const watched = watchedBody(body, {
            bytes: chunk => this.#change(id, ({ bytesUp }) => ({ bytesUp: bytesUp + chunk.byteLength })),
            ended: () => undefined,
            failed: () => undefined, // the handler fails too, and reports it
            cancelled: () => undefined,
        });
        return new RawRequest(
            request.url,
            { method: request.method, body: watched, signal: request.signal, duplex: "half" },
            [...request.headers],
        );
    }

    #answered(id: number, request: Request, response: Response, answerer: Answerer): Response {
        const { status } = response;
        // a registry uses 401 to say where to get tokens: it is part of every pull
        const refused = status >= 400 && status !== 401;
        this.#change(id, ({ online, problem }) => ({
            status,
            answeredBy: online !== undefined && problem === undefined ? "online" : refused ? "refused" : answerer,
        }));
        if (!response.body) {
            this.#end(id, "complete");
            return response;
        }
        const body = watchedBody(response.body as ReadableStream<Bytes>, {
            bytes: chunk => this.#change(id, ({ bytesDown }) => ({ bytesDown: bytesDown + chunk.byteLength })),
            ended: () => this.#end(id, "complete"),
            failed: reason => this.#end(id, request.signal.aborted || isAbort(reason) ? "cancelled" : "failed", reason),
            cancelled: () => this.#end(id, "cancelled"),
        });
        return new Response(body, {
            status: response.status,
            statusText: response.statusText,
            headers: response.headers,
        });
    }

    #end(id: number, end: "complete" | "failed" | "cancelled", reason?: unknown): void {
        const problem =
            end === "failed"
                ? reason instanceof DrydockError
                    ? `${reason.message} ${reason.advice}`
                    : messageOf(reason)
                : undefined;
        this.#change(id, before => ({ end, ended: Date.now(), problem: problem ?? before.problem }));
    }

    #change(id: number, change: (before: Exchange) => Partial<Exchange>): void {
        const before = this.#exchanges.get(id);
        if (!before) return; // it has been forgotten meanwhile
        this.#exchanges.set(id, { ...before, ...change(before) });
        this.#tell();
    }

    #tell(): void {
        if (this.#telling !== undefined) return;
        this.#telling = setTimeout(() => {
            this.#telling = undefined;
            this.#store.set([...this.#exchanges.values()]);
        }, TELL_MILLISECONDS);
    }
}
