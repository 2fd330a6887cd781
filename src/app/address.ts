/** The page's address: which lesson is open, and at which step. */
export interface Address {
    lesson: string;
    step: string | undefined;
}

/** "#/images/flask", or "#/images/flask/build" for one of its steps. */
export const addressOf = (lesson: string, step?: string): string =>
    `#/${lesson}${step === undefined ? "" : `/${step}`}`;

/** undefined if the hash names no lesson. */
export function parseAddress(hash: string): Address | undefined {
    const [, lesson, step] = /^#\/([a-z0-9-]+\/[a-z0-9-]+)(?:\/([a-z0-9-]+))?\/?$/.exec(hash) ?? [];
    return lesson === undefined ? undefined : { lesson, step };
}
