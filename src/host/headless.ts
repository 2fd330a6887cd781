/** The guest without a browser: for exec, solve, the benchmark and the machine tests. */
import { pathToFileURL } from "node:url";
import { Store } from "../base/store";
import { openGuest, type Guest } from "../guest/guest";
import { createInternet } from "../internet/router";
import { createNodeMachine } from "../vm/node/node-machine";
import type { MachineOptions } from "../vm/machine";
import { currentImage } from "./current-image";
import { createFileBundle } from "./file-bundle";

export interface HeadlessOptions extends Omit<MachineOptions, "image"> {
    /** Folder of a built image; the current one if left out. */
    folder?: string;
    /** Whether other images may answer for those that are missing. Off when left out. */
    standIns?: boolean;
    signal?: AbortSignal;
}

/**
 * Boots the current image. Rejects with "image.missing" if none has been built. The caller closes the guest and stops
 * its machine.
 */
export async function openHeadless(options: HeadlessOptions = {}): Promise<Guest> {
    const { folder = (await currentImage()).folder, standIns = false, signal, ...machineOptions } = options;
    const machine = createNodeMachine({ ...machineOptions, image: { base: pathToFileURL(`${folder}/`).href } });
    try {
        return await openGuest(machine, {
            internet: createInternet(createFileBundle(folder), {
                standIns: new Store(standIns),
                report: error => console.error(`${error.message} ${error.advice}`),
            }),
            signal,
        });
    } catch (thrown) {
        await machine.stop();
        throw thrown;
    }
}
