import { DrydockError } from "../../base/errors";
import { secureContext } from "../../base/secure-context";

/**
 * Copies `text` to the clipboard. At an address without https, and where the browser refuses its clipboard to scripts,
 * this uses the copy command on a selected text area; the focus stays where it is. Call it in the handler of a click or
 * a key: browsers allow copying only there. Rejects with "ui.not-copied".
 */
export async function copyText(text: string): Promise<void> {
    try {
        if (secureContext.clipboard) return await secureContext.clipboard.writeText(text);
    } catch (thrown) {
        if (!copyBySelection(text)) throw refused(thrown);
        return;
    }
    if (!copyBySelection(text)) throw refused();
}

function copyBySelection(text: string): boolean {
    const focused = document.activeElement;
    const area = document.createElement("textarea");
    area.value = text;
    area.readOnly = true; // no keyboard appears on a phone
    area.ariaHidden = "true";
    area.style.cssText = "position: fixed; top: 0; opacity: 0; pointer-events: none";
    // an open dialog keeps the focus inside, so put the area next to the button, where it may have the focus
    const holder = focused === document.body ? focused : focused?.parentElement;
    (holder ?? document.body).append(area);
    try {
        area.focus({ preventScroll: true });
        area.select();
        return document.execCommand("copy");
    } finally {
        area.remove();
        if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
    }
}

const refused = (cause?: unknown) =>
    new DrydockError(
        "ui.not-copied",
        "The browser did not let the page copy the text.",
        "Select it and press Ctrl+C (on a Mac, Cmd+C).",
        { cause },
    );
