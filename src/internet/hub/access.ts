import { randomUuid } from "./names";

/** "repository:me/app:pull,push": what a client asks for, and what a token allows. */
export interface Access {
    type: string;
    name: string;
    actions: readonly string[];
}

export interface Token {
    /** undefined for anonymous pulls. */
    account: string | undefined;
    access: readonly Access[];
    expires: number;
}

/** Seconds; longer than Docker Hub's 300, since the emulated guest may take minutes for one layer. */
export const tokenSeconds = 3600;

/** More than a class of clients needs at once; a guest that asks for tokens in a loop must not fill memory. */
const mostTokens = 2000;

/**
 * Scopes as they appear in a query: several parameters, each with several scopes. Malformed ones are ignored, as on
 * Docker Hub.
 */
export function parseScopes(values: readonly string[]): Access[] {
    return values
        .flatMap(value => value.split(" "))
        .flatMap(scope => {
            const match = /^([a-z]+)(?:\([a-z]+\))?:(.+):([a-z*,]+)$/.exec(scope);
            return match ? [{ type: match[1]!, name: match[2]!, actions: match[3]!.split(",") }] : [];
        });
}

export const scopeText = (access: readonly Access[]): string =>
    access.map(({ type, name, actions }) => `${type}:${name}:${actions.join(",")}`).join(" ");

export function allows(token: Token, needed: Access): boolean {
    return needed.actions.every(action =>
        token.access.some(
            ({ type, name, actions }) => type === needed.type && name === needed.name && actions.includes(action),
        ),
    );
}

/** Tokens given out. A reload forgets them, and clients simply ask for new ones. */
export class Tokens {
    #tokens = new Map<string, Token>();

    constructor(private readonly now: () => number) {}

    issue(account: string | undefined, access: readonly Access[]): string {
        for (const [text, token] of this.#tokens)
            if (token.expires < this.now() || this.#tokens.size >= mostTokens) this.#tokens.delete(text);
        const text = `${randomUuid()}${randomUuid()}`.replaceAll("-", "");
        this.#tokens.set(text, { account, access, expires: this.now() + tokenSeconds * 1000 });
        return text;
    }

    find(text: string): Token | undefined {
        const token = this.#tokens.get(text);
        return token && token.expires >= this.now() ? token : undefined;
    }
}
