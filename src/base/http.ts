/**
 * Requests and responses that cross the border of the guest, with the headers that fetch keeps to itself.
 *
 * In a browser the constructors drop what a page may not touch: `Cookie`, `Referer`, `Origin`, `Host` of a Request and
 * `Set-Cookie` of a Response. Those rules protect the browser's own network; a header on its way to or from the guest is
 * only data. These classes answer `headers` with a list of their own that nothing is dropped from. Read `headers` from the
 * object itself: a `clone()`, or a Request made of it, has the filtered list again.
 */

export type HeaderPairs = readonly (readonly [name: string, value: string])[];

function unfiltered(pairs: HeaderPairs): Headers {
    const headers = new Headers();
    for (const [name, value] of pairs) headers.append(name, value);
    return headers;
}

export class RawRequest extends Request {
    readonly #headers: Headers;

    constructor(url: string, options: RequestInit & { duplex?: "half" }, headers: HeaderPairs) {
        super(url, options);
        this.#headers = unfiltered(headers);
    }

    override get headers(): Headers {
        return this.#headers;
    }
}

export class RawResponse extends Response {
    readonly #headers: Headers;

    constructor(body: BodyInit | null, options: ResponseInit, headers: HeaderPairs) {
        super(body, options);
        this.#headers = unfiltered(headers);
    }

    override get headers(): Headers {
        return this.#headers;
    }
}
