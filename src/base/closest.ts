/** Finds the name that somebody probably meant, for "Did you mean ...?". */
import { distance } from "fastest-levenshtein";

/**
 * How many letters may differ: one in a short word; otherwise a third of the word, but at least two, so that two
 * swapped letters are found ("ngnix").
 */
const tolerance = (word: string): number => (word.length <= 3 ? 1 : Math.max(2, Math.floor(word.length / 3)));

/** The name among `names` that `typed` was probably meant to be; undefined when none is similar. */
export function closest(typed: string, names: Iterable<string>): string | undefined {
    let best: string | undefined;
    let fewest = tolerance(typed) + 1;
    for (const name of names) {
        const letters = distance(typed.toLowerCase(), name.toLowerCase());
        if (letters < fewest) [best, fewest] = [name, letters];
    }
    return best;
}

/** `Did you mean "copy"? Choose from: copy, run.` */
export function suggestion(typed: string, names: readonly string[]): string {
    if (names.length === 0) return "There are none to choose from.";
    const meant = closest(typed, names);
    const question = meant === undefined ? "" : `Did you mean "${meant}"?`;
    if (names.length === 1) return question || `The only one is ${names[0]}.`;
    return `${question} Choose from: ${names.join(", ")}.`.trimStart();
}
