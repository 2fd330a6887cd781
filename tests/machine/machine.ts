/** The real machine under Node, for all machine suites: the latest image, booted from its snapshot in a second. */
import { pathToFileURL } from "node:url";
import type { Agent } from "../../src/agent/agent";
import { Store } from "../../src/base/store";
import { currentImage } from "../../src/host/current-image";
import { createFileBundle } from "../../src/host/file-bundle";
import type { Docker } from "../../src/docker/docker";
import { openGuest, type GuestOptions } from "../../src/guest/guest";
import { createInternet } from "../../src/internet/router";
import type { Machine, MachineOptions } from "../../src/vm/machine";
import { createNodeMachine } from "../../src/vm/node/node-machine";

export interface StartedMachine {
    machine: Machine;
    agent: Agent;
    docker: Docker;
    /** Resolves when the engine answers: at once after a restore, some seconds after a cold boot. */
    engineReady(): Promise<void>;
    /** Ends the machine and everything that waits for it. */
    stop(): Promise<void>;
}

/** Address of the latest image. Rejects with "image.missing", which says how to build one. */
export async function imageBase(): Promise<string> {
    return pathToFileURL(`${(await currentImage()).folder}/`).href;
}

/** `internet` answers the guest's requests to the outside world; by default nothing is there. */
export async function startMachine(
    options: Partial<MachineOptions> & Partial<Pick<GuestOptions, "internet">> = {},
): Promise<StartedMachine> {
    const {
        internet = () => new Response("nothing here", { status: 404 }),
        image = { base: await imageBase() },
        ...rest
    } = options;
    const machine = createNodeMachine({ ...rest, image });
    try {
        const guest = await openGuest(machine, { internet });
        return {
            machine,
            agent: guest.agent,
            docker: guest.docker,
            engineReady: () => guest.engineReady(),
            stop: async () => {
                guest.close();
                await machine.stop();
            },
        };
    } catch (thrown) {
        await machine.stop();
        throw thrown;
    }
}

/**
 * A machine with the sandbox's internet from the latest image, and the engine up. `asked` gets an entry "GET
 * http://python.lab/simple/ 200" for each request. With `standIns`, other images answer for those that are missing.
 */
export async function startWithInternet(asked: string[], { standIns = false } = {}): Promise<StartedMachine> {
    const internet = createInternet(createFileBundle((await currentImage()).folder), { standIns: new Store(standIns) });
    const machine = await startMachine({
        internet: async request => {
            const response = await internet(request);
            asked.push(`${request.method} ${request.url} ${response.status}`);
            return response;
        },
    });
    await machine.engineReady();
    return machine;
}
