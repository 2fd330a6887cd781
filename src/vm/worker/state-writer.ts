/** A thread that unpacks a snapshot again, into the browser's private file system, and then ends. */
import type { Bytes } from "../../base/bytes";
import { openLarge } from "../image/zstd";
import { forgetStates, writeState, type StateContent } from "./kept-states";

declare const self: DedicatedWorkerGlobalScope;

export interface StateToWrite {
    content: StateContent;
    packed: Bytes;
}

self.addEventListener("message", ({ data }: MessageEvent<StateToWrite>) => void write(data));

async function write({ content, packed }: StateToWrite): Promise<void> {
    try {
        await writeState(content, (await openLarge(packed)).pieces);
    } catch (thrown) {
        console.warn("The machine's state is not kept for the next visit.", thrown);
        await forgetStates().catch(() => undefined); // an incomplete state is useless
    } finally {
        self.close();
    }
}
