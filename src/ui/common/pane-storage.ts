import type { PaneGroupStorage } from "paneforge";
import * as v from "valibot";
import type { KeptValues } from "../../storage/kept-values";

/** How many panes a key of `sizes` describes: paneforge writes each pane's constraints into it, a flat JSON object. */
const panesIn = (key: string): number => key.split("{").length - 1;

/** Sizes as paneforge (1.0.2) stores them. It trusts what it reads, and throws at anything else. */
const sizes = v.pipe(
    v.record(v.string(), v.object({ expandToSizes: v.record(v.string(), v.number()), layout: v.array(v.number()) })),
    v.check(byPanes => Object.entries(byPanes).every(([key, { layout }]) => layout.length === panesIn(key))),
);

export const paneStorage = (kept: KeptValues): PaneGroupStorage => ({
    getItem: name =>
        kept.read(name, "sizes of the panes", text => {
            v.parse(sizes, JSON.parse(text));
            return text;
        }) ?? null,
    setItem: (name, text) => kept.write(name, text),
});
