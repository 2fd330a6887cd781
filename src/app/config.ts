import * as v from "valibot";

const configSchema = v.object({ previewOrigins: v.optional(v.array(v.string()), []) });

/**
 * `previewOrigins`: the first is used, the others if a page there never ends. If there are none, the preview shows
 * single pages.
 */
export type Config = v.InferOutput<typeof configSchema>;

/**
 * What the server says about itself. A page served without it (a folder on a plain web server) has a simpler preview.
 */
export async function readConfig(): Promise<Config> {
    try {
        const response = await fetch("/config.json", { cache: "no-store" });
        if (response.ok) return await reachable(v.parse(configSchema, await response.json()));
        console.warn(`There is no config.json (status ${response.status}).`);
    } catch (thrown) {
        console.warn("config.json could not be read.", thrown);
    }
    return { previewOrigins: [] };
}

/** Milliseconds. The preview's server is on this computer. */
const REACH_LIMIT = 3_000;

/**
 * Safari asks the system for names below localhost, and most systems know none
 * (https://bugs.webkit.org/show_bug.cgi?id=160504). Such a browser gets the preview without scripts: on localhost
 * itself, a page of the guest would see the cookies of the student's own programs.
 */
async function reachable(config: Config): Promise<Config> {
    const [first] = config.previewOrigins;
    if (first === undefined) return config;
    try {
        // This page cannot read the answer; it is enough that there is one.
        await fetch(`${first}/drydock-addresses.js`, {
            mode: "no-cors",
            signal: AbortSignal.timeout(REACH_LIMIT),
        });
        return config;
    } catch (thrown) {
        console.warn(`This browser does not find ${first}; the preview shows single pages.`, thrown);
        return { ...config, previewOrigins: [] };
    }
}
