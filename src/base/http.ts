import type { Bytes } from "./bytes";

export type HeaderPairs = readonly (readonly [name: string, value: string])[];

function unfiltered(pairs: HeaderPairs): Headers {
    const headers = new Headers();
    for (const [name, value] of pairs) headers.append(name, value);
    return headers;
}

/**
 * A Request to or from the guest that keeps the headers fetch would drop.
 *
 * In a browser, Request's constructor drops the headers that a page may not set: `Cookie`, `Content-Length`, `Origin`,
 * `Accept-Encoding`. Those rules protect the browser's own network; a header on its way to or from the guest is only
 * data. So `headers` here is a separate, unfiltered list. Read it from the object itself: a `clone()` has the filtered
 * list again.
 */
export class RawRequest extends Request {
    readonly #headers: Headers;
    readonly #given: BodyInit | null;

    constructor(url: string, options: RequestInit & { duplex?: "half" }, headers: HeaderPairs) {
        super(url, options);
        this.#headers = unfiltered(headers);
        this.#given = options.body ?? null;
    }

    override get headers(): Headers {
        return this.#headers;
    }

    /**
     * Firefox has no `Request.body` yet: it returns undefined, whatever the types say
     * (https://bugzilla.mozilla.org/show_bug.cgi?id=1387483).
     */
    override get body(): ReadableStream<Bytes> | null {
        const own = super.body as ReadableStream<Bytes> | null | undefined;
        if (own !== undefined) return own;
        return this.#given instanceof ReadableStream || this.#given === null
            ? this.#given
            : (new Response(this.#given).body as ReadableStream<Bytes>);
    }
}
