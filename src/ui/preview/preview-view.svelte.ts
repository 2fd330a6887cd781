import type { PreviewBridge, PreviewLocation } from "../../preview/bridge";
import { loopbackOf } from "../../preview/route";
import { Watched } from "../common/watched.svelte";
import type { PublishedPort } from "../../guest/guest-watch";
import type { Sandbox } from "../sandbox";

export interface Target {
    port: number;
    path: string;
}

/** Parses what a student may type: "5000", ":5000/x", "localhost:5000/x", "http://127.0.0.1:5000". undefined for anything else. */
export function parseTarget(text: string, port: number | undefined): Target | undefined {
    const typed = text.trim();
    const [, number, path] =
        /^(?:https?:\/\/)?(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])?:?(\d{1,5})?(\/.*)?$/i.exec(typed) ?? [];
    const named = /^(?:https?:\/\/)?(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])\/?$/i.test(typed);
    const chosen =
        number !== undefined
            ? Number(number)
            : named
              ? 80
              : path !== undefined
                ? typed.startsWith("/")
                    ? port
                    : 80
                : undefined;
    if (chosen === undefined || chosen < 1 || chosen > 65535) return undefined;
    return { port: chosen, path: path ?? "/" };
}

/**
 * The guest's page that a link in a terminal leads to, whichever name of this computer it uses; undefined for other
 * links.
 */
export function parseLinkTarget(address: string): Target | undefined {
    if (!URL.canParse(address)) return undefined;
    const url = new URL(address);
    const guest = loopbackOf(url);
    return guest && { port: guest.port, path: guest.path + url.hash };
}

/** The preview pane: one frame, its address, and the ports that it could show. */
export class PreviewView {
    #target = $state.raw<Target>();
    #problem = $state.raw<{ message: string; advice: string }>();
    readonly #location: Watched<PreviewLocation | undefined>;
    readonly #ports: Watched<readonly PublishedPort[]>;

    constructor(
        private readonly sandbox: Sandbox,
        private readonly onShown: () => void,
    ) {
        this.#location = new Watched(sandbox.preview.location);
        this.#ports = new Watched(sandbox.ports);
        sandbox.preview.ready.catch((thrown: unknown) => {
            const { message, advice } = thrown as { message?: string; advice?: string };
            this.#problem = { message: message ?? String(thrown), advice: advice ?? "Reload the page." };
        });
    }

    get bridge(): PreviewBridge {
        return this.sandbox.preview;
    }

    /** The frame's current or requested address; undefined before anything was opened. */
    get place(): Target | undefined {
        const at = this.#location.state;
        const target = this.#target;
        return target && at ? at : target;
    }

    get title(): string {
        return this.#location.state?.title ?? "";
    }

    get ports(): readonly PublishedPort[] {
        return this.#ports.state;
    }

    get problem(): { message: string; advice: string } | undefined {
        return this.#problem;
    }

    open(port: number, path = "/"): void {
        this.#target = { port, path };
        this.bridge.open(port, path);
        this.onShown();
    }
}
