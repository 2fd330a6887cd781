/** "Did you mean ...?" */
import { distance } from "fastest-levenshtein";

/** Letters that may differ: a third of the word; two at least, so that two swapped letters ("ngnix") are found; one in a short word. */
const tolerance = (word: string): number => (word.length <= 3 ? 1 : Math.max(2, Math.floor(word.length / 3)));

/** The name among `names` that `typed` was probably meant to be; undefined when none is near. */
export function closest(typed: string, names: Iterable<string>): string | undefined {
    let best: string | undefined;
    let fewest = tolerance(typed) + 1;
    for (const name of names) {
        const letters = distance(typed.toLowerCase(), name.toLowerCase());
        if (letters < fewest) [best, fewest] = [name, letters];
    }
    return best;
}

/** `Did you mean "copy"? There are: copy, run.` */
export function suggestion(typed: string, names: readonly string[]): string {
    if (names.length === 0) return "There is none.";
    const meant = closest(typed, names);
    return `${meant === undefined ? "" : `Did you mean "${meant}"? `}There ${names.length === 1 ? "is" : "are"}: ${names.join(", ")}.`;
}
