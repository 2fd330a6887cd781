/** The preview that this browser, in this place, can have. */
import { type AskGuest, canPreview, createPreviewBridge, type PreviewBridge } from "./bridge";
import { createSinglePagePreview } from "./single-page";

/** `origin` from the server's /config.json; undefined where the page is served without our server. */
export function openPreview(options: { origin: string | undefined; http: AskGuest }): PreviewBridge {
    const { origin, http } = options;
    return origin !== undefined && origin !== location.origin && canPreview()
        ? createPreviewBridge({ origin, http })
        : createSinglePagePreview({ http });
}
