import { transfersOf, type Transfer } from "../../internet/hub/transfers";
import type { Exchange } from "../../internet/traffic";
import { Watched } from "../common/watched.svelte";
import type { Network, StandInState } from "../sandbox";
import { transferSummary, transferTitle, whoOf, type Who } from "./words";

/** An entry of the panel: a pull or push with all its requests, or any other single request. */
export type Entry =
    { kind: "transfer"; id: number; transfer: Transfer } | { kind: "exchange"; id: number; exchange: Exchange };

/** The network panel: the visible part of the record, and the switch. */
export class NetworkView {
    /** Words that a request's address must contain. */
    words = $state("");
    who = $state<Who | "all">("all");
    /** Milliseconds since 1970, as of the last `tick`. */
    #now = $state(Date.now());
    #folded = $state.raw<ReadonlySet<number>>(new Set());
    #detailed = $state.raw<ReadonlySet<number>>(new Set());
    readonly #network: Network;
    readonly #exchanges: Watched<readonly Exchange[]>;
    readonly #online: Watched<boolean>;
    readonly #standIns: Watched<StandInState>;
    readonly #transfers = $derived.by(() => transfersOf(this.#exchanges.state, this.#now));

    constructor(network: Network) {
        this.#network = network;
        this.#exchanges = new Watched(network.exchanges);
        this.#online = new Watched(network.online);
        this.#standIns = new Watched(network.standIns);
    }

    get now(): number {
        return this.#now;
    }

    /** Call once a second while the panel is shown: only requests in progress depend on the time. */
    tick(): void {
        if (
            this.#transfers.some(({ state }) => state === "open") ||
            this.#exchanges.state.some(({ end }) => end === "open")
        )
            this.#now = Date.now();
    }

    get online(): boolean {
        return this.#online.state;
    }

    setOnline(on: boolean): void {
        this.#network.setOnline(on);
    }

    get standIns(): StandInState {
        return this.#standIns.state;
    }

    setStandIns(on: boolean): void {
        this.#network.setStandIns(on);
    }

    /** Requests that went to outside hosts, answered or not. */
    get leftThePage(): number {
        return this.#exchanges.state.filter(exchange => exchange.online !== undefined).length;
    }

    get count(): number {
        return this.#exchanges.state.length;
    }

    /** Newest first, after the filter. */
    get entries(): readonly Entry[] {
        const grouped = new Set(this.#transfers.flatMap(transfer => transfer.exchanges.map(exchange => exchange.id)));
        const entries: Entry[] = [
            ...this.#transfers.map(transfer => ({ kind: "transfer" as const, id: transfer.id, transfer })),
            ...this.#exchanges.state
                .filter(exchange => !grouped.has(exchange.id))
                .map(exchange => ({ kind: "exchange" as const, id: exchange.id, exchange })),
        ];
        return entries.filter(entry => this.#passes(entry)).sort((one, other) => other.id - one.id);
    }

    /** The last pull or push that ended, as a sentence for screen readers. Single requests would be noise. */
    get announcement(): string {
        const last = this.#transfers.findLast(transfer => transfer.state !== "open");
        return last ? `${transferTitle(last)}: ${transferSummary(last)}` : "";
    }

    clear(): void {
        this.#network.clear();
    }

    isFolded(transfer: number): boolean {
        return this.#folded.has(transfer);
    }

    fold(transfer: number): void {
        this.#folded = toggled(this.#folded, transfer);
    }

    isDetailed(exchange: number): boolean {
        return this.#detailed.has(exchange);
    }

    detail(exchange: number): void {
        this.#detailed = toggled(this.#detailed, exchange);
    }

    #passes(entry: Entry): boolean {
        const exchanges = entry.kind === "transfer" ? entry.transfer.exchanges : [entry.exchange];
        const title = entry.kind === "transfer" ? transferTitle(entry.transfer) : "";
        const wanted = this.words
            .toLowerCase()
            .split(/\s+/)
            .filter(word => word !== "");
        return exchanges.some(
            exchange =>
                (this.who === "all" || whoOf(exchange) === this.who) &&
                wanted.every(word => `${title} ${exchange.method} ${exchange.url}`.toLowerCase().includes(word)),
        );
    }
}

function toggled(set: ReadonlySet<number>, id: number): ReadonlySet<number> {
    const other = new Set(set);
    if (!other.delete(id)) other.add(id);
    return other;
}
