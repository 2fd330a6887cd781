/**
 * The preview's requests that are being answered: each is forgotten when it is over, and all are cancelled at the end.
 */
import { answer, type Answerer } from "./answer";
import type { RequestMessage } from "./protocol";

export class Exchanges {
    readonly #open = new Set<AbortController>();

    constructor(private readonly answerer: Answerer) {}

    /** How many exchanges are under way. */
    get size(): number {
        return this.#open.size;
    }

    /** Answers `request` on `port`, which is then closed. Resolves when it is over; never rejects. */
    async answer(request: RequestMessage, port: MessagePort): Promise<void> {
        const abort = new AbortController();
        const stop = () => abort.abort(new DOMException("The preview wants no answer any more.", "AbortError"));
        const listen = (event: MessageEvent) => {
            if ((event.data as { kind?: unknown } | null)?.kind === "cancel") stop();
        };
        this.#open.add(abort);
        port.addEventListener("message", listen);
        port.addEventListener("close", stop);
        port.start();
        try {
            await answer(request, port, this.answerer, abort.signal);
        } finally {
            port.removeEventListener("message", listen);
            port.removeEventListener("close", stop);
            port.close();
            this.#open.delete(abort);
        }
    }

    end(): void {
        for (const abort of this.#open) abort.abort(new DOMException("The preview was closed.", "AbortError"));
    }
}
