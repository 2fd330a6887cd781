/** Every error code of the specification that this hub returns, and its usual status. */
const statuses = {
    BLOB_UNKNOWN: 404,
    BLOB_UPLOAD_INVALID: 400,
    BLOB_UPLOAD_UNKNOWN: 404,
    DIGEST_INVALID: 400,
    MANIFEST_BLOB_UNKNOWN: 404,
    MANIFEST_INVALID: 400,
    MANIFEST_UNKNOWN: 404,
    NAME_INVALID: 400,
    NAME_UNKNOWN: 404,
    SIZE_INVALID: 400,
    UNAUTHORIZED: 401,
    DENIED: 403,
    UNSUPPORTED: 405,
    TAG_INVALID: 400,
    PAGINATION_NUMBER_INVALID: 400,
    UNKNOWN: 500,
} as const;

export type OciCode = keyof typeof statuses;

/** An answer other than success, in the specification's JSON. `message` is what `docker` shows the student. */
export class OciError extends Error {
    override readonly name = "OciError";
    readonly status: number;
    readonly detail: unknown;
    readonly headers: Record<string, string>;
    readonly reason: string;

    constructor(
        readonly code: OciCode,
        message: string,
        options: {
            status?: number;
            detail?: unknown;
            headers?: Record<string, string>;
            /** Of the status line: printable ASCII. The usual one for the status unless given. */
            reason?: string;
            cause?: unknown;
        } = {},
    ) {
        super(message, { cause: options.cause });
        this.status = options.status ?? statuses[code];
        this.detail = options.detail;
        this.headers = options.headers ?? {};
        this.reason = options.reason ?? "";
    }

    response(head = false): Response {
        const body = JSON.stringify({
            errors: [
                {
                    code: this.code,
                    message: this.message,
                    ...(this.detail === undefined ? {} : { detail: this.detail }),
                },
            ],
        });
        return new Response(head ? null : body, {
            status: this.status,
            statusText: this.reason,
            headers: { "Content-Type": "application/json", ...this.headers },
        });
    }
}
