/**
 * The page that frames a guest's page in a tab of its own. Alone in a tab, the guest's page could lead the tab
 * anywhere, and the browser would keep its storage separate from that of the Drydock tab, including the service worker.
 * The frame prevents both.
 */

/** The same as in `src/preview/bridge.ts`, which this layer must not import; a test compares them. */
export const TAB_SANDBOX = "allow-scripts allow-same-origin allow-forms allow-modals allow-downloads";

/** Port and session of the preview, then which of its origins if it is not the first. */
const address = /^\/preview\/(\d{1,5}(?:~[a-z0-9]{1,16})?)(?:~(\d))?(\/[^"'<>\s]*)$/;

/** HTML for a path and query of the page's server; undefined if it names no page of the guest. */
export function previewTab(url: string, previews: readonly string[]): string | undefined {
    const [, guest, at = "0", path] = address.exec(url) ?? [];
    const preview = previews[Number(at)];
    if (guest === undefined || path === undefined || preview === undefined) return undefined;
    const source = `${preview}/p/${guest}${path}`.replaceAll("&", "&amp;");
    return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Preview · Drydock</title>
<style>html, body { height: 100%; margin: 0 } iframe { display: block; width: 100%; height: 100%; border: 0 }</style></head>
<body><iframe title="Page of the machine" sandbox="${TAB_SANDBOX}" referrerpolicy="no-referrer" src="${source}"></iframe></body></html>`;
}
