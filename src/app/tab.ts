/** This page among the other tabs of the browser. */
import { toHex } from "../base/bytes";
import { secureContext } from "../base/secure-context";
import { lockedLessons } from "../storage/claim/web-lock";

const TAB = "drydock.tab";
const OPEN = "drydock.open:";

/**
 * A name for this tab that survives a reload. It is removed from the tab's storage while a page of the tab is open: a
 * duplicated tab gets a copy of that storage, and must not get the same name.
 */
export function tabName(storage: () => Storage): string {
    const fresh = toHex(crypto.getRandomValues(new Uint8Array(8)));
    try {
        const kept = storage(); // throws where the site's data is blocked
        const name = kept.getItem(TAB) ?? fresh;
        kept.removeItem(TAB);
        addEventListener("pagehide", () => kept.setItem(TAB, name));
        addEventListener("pageshow", () => kept.removeItem(TAB));
        return name;
    } catch (thrown) {
        console.warn("This tab's name is not kept over a reload.", thrown);
        return fresh;
    }
}

/** Tells `lessonMayBeFree` in other tabs that this one holds the lesson. Where there are Web Locks, they do this. */
export function noteOpen(lesson: string, tab: string): void {
    if (secureContext.locks) return;
    const key = OPEN + lesson;
    try {
        localStorage.setItem(key, tab);
    } catch (thrown) {
        console.warn("Other tabs cannot be told at once that the lesson is open here.", thrown);
        return; // the claim in the database tells them a moment later
    }
    addEventListener("pagehide", () => {
        if (localStorage.getItem(key) === tab) localStorage.removeItem(key);
    });
}

/**
 * Whether no other tab holds the lesson, as far as can be told at once; then the machine starts immediately. A false
 * alarm, after a crash, costs the time until the rest of the page is loaded.
 */
export async function lessonMayBeFree(lesson: string | undefined): Promise<boolean> {
    return lesson === undefined || !(await openLessons()).includes(lesson);
}

async function openLessons(): Promise<string[]> {
    try {
        const { locks } = secureContext;
        if (locks) return await lockedLessons(locks);
        return Object.keys(localStorage).flatMap(key => (key.startsWith(OPEN) ? [key.slice(OPEN.length)] : []));
    } catch (thrown) {
        console.warn("The browser does not tell which lessons are open in other tabs.", thrown);
        return [];
    }
}
