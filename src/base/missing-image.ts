/** An image that somebody in the guest asked for and that is not in the sandbox, as the hub told it. */
export interface MissingImage {
    /** As a student types it: "ubuntu:20.04", "nginx" without a tag of its own. */
    asked: string;
    /** What is missing, what is nearest and what to do; printable ASCII, since it travels in a status line too. */
    words: string;
    /** The image that would stand in for it, if stand-ins were on: "debian:trixie-slim". */
    standIn: string | undefined;
}

/** `at`: milliseconds since 1970. */
export type MissedImage = MissingImage & { at: number };

/** An image that answered in another's place. */
export interface StandIn {
    /** "python:3.8-slim" */
    asked: string;
    /** "python:3.13-slim" */
    answered: string;
}

export const standInWords = ({ asked, answered }: StandIn): string =>
    `${asked} is not in this sandbox; ${answered} answered in its place.`;
