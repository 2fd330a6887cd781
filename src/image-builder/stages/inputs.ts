import type { Debian } from "../pins/debian";
import type { ImageLock, Wishes } from "../pins/lock";
import type { Workshop } from "../workshop/stage";

/** What every stage may use. */
export interface Inputs {
    workshop: Workshop;
    lock: ImageLock;
    wishes: Wishes;
    /**
     * Our apt, opened on the first call: a build that finds everything in its cache needs no mirror. Checks all pins.
     */
    debian(): Promise<Debian>;
}
