/** The guest's internet as the interface shows it: recorded, with the way out behind a switch. */
import { Store } from "../base/store";
import type { Internet } from "../internet/internet";
import { withOnline } from "../internet/online";
import { createPassage } from "../internet/passage/passage";
import { Traffic } from "../internet/traffic";
import type { Network } from "../ui/sandbox";

/** Off on each visit: nobody goes online because somebody else did yesterday. */
export function createNetwork(internet: Internet): Network & { internet: Internet } {
    const traffic = new Traffic();
    const online = new Store(false);
    return {
        internet: traffic.watch(withOnline(internet, { on: online, passage: createPassage(online) })),
        exchanges: traffic,
        clear: () => traffic.clear(),
        online,
        setOnline: on => online.set(on),
    };
}
