/** The pages that the preview shows in the guest's stead. Static text, no scripts; whatever comes from outside is escaped. */

export interface OwnPage {
    status: number;
    title: string;
    /** What happened, a sentence. */
    message: string;
    /** What to look at, plain text; a part in backticks is shown as code. */
    advice: readonly string[];
    /** Seconds until the page asks again by itself; undefined leaves it to the button. */
    retry?: number;
}

export const pages = {
    noListener: (port: number, retry: boolean): OwnPage => ({
        status: 502,
        title: `Nothing answers on port ${port} yet`,
        message: `No program in the machine listens on port ${port}.`,
        advice: [
            "`docker ps` lists running containers; under PORTS it must say `0.0.0.0:" + port + "->…`.",
            "No container there? `docker ps -a` shows whether it exited, `docker logs` why.",
            "No port there? It was started without `-p " + port + ":…`.",
            "The program in the container must listen on 0.0.0.0; on 127.0.0.1 only the container itself reaches it.",
        ],
        ...(retry ? { retry: 3 } : {}),
    }),
    /** Docker's proxy takes the connection and drops it when nothing in the container does. */
    notReady: (port: number, retry: boolean): OwnPage => ({
        status: 502,
        title: `The program behind port ${port} does not answer yet`,
        message: `Port ${port} is published, but the connection ended without an answer. The program may still be starting.`,
        advice: [
            "`docker logs` shows how far it came; a Flask app takes up to half a minute here.",
            "It must listen on 0.0.0.0; on 127.0.0.1 only the container itself reaches it.",
            "It must listen on the port right of the colon in `-p " + port + ":…`.",
        ],
        ...(retry ? { retry: 3 } : {}),
    }),
    brokenAnswer: (port: number, reason: string): OwnPage => ({
        status: 502,
        title: `Port ${port} gave no proper answer`,
        message: `Something listens on port ${port}, but its answer could not be read: ${reason}`,
        advice: [
            "A program that has just been started may not be ready yet.",
            "`docker logs` shows what it says about the request.",
            "Does it speak HTTP? A database, for one, does not.",
        ],
    }),
    silent: (port: number, seconds: number): OwnPage => ({
        status: 504,
        title: `Port ${port} keeps silent`,
        message: `The program on port ${port} took the request and has not answered within ${seconds} s.`,
        advice: ["`docker logs` shows how far it came.", "`docker stats --no-stream` shows whether it is still busy."],
    }),
    outside: (host: string): OwnPage => ({
        status: 502,
        title: "This link leads out of the machine",
        message: `The page wants to go to ${host}. The preview shows what runs in the machine and nothing else.`,
        advice: ["Go back, or type a path in the address bar."],
    }),
    pageGone: (): OwnPage => ({
        status: 503,
        title: "The machine's page is closed",
        message:
            "This preview gets its pages from the Drydock tab, where the machine runs, and that tab does not answer.",
        advice: ["Open Drydock again and start the container there; then try again."],
    }),
    updated: (): OwnPage => ({
        status: 503,
        title: "Drydock was updated",
        message: "The Drydock tab still runs the version from before the update.",
        advice: ["Reload that tab; files and progress are kept."],
    }),
    unknownPort: (): OwnPage => ({
        status: 404,
        title: "Which port?",
        message:
            "This address names no port of the machine, and the page that linked to it does not say where it stands.",
        advice: ["Addresses of the preview look like `/p/5000/`: the port, then the path."],
    }),
    failed: (message: string, advice: string): OwnPage => ({
        status: 502,
        title: "The preview could not ask the machine",
        message,
        advice: [advice],
    }),
};

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, character => escapes[character]!);
const withCode = (text: string): string => escapeHtml(text).replace(/`([^`]*)`/g, "<code>$1</code>");

const style = `
:root { color-scheme: light dark; --ink: #1f2328; --soft: #59636e; --back: #fff; --line: #d1d9e0; --code: #f0f2f5; --accent: #0b63c4; }
@media (prefers-color-scheme: dark) { :root { --ink: #e2e6eb; --soft: #9aa4af; --back: #16191d; --line: #363c44; --code: #23272d; --accent: #6cb0ff; } }
body { margin: 0; padding: 2rem 1.5rem; font: 15px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--back); }
main { max-width: 40rem; }
h1 { font-size: 1.2rem; line-height: 1.3; margin: 0 0 .6rem; }
p { margin: 0 0 1rem; } ul { margin: 0 0 1.4rem; padding-left: 1.2rem; color: var(--soft); } li { margin: .25rem 0; }
code { font: .9em ui-monospace, monospace; background: var(--code); padding: .1em .35em; border-radius: 3px; color: var(--ink); }
a { display: inline-block; padding: .35rem .9rem; border: 1px solid var(--line); border-radius: 4px; color: var(--accent); text-decoration: none; }
a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
small { color: var(--soft); margin-left: .8rem; }`;

/** The page as HTML. It needs no script: the browser's own refresh asks again. */
export function pageHtml(page: OwnPage): string {
    const refresh = page.retry === undefined ? "" : `<meta http-equiv="refresh" content="${page.retry}">`;
    const again = page.retry === undefined ? "" : `<small>Tries again by itself every ${page.retry} seconds.</small>`;
    return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">${refresh}
<title>${escapeHtml(page.title)}</title><style>${style}</style></head>
<body><main><h1>${escapeHtml(page.title)}</h1><p role="status">${withCode(page.message)}</p><ul>${page.advice.map(line => `<li>${withCode(line)}</li>`).join("")}</ul>
<p><a href="">Try again</a>${again}</p></main></body></html>`;
}

/** The same for a program that asked, not a person. */
export function pageText(page: OwnPage): string {
    return [page.title, page.message, ...page.advice].join("\n").replaceAll("`", "") + "\n";
}

/** Status, headers and body of an own page. */
export function pageParts(
    page: OwnPage,
    navigation: boolean,
): { status: number; headers: [string, string][]; body: string } {
    return {
        status: page.status,
        headers: [
            ["Content-Type", navigation ? "text/html; charset=utf-8" : "text/plain; charset=utf-8"],
            [
                "Content-Security-Policy",
                "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
            ],
            ["Cache-Control", "no-store"],
            ["X-Drydock-Page", String(page.status)],
        ],
        body: navigation ? pageHtml(page) : pageText(page),
    };
}
