import type { Settings } from "../ui/common/settings.svelte";

/** Sets the chosen theme on the root element, before the first paint and on each change. */
export function followTheme(settings: Settings): void {
    const apply = () => {
        const { theme } = settings;
        if (theme === "system") delete document.documentElement.dataset.theme;
        else document.documentElement.dataset.theme = theme;
    };
    apply();
    settings.onTheme = apply;
}
