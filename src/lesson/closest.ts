/** The name among `names` that was probably meant by `typed`, for "did you mean". */
export function closest(typed: string, names: Iterable<string>): string | undefined {
    let best: string | undefined;
    let bestDistance = Math.max(1, Math.floor(typed.length / 3)) + 1;
    for (const name of names) {
        const distance = editDistance(typed.toLowerCase(), name.toLowerCase());
        if (distance < bestDistance) [best, bestDistance] = [name, distance];
    }
    return best;
}

/** Characters to insert, delete, replace or swap with their neighbour to get from `from` to `to`. */
function editDistance(from: string, to: string): number {
    let before: number[] = [];
    let row = Array.from({ length: to.length + 1 }, (_, index) => index);
    for (let i = 1; i <= from.length; i++) {
        const next = [i];
        for (let j = 1; j <= to.length; j++) {
            const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
            const swapped =
                i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
                    ? before[j - 2]! + 1
                    : Infinity;
            next.push(Math.min(replaced, swapped, row[j]! + 1, next[j - 1]! + 1));
        }
        before = row;
        row = next;
    }
    return row[to.length]!;
}

/** "Did you mean "copy"? There are: copy, run." */
export function suggestion(typed: string, names: readonly string[]): string {
    if (names.length === 0) return "There is none.";
    const meant = closest(typed, names);
    return `${meant === undefined ? "" : `Did you mean "${meant}"? `}There ${names.length === 1 ? "is" : "are"}: ${names.join(", ")}.`;
}
