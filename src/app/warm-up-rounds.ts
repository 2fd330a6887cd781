/** Runs the warm-up while the student reads, and takes it up again after they were busy. */
import { Lifetime, type Stop } from "../base/lifetime";
import { Store } from "../base/store";
import type { Guest } from "../engine/guest";

export class WarmUpRounds {
    readonly state = new Store<"idle" | "running" | "done">("idle");

    start(_guest: Guest): Stop {
        return new Lifetime().end;
    }

    async giveWay(): Promise<void> {
        await Promise.resolve();
    }
}
