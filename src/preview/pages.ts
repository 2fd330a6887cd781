/** The pages that the preview shows in place of the guest's. Static text without scripts; everything from outside is escaped. */

export interface OwnPage {
    status: number;
    title: string;
    /** What happened, a sentence. */
    message: string;
    /** What to look at: plain text, with code in backticks. */
    advice: readonly string[];
    /** Seconds until the page tries again by itself; undefined: only the button does. */
    retry?: number;
}

export const pages = {
    noListener: (port: number, retry: boolean): OwnPage => ({
        status: 502,
        title: `Nothing answers on port ${port} yet`,
        message: `No program in the machine listens on port ${port}.`,
        advice: [
            "`docker ps` lists running containers. Under PORTS it must say `0.0.0.0:" + port + "->…`.",
            "If the container is not listed, `docker ps -a` shows whether it has exited, and `docker logs` shows why.",
            "If its port is not listed, it was started without `-p " + port + ":…`.",
            "The program in the container must listen on 0.0.0.0. On 127.0.0.1 only the container itself can reach it.",
        ],
        ...(retry ? { retry: 3 } : {}),
    }),
    /** Docker's proxy accepts the connection and drops it when nothing in the container accepts it. */
    notReady: (port: number, retry: boolean): OwnPage => ({
        status: 502,
        title: `The program behind port ${port} does not answer yet`,
        message: `Port ${port} is published, but the connection ended without an answer. The program may still be starting.`,
        advice: [
            "`docker logs` shows what it has done so far. A Flask app takes up to half a minute to start here.",
            "It must listen on 0.0.0.0. On 127.0.0.1 only the container itself can reach it.",
            "It must listen on the port to the right of the colon in `-p " + port + ":…`.",
        ],
        ...(retry ? { retry: 3 } : {}),
    }),
    brokenAnswer: (port: number, reason: string): OwnPage => ({
        status: 502,
        title: `The answer from port ${port} is not valid`,
        message: `Something listens on port ${port}, but its answer could not be read: ${reason}`,
        advice: [
            "A program that has just started may not be ready yet.",
            "`docker logs` shows what the program printed about the request.",
            "The program must speak HTTP. A database, for example, does not.",
        ],
    }),
    silent: (port: number, seconds: number): OwnPage => ({
        status: 504,
        title: `Port ${port} does not answer`,
        message: `The program on port ${port} accepted the request but did not answer within ${seconds} s.`,
        advice: [
            "`docker logs` shows what it has done so far.",
            "`docker stats --no-stream` shows whether it is busy.",
        ],
    }),
    outside: (host: string): OwnPage => ({
        status: 502,
        title: "This link leads out of the machine",
        message: `The link goes to ${host}. The preview shows only what runs in the machine.`,
        advice: ["Go back, or type a path in the address bar."],
    }),
    pageGone: (): OwnPage => ({
        status: 503,
        title: "The machine's page is closed",
        message: "The machine runs in the Drydock tab, and that tab does not answer.",
        advice: ["Open Drydock again, start the container there, then try again."],
    }),
    updated: (): OwnPage => ({
        status: 503,
        title: "Drydock was updated",
        message: "The Drydock tab still runs the version from before the update.",
        advice: ["Reload that tab. Your files and progress are kept."],
    }),
    unknownPort: (): OwnPage => ({
        status: 404,
        title: "Which port?",
        message:
            "This address does not include a port of the machine, and the page that linked to it does not reveal its port.",
        advice: ["Preview addresses look like `/p/5000/`: the port, then the path."],
    }),
    alone: (): OwnPage => ({
        status: 403,
        title: "Open this page from Drydock",
        message:
            "Pages of the machine are shown inside Drydock only, which keeps them from leading this tab elsewhere.",
        advice: ["Use the preview pane of the Drydock tab, or its button Open in a browser tab."],
    }),
    failed: (message: string, advice: string): OwnPage => ({
        status: 502,
        title: "The preview could not reach the machine",
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

/** The page as HTML. It needs no script: the browser's refresh tries again. */
export function pageHtml(page: OwnPage): string {
    const refresh = page.retry === undefined ? "" : `<meta http-equiv="refresh" content="${page.retry}">`;
    const again = page.retry === undefined ? "" : `<small>This page tries again every ${page.retry} seconds.</small>`;
    return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">${refresh}
<title>${escapeHtml(page.title)}</title><style>${style}</style></head>
<body><main><h1>${escapeHtml(page.title)}</h1><p role="status">${withCode(page.message)}</p><ul>${page.advice.map(line => `<li>${withCode(line)}</li>`).join("")}</ul>
<p><a href="">Try again</a>${again}</p></main></body></html>`;
}

/** The same as plain text, for programs. */
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
