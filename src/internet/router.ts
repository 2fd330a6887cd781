/**
 * The sandbox's internet: which handler answers which host. Every name resolves in the guest, so every host gets an
 * answer. The answer for an unknown host lists the hosts that exist.
 */
import type { Hono } from "hono";
import { asDrydockError, DrydockError, messageOf } from "../base/errors";
import { ownPythonHost } from "./own-host";
import type { Readable } from "../base/store";
import { debianLab } from "./debian-lab";
import { bundledSource } from "./hub/bundled-source";
import { blobHost, createHub, hubHosts } from "./hub/hub";
import { memoryStorage, type HubStorage } from "./hub/storage";
import type { Bundle, Internet } from "./internet";
import { nodeLab } from "./node-lab";
import { pythonLab } from "./python-lab";
import { untold } from "./told";

interface Host {
    what: string;
    open(bundle: Bundle): Hono;
}

/** Each host has a file of its own. */
const hosts: Record<string, Host> = {
    "python.lab": { what: "Python packages for pip (index at http://python.lab/simple/)", open: pythonLab },
    "debian.lab": { what: "Debian packages for apt (list at http://debian.lab/)", open: debianLab },
    "node.lab": { what: "JavaScript packages for npm (list at http://node.lab/)", open: nodeLab },
};

export interface InternetOptions {
    /** Where pushed images are stored; called on the first request to Docker Hub. In memory unless given. */
    hubStorage?: () => Promise<HubStorage>;
    /** Whether images may answer in the place of those that Docker Hub here lacks. Off unless given. */
    standIns?: Readable<boolean>;
    /** Called with what went wrong inside; the guest gets an answer even so. */
    report?: (error: DrydockError) => void;
}

/** Answers by host, http and https alike. */
export function createInternet(
    bundle: Bundle,
    { hubStorage = async () => memoryStorage(), standIns, report = () => undefined }: InternetOptions = {},
): Internet {
    const sites = new Map<string, Internet>();
    for (const [host, { open }] of Object.entries(hosts)) {
        const app = open(bundle);
        app.onError(thrown => failure(host, thrown));
        app.notFound(({ req }) => text(404, `${host} (inside the page) has no ${req.path}.\n${offer()}`));
        sites.set(host, async request => app.fetch(request));
    }
    sites.set(ownPythonHost, sites.get("python.lab")!);
    const hub = lazyHub(bundle, hubStorage, standIns, report);
    for (const host of hubHosts) sites.set(host, hub);
    return async (request, tell = untold) => {
        const { hostname } = new URL(request.url);
        const site = sites.get(hostname);
        if (site) return site(request, tell);
        tell({ kind: "unknown-host" });
        return text(
            404,
            `${hostname} is not available: this machine is not connected to the internet.\n${offer()}`,
            // wget, git and pip show nothing but the status line
            `${hostname} is not in this sandbox, which has no internet`,
        );
    };
}

/** If the storage fails to open, the next request tries again. */
function lazyHub(
    bundle: Bundle,
    storage: () => Promise<HubStorage>,
    standIns: Readable<boolean> | undefined,
    report: (error: DrydockError) => void,
): Internet {
    let opened: Promise<Internet> | undefined;
    return async (request, tell) => {
        try {
            opened ??= storage().then(storage =>
                createHub({
                    source: bundledSource(bundle, "internet/hub"),
                    storage,
                    standIns,
                    report,
                    blobOrigin: `http://${blobHost}`,
                }),
            );
            return await (
                await opened
            )(request, tell);
        } catch (thrown) {
            opened = undefined;
            report(
                asDrydockError(
                    thrown,
                    "internet.hub-closed",
                    "Docker Hub in this page could not open its storage.",
                    "Try again. If that does not help, reload the page.",
                ),
            );
            return failure(new URL(request.url).hostname, thrown);
        }
    };
}

const offer = (): string =>
    [
        "Available inside the page:",
        ...Object.entries(hosts).map(([host, { what }]) => `  ${host}  ${what}`),
        "  docker.io  Docker Hub, for docker pull, push, login and search",
    ].join("\n");

function failure(hostname: string, thrown: unknown): Response {
    const words = thrown instanceof DrydockError ? `${thrown.message} ${thrown.advice}` : messageOf(thrown);
    return text(500, `${hostname} (inside the page) failed: ${words}`);
}

function text(status: number, body: string, statusText?: string): Response {
    return new Response(`${body}\n`, {
        status,
        statusText,
        headers: { "Content-Type": "text/plain; charset=utf-8" },
    });
}
