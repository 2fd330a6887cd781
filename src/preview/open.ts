/** The preview that this browser can have at this address. */
import { type AskGuest, canPreview, createPreviewBridge, type PreviewBridge } from "./bridge";
import { createSinglePagePreview } from "./single-page";

/** `origins` from the server's /config.json; empty if the page is served without our server. */
export function openPreview(options: { origins: readonly string[]; http: AskGuest }): PreviewBridge {
    const { origins, http } = options;
    return origins.length > 0 && !origins.includes(location.origin) && canPreview()
        ? createPreviewBridge({ origins, http })
        : createSinglePagePreview({ http });
}
