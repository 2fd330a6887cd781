/** Says at once, where the student looks, which image answered in another's place, and offers stand-ins when an image was missing. */
import { standInWords } from "../../base/missing-image";
import type { Stop } from "../../base/lifetime";
import type { Exchange } from "../../internet/traffic";
import { LONG_SHOWN_MILLISECONDS, type Notices } from "../common/notices.svelte";
import type { Network } from "../sandbox";

/** Milliseconds: one pull asks several times for the same image. */
const ONE_PULL = 5_000;

export function tellImages(
    network: Pick<Network, "exchanges" | "standIns" | "setStandIns">,
    notices: Pick<Notices, "say" | "problem">,
): Stop {
    /** When each sentence's image was last asked for; milliseconds since 1970. */
    const asked = new Map<string, number>();
    const told = new Set<number>();
    const isNew = (words: string, { began }: Exchange): boolean => {
        const before = asked.get(words);
        asked.set(words, began);
        return before === undefined || began - before > ONE_PULL;
    };
    const offer = (image: string, standIn: string): void =>
        notices.problem(
            `${image} is not in this sandbox.`,
            `${standIn} can stand in for it. You can turn stand-ins off again in the network panel.`,
            {
                label: "Use stand-ins",
                run: () => {
                    network.setStandIns(true);
                    notices.say("Stand-ins are on. Run your command again.");
                },
            },
        );
    return network.exchanges.subscribe(exchanges => {
        for (const exchange of exchanges) {
            const { id, standIn, missing } = exchange;
            if (told.has(id) || (!standIn && !missing)) continue;
            told.add(id);
            if (standIn && isNew(standInWords(standIn), exchange))
                notices.say(standInWords(standIn), undefined, LONG_SHOWN_MILLISECONDS);
            if (missing?.standIn !== undefined && network.standIns.state === "off" && isNew(missing.words, exchange))
                offer(missing.asked, missing.standIn);
        }
    });
}
