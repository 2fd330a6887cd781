/** The guest's internet as the interface shows it: recorded, with the way out behind a switch. */
import type { MissedImage } from "../base/missing-image";
import { Store } from "../base/store";
import type { Internet } from "../internet/internet";
import { withOnline } from "../internet/online";
import { createPassage } from "../internet/passage/passage";
import { Traffic } from "../internet/traffic";
import type { Network } from "../ui/sandbox";
import type { StandInChoice } from "./stand-ins";

/** Of the images that were missing, so many are remembered for the checks. */
const MOST_MISSED = 50;

export interface PageNetwork extends Network {
    readonly internet: Internet;
    /** The images that were asked for and are not here, oldest first. */
    missedImages(): readonly MissedImage[];
}

/** Off on each visit: nobody goes online because somebody else did yesterday. */
export function createNetwork(internet: Internet, standIns: StandInChoice): PageNetwork {
    const traffic = new Traffic();
    const online = new Store(false);
    let missed: readonly MissedImage[] = [];
    const noting: Internet = (request, tell) =>
        internet(request, told => {
            if (told.kind === "missing-image")
                missed = [...missed.slice(1 - MOST_MISSED), { ...told.image, at: Date.now() }];
            tell?.(told);
        });
    return {
        internet: traffic.watch(withOnline(noting, { on: online, passage: createPassage(online) })),
        missedImages: () => missed,
        exchanges: traffic,
        clear: () => traffic.clear(),
        online,
        setOnline: on => online.set(on),
        standIns: standIns.state,
        setStandIns: on => standIns.choose(on),
        lessonWantsStandIns: on => standIns.lessonWants(on),
    };
}
