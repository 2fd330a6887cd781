/** A promise that others can resolve or reject. (`Promise.withResolvers` is missing in Node 20.) */
export interface Deferred<T> {
    readonly promise: Promise<T>;
    resolve(value: T): void;
    reject(reason: unknown): void;
}

export function deferred<T>(): Deferred<T> {
    let resolve!: (value: T) => void;
    let reject!: (reason: unknown) => void;
    const promise = new Promise<T>((onValue, onReason) => {
        resolve = onValue;
        reject = onReason;
    });
    return { promise, resolve, reject };
}
