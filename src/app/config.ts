import * as v from "valibot";

const configSchema = v.object({ previewOrigin: v.optional(v.string()) });

export type Config = v.InferOutput<typeof configSchema>;

/** What the server says of itself. A page served without it (a folder on a plain web server) has a simpler preview. */
export async function readConfig(): Promise<Config> {
    try {
        const response = await fetch("/config.json", { cache: "no-store" });
        if (response.ok) return await reachable(v.parse(configSchema, await response.json()));
        console.warn(`There is no config.json (status ${response.status}).`);
    } catch (thrown) {
        console.warn("config.json could not be read.", thrown);
    }
    return {};
}

/** Milliseconds. The preview's server is on this computer. */
const REACH_LIMIT = 3_000;

/**
 * Safari asks the system for names below localhost, and most systems know none. Such a browser gets the preview without
 * scripts: on localhost itself a page of the guest would see the cookies of the student's own programs.
 */
async function reachable(config: Config): Promise<Config> {
    if (config.previewOrigin === undefined) return config;
    try {
        // The answer stays closed to this page; that there is one is enough.
        await fetch(`${config.previewOrigin}/drydock-addresses.js`, {
            mode: "no-cors",
            signal: AbortSignal.timeout(REACH_LIMIT),
        });
        return config;
    } catch (thrown) {
        console.warn(`This browser does not find ${config.previewOrigin}; the preview shows single pages.`, thrown);
        return { ...config, previewOrigin: undefined };
    }
}
