import { breath } from "../../base/breath";
import { messageOf } from "../../base/errors";
import type { Notices } from "../common/notices.svelte";
import type { Colour } from "../lesson/prose";
import type { Editor } from "./editor.svelte";
import { languageOfFence } from "./languages";
import type { Surface } from "./surface";

/**
 * Loads Monaco in steps. As one module, its evaluation alone would block the page for 150 ms and more
 * while the machine boots on the other core.
 */
async function loadMonaco(): Promise<typeof import("./surface")> {
    for (const load of layers) {
        await load();
        await breath();
    }
    const module = await import("./surface");
    await breath();
    return module;
}

/** Each builds on those before it. */
const layers = [
    () => import("./monaco-base"),
    () => import("./monaco-platform"),
    () => import("./monaco-common"),
    () => import("./monaco-core"),
    () => import("./monaco-features"),
    () => import("./monaco-extras"),
];

/** The editor's large part, once it is loaded: the surface in the pane, diffs, and colours for the lesson's code. */
export class Code {
    #module = $state.raw<typeof import("./surface")>();
    #surface = $state.raw<Surface>();
    #colour = $state.raw<Colour>();

    constructor(
        /** The editor of the open lesson. */
        private readonly editor: () => Editor,
        private readonly notices: Notices,
    ) {}

    get module(): typeof import("./surface") | undefined {
        return this.#module;
    }

    get surface(): Surface | undefined {
        return this.#surface;
    }

    get colour(): Colour | undefined {
        return this.#colour;
    }

    async load(): Promise<void> {
        try {
            const module = await loadMonaco();
            const surface = new module.Surface({
                onEdit: (file, text) => this.editor().edited(file, text),
                onSave: file => void this.editor().save(file),
            });
            await breath();
            this.#surface = surface;
            await breath();
            this.#module = module;
            await breath();
            this.#colour = async (code, fence) => {
                const language = languageOfFence(fence);
                return language && module.colourise(code, language);
            };
        } catch (thrown) {
            this.notices.problem(
                `The editor could not be loaded: ${messageOf(thrown)}`,
                "Reload the page. Until then you can edit files in the terminal with nano.",
            );
        }
    }
}
