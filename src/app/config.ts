import * as v from "valibot";

const configSchema = v.object({ previewOrigin: v.optional(v.string()) });

export type Config = v.InferOutput<typeof configSchema>;

/** What the server says of itself. A page served without it (a folder on a plain web server) has a simpler preview. */
export async function readConfig(): Promise<Config> {
    try {
        const response = await fetch("/config.json", { cache: "no-store" });
        if (response.ok) return v.parse(configSchema, await response.json());
        console.warn(`There is no config.json (status ${response.status}).`);
    } catch (thrown) {
        console.warn("config.json could not be read.", thrown);
    }
    return {};
}
