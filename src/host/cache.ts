/** Where built things are kept, shared by every clone on the machine. */
import { homedir } from "node:os";
import { join } from "node:path";

/** `$DRYDOCK_CACHE`, else `$XDG_CACHE_HOME/drydock`, else `~/.cache/drydock`. */
export function cacheFolder(): string {
    if (process.env.DRYDOCK_CACHE) return process.env.DRYDOCK_CACHE;
    return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "drydock");
}

export const imagesFolder = (): string => join(cacheFolder(), "images");
export const stagesFolder = (): string => join(cacheFolder(), "stages");
