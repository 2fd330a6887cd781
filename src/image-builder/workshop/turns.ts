/** Runs at most `most` jobs at a time; the others wait in the order in which they came. */
export function turns(most: number): <T>(job: () => Promise<T>) => Promise<T> {
    let free = most;
    const waiting: (() => void)[] = [];
    return async job => {
        if (free > 0) free--;
        else await new Promise<void>(resolve => waiting.push(resolve)); // a finished job passes its turn on directly
        try {
            return await job();
        } finally {
            const next = waiting.shift();
            if (next) next();
            else free++;
        }
    };
}
