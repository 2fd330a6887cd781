/** A circle in `next`, starting anywhere: ["a", "b", "a"]; undefined if there is none. */
export function findCircle(next: ReadonlyMap<string, readonly string[]>): string[] | undefined {
    const done = new Set<string>();
    const walk = (name: string, way: string[]): string[] | undefined => {
        const seenAt = way.indexOf(name);
        if (seenAt >= 0) return [...way.slice(seenAt), name];
        if (done.has(name)) return undefined;
        for (const following of next.get(name) ?? []) {
            const circle = walk(following, [...way, name]);
            if (circle) return circle;
        }
        done.add(name);
        return undefined;
    };
    for (const name of next.keys()) {
        const circle = walk(name, []);
        if (circle) return circle;
    }
    return undefined;
}
