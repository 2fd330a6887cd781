/** Moments of the start, on the page's own timeline; the benchmark reads them. Each is set once. */
export type Moment = "shown" | "machine" | "prompt" | "engine" | "editor";

const set = new Set<Moment>();

export function mark(moment: Moment): void {
    if (set.has(moment)) return;
    set.add(moment);
    performance.mark(`drydock:${moment}`);
}
