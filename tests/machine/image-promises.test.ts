/** The table of tests/machine/image-promises.ts, checked image by image in the real guest. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { containerImages, nameOf } from "../../src/image-builder/stages/container-images";
import { imagePromises, type ImagePromises } from "./image-promises";
import { configurationOf, insideCommand, outsideCommand, tidyCommand, unkeptIn } from "./promise-commands";
import { startWithInternet, type StartedMachine } from "./machine";

let machine: StartedMachine;

beforeAll(async () => {
    machine = await startWithInternet([]);
});
afterAll(async () => machine?.stop());

async function sh(command: string): Promise<string> {
    const { stdout, stderr, code } = await machine.agent.exec(["bash", "-c", command]);
    expect(code, `${command}\n${stdout}${stderr}`).toBe(0);
    return stdout;
}

test("each image of the hub is in the table", () => {
    const names = new Set(imagePromises.map(({ ref }) => ref.replace(/:.*/, "")));
    expect([...names].sort()).toEqual(containerImages.map(nameOf).sort());
});

describe("an image keeps what its name promises", { timeout: 600_000 }, () => {
    test.each(imagePromises.map(image => [image.ref, image] as [string, ImagePromises]))("%s", async (ref, image) => {
        const there = (await sh("docker images --format '{{.Repository}}:{{.Tag}}'"))
            .split("\n")
            .includes(ref.includes(":") ? ref : `${ref}:latest`);
        if (!there) await sh(`docker pull -q ${ref}`);
        try {
            const config: unknown = JSON.parse(await sh(`docker image inspect -f '{{json .Config}}' ${ref}`));
            expect(configurationOf(config, image.config)).toEqual(image.config);
            expect(unkeptIn(await sh(insideCommand(image)), image.inside)).toEqual([]);
            expect(unkeptIn(await sh(outsideCommand(image)), image.outside)).toEqual([]);
        } finally {
            await sh(tidyCommand);
            if (!there) await sh(`docker rmi ${ref} >/dev/null`);
        }
    });
});
