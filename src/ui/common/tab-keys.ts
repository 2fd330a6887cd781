/** Arrow keys, Home and End move between the tabs of a tab list and select them, as in WAI-ARIA's tab pattern. */
export function tabKeys(list: HTMLElement): () => void {
    const onKey = (event: KeyboardEvent) => {
        const tabs = [...list.querySelectorAll<HTMLElement>("[role=tab]")];
        const at = tabs.indexOf(event.target as HTMLElement);
        if (at < 0) return;
        const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        const tab = tabs[(to + tabs.length) % tabs.length];
        tab?.click();
        tab?.focus();
    };
    list.addEventListener("keydown", onKey);
    return () => list.removeEventListener("keydown", onKey);
}
