/** Names of images as Docker reads them, and names that are nearly the same. */

/** "docker.io/library/nginx" -> "nginx:latest": the one spelling of a reference that the engine's lists use. */
export function fullRef(ref: string): string {
    const short = ref.replace(/^(index\.)?docker\.io\//, "").replace(/^library\//, "");
    const last = short.slice(short.lastIndexOf("/") + 1);
    return last.includes(":") || short.includes("@") ? short : `${short}:latest`;
}

export const sameRef = (a: string, b: string): boolean => fullRef(a) === fullRef(b);

/** "localhost:5000/app:1.0" -> ["localhost:5000/app", "1.0"] */
export function splitRef(ref: string): [repository: string, tag: string] {
    const full = fullRef(ref);
    const at = full.lastIndexOf(":");
    return [full.slice(0, at), full.slice(at + 1)];
}

/** The engine shows an image's id where its name has moved on to a newer one. */
export const isId = (name: string): boolean => /^(sha256:)?[0-9a-f]{12,64}$/.test(name);

/** Letters to insert, delete, change or swap to get from `a` to `b`. */
export function editDistance(a: string, b: string): number {
    let before: number[] = [];
    let last = Array.from({ length: b.length + 1 }, (_, index) => index);
    for (let i = 1; i <= a.length; i++) {
        const row = [i];
        for (let j = 1; j <= b.length; j++) {
            const change = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
            row[j] = Math.min(change, last[j]! + 1, row[j - 1]! + 1);
            if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
                row[j] = Math.min(row[j]!, before[j - 2]! + 1);
        }
        before = last;
        last = row;
    }
    return last[b.length]!;
}

/** The name that was probably meant: at most a third of its letters differ. */
export function nearest(name: string, known: readonly string[]): string | undefined {
    const measured = known
        .map(one => ({ one, distance: editDistance(name.toLowerCase(), one.toLowerCase()) }))
        .filter(({ one, distance }) => distance <= Math.max(1, Math.floor(one.length / 3)));
    return measured.sort((a, b) => a.distance - b.distance)[0]?.one;
}
