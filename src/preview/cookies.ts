/**
 * Cookies of the guest's ports. A service worker's Response cannot set cookies and its Request does not show them, so
 * the page keeps them here and sends them. They last as long as the page, as in a private window. Unlike in a browser,
 * each port has its own: two copies of one app on 7000 and 8000 do not log each other out.
 */
import { type Cookie, parseSetCookie } from "set-cookie-parser";

interface Kept {
    name: string;
    value: string;
    path: string;
    /** Milliseconds since 1970; undefined: never. */
    expires: number | undefined;
    /** Order of first setting: among equal paths, the older cookie is sent first. */
    order: number;
}

/**
 * Most cookies for one port, so that a guest cannot fill the page's memory; a browser's own limit is about this size.
 */
const MOST = 200;
const LONGEST_BYTES = 4096;

export class CookieJar {
    readonly #ports = new Map<number, Map<string, Kept>>();
    readonly #now: () => number;
    #count = 0;

    /** `now` in milliseconds since 1970, for tests. */
    constructor(now: () => number = Date.now) {
        this.#now = now;
    }

    /** Stores what `headers` (values of Set-Cookie) say, for a request to `path` on `port`. */
    keep(port: number, path: string, headers: readonly string[]): void {
        const cookies = this.#ports.get(port) ?? new Map<string, Kept>();
        this.#ports.set(port, cookies);
        for (const header of headers) {
            if (header.length > LONGEST_BYTES) continue;
            for (const cookie of parseSetCookie([header], { decodeValues: false })) {
                const at = cookie.path?.startsWith("/") ? cookie.path : folderOf(path);
                const expires = this.#endOf(cookie);
                const key = `${at} ${cookie.name}`;
                if (expires !== undefined && expires <= this.#now()) cookies.delete(key);
                else if (cookies.has(key) || cookies.size < MOST)
                    cookies.set(key, {
                        name: cookie.name,
                        value: cookie.value,
                        path: at,
                        expires,
                        order: cookies.get(key)?.order ?? this.#count++,
                    });
            }
        }
    }

    /** Value of the Cookie header for `path` on `port`; undefined if there is none to send. */
    header(port: number, path: string): string | undefined {
        const cookies = this.#ports.get(port);
        if (!cookies) return undefined;
        for (const [key, { expires }] of cookies)
            if (expires !== undefined && expires <= this.#now()) cookies.delete(key);
        const wanted = [...cookies.values()].filter(cookie => matches(pathOnly(path), cookie.path));
        wanted.sort((a, b) => b.path.length - a.path.length || a.order - b.order);
        return wanted.map(({ name, value }) => `${name}=${value}`).join("; ") || undefined;
    }

    /** Max-Age takes precedence over Expires; a value that cannot be read counts as absent. */
    #endOf({ maxAge, expires }: Cookie): number | undefined {
        const end = maxAge !== undefined && !Number.isNaN(maxAge) ? this.#now() + maxAge * 1000 : expires?.getTime();
        return Number.isNaN(end) ? undefined : end;
    }

    clear(): void {
        this.#ports.clear();
    }
}

const pathOnly = (path: string): string => path.split("?", 1)[0]!;

/** RFC 6265, 5.1.4: the folder of the page that set the cookie. */
function folderOf(path: string): string {
    const last = pathOnly(path).lastIndexOf("/");
    return last <= 0 ? "/" : path.slice(0, last);
}

function matches(path: string, at: string): boolean {
    return path === at || (path.startsWith(at) && (at.endsWith("/") || path[at.length] === "/"));
}
