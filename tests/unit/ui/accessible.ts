import axe from "axe-core";
import { expect } from "vitest";

/** Rules that need layout or colours, which happy-dom lacks; the end-to-end tests check them in Chromium. */
const needsLayout = ["color-contrast", "scrollable-region-focusable", "target-size"];

export async function expectAccessible(element: Element): Promise<void> {
    const { violations } = await axe.run(element, {
        rules: Object.fromEntries(
            [...needsLayout, "region", "page-has-heading-one"].map(id => [id, { enabled: false }]),
        ),
    });
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join(" ")}`)).toEqual([]);
}
