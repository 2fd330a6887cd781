/**
 * Sets up what `npm start` and `npm test` need: Debian packages, the VM image, the built page. What is already there is
 * not done again.
 */
import { findProgram, installDebianPackages } from "../host/debian-packages";
import { imageHostPackages } from "../image-builder/workshop/host-packages";
import { ensureImage } from "./image";
import { ensurePage } from "../server/page";

export interface Needs {
    image?: boolean;
    page?: boolean;
    browser?: boolean;
    /** Go, for the agent's native tests. */
    agent?: boolean;
    /** For the tests of `bundle add image`. */
    skopeo?: boolean;
}

export async function setUp(needs: Needs): Promise<void> {
    const packages = new Set<string>();
    if (needs.browser && !findProgram("chromium")) packages.add("chromium");
    if (needs.skopeo && !findProgram("skopeo")) packages.add("skopeo");
    if (needs.image || needs.agent)
        for (const name of await imageHostPackages({ agentOnly: !needs.image })) packages.add(name);
    installDebianPackages([...packages]);
    if (needs.image) await ensureImage();
    if (needs.page) await ensurePage();
}
