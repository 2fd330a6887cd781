import { decodeText, readAll } from "../../base/bytes";
import { allows, parseScopes, scopeText, tokenSeconds, type Access, type Tokens } from "./access";
import { LoginRefused, type Accounts } from "./accounts";
import { tellAct } from "./act";
import type { RegistryAct, Tell } from "../told";
import { ownerOf } from "./names";
import { OciError } from "./oci-error";
import type { Registry } from "./registry";
import type { StandIns } from "./stand-ins";

/** Docker Hub's token authentication: anybody may pull; you push to your own name. */
export class Gate {
    constructor(
        private readonly registry: Registry,
        private readonly standIns: StandIns,
        private readonly accounts: Accounts,
        private readonly tokens: Tokens,
        private readonly realm: string,
    ) {}

    /**
     * Throws the 401 that tells a client where to get a token for `needed`. An image that is nowhere is not asked about here: see
     * `getManifest`.
     */
    async check(request: Request, needed: readonly Access[]): Promise<void> {
        const header = request.headers.get("Authorization") ?? "";
        const token = /^bearer /i.test(header) ? this.tokens.find(header.slice("bearer ".length).trim()) : undefined;
        if (token && needed.every(access => allows(token, access))) return;
        const parts = [`Bearer realm="${this.realm}"`, `service="registry.docker.io"`];
        if (needed.length > 0) parts.push(`scope="${scopeText(needed)}"`);
        if (token) parts.push(`error="insufficient_scope"`);
        else if (header) parts.push(`error="invalid_token"`);
        const detail = needed.flatMap(({ type, name, actions }) =>
            actions.map(action => ({ Type: type, Class: "", Name: name, Action: action })),
        );
        throw new OciError("UNAUTHORIZED", "authentication required", {
            detail: detail.length > 0 ? detail : null,
            headers: { "WWW-Authenticate": parts.join(",") },
        });
    }

    /** The token endpoint: GET with Basic authentication or none, POST with a form as in OAuth2. */
    async token(request: Request, tell: Tell): Promise<Response> {
        try {
            if (request.method === "POST") return await this.#oauth(await formOf(request), tell);
            const { searchParams } = new URL(request.url);
            tellAct(tell, tokenAct(parseScopes(searchParams.getAll("scope"))));
            const basic = basicOf(request.headers.get("Authorization"));
            const account = basic && (await this.accounts.logIn(basic.name, basic.password));
            const text = this.tokens.issue(
                account,
                await this.#granted(account, parseScopes(searchParams.getAll("scope"))),
            );
            return json({ token: text, access_token: text, expires_in: tokenSeconds });
        } catch (thrown) {
            // docker shows "details" after "unauthorized: "
            if (thrown instanceof LoginRefused) return json({ details: thrown.message }, 401);
            throw thrown;
        }
    }

    async #oauth(form: URLSearchParams, tell: Tell): Promise<Response> {
        tellAct(tell, tokenAct(parseScopes(form.getAll("scope"))));
        let account: string;
        if (form.get("grant_type") === "password")
            account = await this.accounts.logIn(form.get("username") ?? "", form.get("password") ?? "");
        else if (form.get("grant_type") === "refresh_token")
            account = await this.accounts.logInByToken(form.get("refresh_token") ?? "");
        else return json({ error: "unsupported_grant_type", details: "grant_type is password or refresh_token" }, 400);
        const access = await this.#granted(account, parseScopes(form.getAll("scope")));
        const refresh =
            form.get("access_type") === "offline" ? { refresh_token: await this.accounts.refreshToken(account) } : {};
        return json({
            access_token: this.tokens.issue(account, access),
            expires_in: tokenSeconds,
            scope: scopeText(access),
            ...refresh,
        });
    }

    async #granted(account: string | undefined, asked: readonly Access[]): Promise<Access[]> {
        const granted: Access[] = [];
        for (const { type, name, actions } of asked) {
            const allowed = await this.#allowed(account, type, name);
            const given =
                actions.includes("*") && type === "repository"
                    ? allowed
                    : actions.filter(action => allowed.includes(action));
            if (given.length > 0) granted.push({ type, name, actions: given });
        }
        return granted;
    }

    async #allowed(account: string | undefined, type: string, name: string): Promise<string[]> {
        if (type === "registry" && name === "catalog") return ["*", "search"];
        if (type !== "repository") return [];
        if (account !== undefined && name.includes("/") && ownerOf(name) === account) return ["pull", "push", "delete"];
        return (await this.registry.exists(name)) || (await this.standIns.covers(name)) ? ["pull"] : [];
    }
}

/**
 * A push that mounts a layer from another repository also asks to pull from there; what counts is the repository it
 * pushes to.
 */
function tokenAct(asked: readonly Access[]): RegistryAct {
    const repositories = asked.filter(({ type }) => type === "repository");
    const pushed = repositories.find(({ actions }) => actions.includes("push"));
    return { verb: "token", repository: (pushed ?? repositories[0])?.name, pushes: pushed !== undefined };
}

function basicOf(header: string | null): { name: string; password: string } | undefined {
    if (!header || !/^basic /i.test(header)) return undefined;
    let text: string;
    try {
        text = new TextDecoder().decode(
            Uint8Array.from(atob(header.slice("basic ".length).trim()), letter => letter.charCodeAt(0)),
        );
    } catch (thrown) {
        throw Object.assign(new LoginRefused("incorrect username or password"), { cause: thrown });
    }
    const colon = text.indexOf(":");
    return { name: text.slice(0, Math.max(colon, 0)), password: text.slice(colon + 1) };
}

/** Far more than a token request needs. */
const longestForm = 64 * 1024;

async function formOf(request: Request): Promise<URLSearchParams> {
    try {
        return new URLSearchParams(request.body ? decodeText(await readAll(request.body, longestForm)) : "");
    } catch (thrown) {
        throw new OciError("UNSUPPORTED", "the form is too long or was cut off", { status: 400, cause: thrown });
    }
}

const json = (value: unknown, status = 200): Response => Response.json(value, { status });
