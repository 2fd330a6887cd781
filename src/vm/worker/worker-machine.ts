/**
 * The machine inside its own thread: takes the protocol's messages, runs the emulator, answers. The same in browser and
 * Node.
 */
import { within } from "../../base/abort";
import type { Bytes } from "../../base/bytes";
import { asDrydockError, DrydockError, messageOf } from "../../base/errors";
import type { BALLASTS } from "../image/ballast";
import { deferred } from "../../base/deferred";
import { ChunkStore } from "../disk/chunk-store";
import { ChunkTable } from "../disk/chunk-table";
import { GuestDisk } from "../disk/guest-disk";
import { prefetchChunks } from "../disk/prefetch";
import { diskWaiting, kernelPanic, memoryDiffers, notRunning, restoreFailed, saveRunning, workerDied } from "../errors";
import type { ImageManifest, SnapshotCode } from "../image/image";
import { refuseUnknownEmulator } from "../image/known-emulator";
import { ImageLoader, type FetchFile } from "../image/loader";
import { readPieces, SavedState } from "../image/saved-state";
import { openLarge } from "../image/zstd";
import type { FromWorker, SavedMachine, StartOptions, ToWorker } from "../protocol";
import { toWireError } from "../wire-error";
import { Emulator } from "./emulator";
import { IdleMeter } from "./idle-meter";
import { KernelLog } from "./kernel-log";
import type { KeptState, KeptStates } from "./kept-states";
import { LoadProgress } from "./load-progress";
import { loadModule, loadWasm } from "./load-emulator";

export interface WorkerScope {
    post(message: FromWorker, moved?: Transferable[]): void;
    fetchFile: FetchFile;
    /** Where unpacked states are kept between visits, if anywhere. */
    states?: KeptStates;
    /** Whether optimised code is cached between visits, as browsers do. */
    keepsOptimised?: boolean;
}

/** Counted from the prompt: the first answer should use as little network as possible. */
const PREFETCH_AFTER_MILLISECONDS = 5000;

/** Keeping the state takes a second on another processor, so not while the first commands are being typed. */
const KEEP_AFTER_MILLISECONDS = 10_000;

/**
 * When to make the browser cache what it has optimised of v86: what the first commands needed, and what the warm-up
 * added.
 */
const KEEP_OPTIMISED_AFTER_MILLISECONDS = [10_000, 75_000] as const satisfies { length: typeof BALLASTS };

/**
 * On a return visit the pages that matter are compiled, and v86 is optimised: both come from the browser's cache. But
 * the counters in the saved machine have some thirty more pages close to the point where they are compiled. The browser
 * would then optimise those, occupying a second processor for two seconds, just when page, prompt and first command
 * want both.
 */
const COMPILE_AFTER_MILLISECONDS = 5_000;

export class WorkerMachine {
    #scope: WorkerScope;
    #loader: ImageLoader | undefined;
    #chunks: ChunkStore | undefined;
    #disk: GuestDisk | undefined;
    /** Chunks to load ahead, once. */
    #ahead: readonly number[] = [];
    #emulator: Emulator | undefined;
    /** Bytes for the guest that came before there was one. */
    #early: Extract<ToWorker, { kind: "port-input" }>[] = [];
    #running = false;
    #saving = false;
    #stalled = false;
    #failed = false;
    #crash = deferred<never>();

    constructor(scope: WorkerScope) {
        this.#scope = scope;
        this.#crash.promise.catch(() => undefined); // `crashed` reports it in any case
    }

    receive(message: ToWorker): void {
        switch (message.kind) {
            case "start":
                this.#start(message.options).catch((thrown: unknown) =>
                    this.#fail(
                        asDrydockError(
                            thrown,
                            "vm.worker-died",
                            "The machine could not be started.",
                            "Reload the page.",
                        ),
                    ),
                );
                break;
            case "port-input":
                if (this.#running) this.#emulator!.ports.input(message.port, message.bytes);
                else this.#early.push(message);
                break;
            case "port-consumed":
                this.#emulator?.ports.consumed(message.port, message.count);
                break;
            case "statistics":
                this.#scope.post({ kind: "statistics", request: message.request, statistics: this.#statistics() });
                break;
            case "prefetch":
                this.#prefetch();
                break;
            case "forget-code":
                this.#emulator?.forgetCode();
                break;
            case "save":
                this.#save().then(
                    saved =>
                        this.#scope.post({ kind: "saved", request: message.request, saved }, [
                            saved.state.buffer,
                            ...saved.disk.map(({ bytes }) => bytes.buffer),
                        ]),
                    (thrown: unknown) =>
                        this.#scope.post({
                            kind: "request-failed",
                            request: message.request,
                            error: toWireError(
                                asDrydockError(
                                    thrown,
                                    "vm.save-failed",
                                    "The machine could not be saved.",
                                    "Try again.",
                                ),
                            ),
                        }),
                );
                break;
        }
    }

    /** Something threw outside of any call: most likely v86, during a turn of its CPU. */
    crashed(thrown: unknown): void {
        this.#crash.reject(thrown);
        this.#fail(thrown instanceof DrydockError ? thrown : workerDied(thrown));
    }

    async #start(options: StartOptions): Promise<void> {
        const loader = (this.#loader = new ImageLoader(options.base, this.#scope.fetchFile));
        const progress = new LoadProgress(message => this.#scope.post(message));
        progress.enter("emulator");
        const manifest = await loader.manifest();
        refuseUnknownEmulator(manifest.emulator);
        const memory = options.memory ?? Math.max(options.leastMemory ?? 0, manifest.snapshot.memory);

        let fallback: DrydockError | undefined;
        if (options.boot !== "cold" && memory !== manifest.snapshot.memory)
            fallback = memoryDiffers(memory, manifest.snapshot.memory);
        if (fallback && options.boot === "snapshot") throw fallback;

        const wanted = options.boot !== "cold" && !fallback;
        // the largest file first, so that it downloads while the rest is prepared
        const snapshot = wanted ? settled(this.#loadState(loader, manifest.snapshot, progress)) : undefined;
        const code = wanted && manifest.snapshot.code ? settled(loadCode(loader, manifest.snapshot.code)) : undefined;
        const [module, wasm, table] = await Promise.all([
            loadModule(loader, manifest.emulator.module),
            loadWasm(loader, manifest.emulator.wasm, progress),
            loader.file(manifest.disk.table, progress.track(manifest.disk.table)),
        ]);
        this.#chunks = new ChunkStore({
            base: options.base,
            fetchFile: this.#scope.fetchFile,
            table: new ChunkTable(table, manifest.disk.chunkBytes),
            onWaiting: cause => this.#stall(cause),
        });
        // v86 looks at the first sector for partitions before it is ready, so have it here by then
        this.#chunks.load(0).catch(() => undefined); // v86's own read reports what is wrong
        const machine: Prepared = { options, manifest, memory, module, wasm, chunks: this.#chunks };

        if (snapshot) {
            progress.enter("snapshot");
            try {
                this.#emulator = await this.#create(machine); // meanwhile the snapshot downloads
                const loaded = await snapshot;
                if ("thrown" in loaded) throw loaded.thrown;
                progress.enter("restore");
                const placeCode =
                    code && (await prepareCode(this.#emulator, manifest.snapshot.code!, code, loader.silenceLimit));
                const { packed } = loaded.value;
                await this.#restore(this.#emulator, loaded.value, manifest.snapshot.raw.bytes, placeCode);
                if (!packed) this.#emulator.compileAfter(COMPILE_AFTER_MILLISECONDS);
                this.#keepLater(manifest.snapshot.raw, packed);
            } catch (thrown) {
                const error = asDrydockError(
                    thrown,
                    "vm.restore-failed",
                    restoreFailed(thrown).message,
                    restoreFailed(thrown).advice,
                );
                if (options.boot === "snapshot" || error.code === "vm.no-memory") throw error;
                fallback = error;
                void this.#scope.states
                    ?.forget()
                    .catch((thrown: unknown) => console.warn("The kept state could not be removed.", thrown));
                await this.#emulator?.destroy();
                this.#emulator = undefined;
            }
        }
        if (!this.#emulator) {
            progress.enter("kernel");
            await this.#bootCold(machine, loader, progress);
        }
        this.#ahead = manifest.disk.prefetch;
        await this.#run(wanted && !fallback ? "snapshot" : "cold", fallback);
    }

    #prefetch(): void {
        const chunks = this.#chunks;
        if (!chunks) return;
        const ahead = this.#ahead;
        this.#ahead = [];
        const idle = new IdleMeter(() => this.#emulator?.instructions ?? 0);
        setTimeout(
            () => void prefetchChunks(chunks, ahead, () => idle.isIdle(), new AbortController().signal),
            PREFETCH_AFTER_MILLISECONDS,
        );
    }

    /** The snapshot's state: the kept copy, or else packed. */
    async #loadState(
        loader: ImageLoader,
        { file, raw }: ImageManifest["snapshot"],
        progress: LoadProgress,
    ): Promise<LoadedState> {
        const kept = await this.#scope.states?.open(raw);
        return kept ? { kept } : { packed: await loader.file(file, progress.track(file)) };
    }

    async #restore(
        emulator: Emulator,
        { kept, packed }: LoadedState,
        bytes: number,
        placeCode: PlaceCode | undefined,
    ): Promise<void> {
        const frame = packed && (await openLarge(packed));
        try {
            const saved = new SavedState(kept ?? readPieces(frame!.pieces));
            if (saved.bytes !== bytes) throw new RangeError(`the state has ${saved.bytes} bytes, not ${bytes}`);
            await emulator.restore(saved);
            placeCode?.(saved);
        } finally {
            kept?.close();
            frame?.free();
        }
    }

    #keepLater(content: ImageManifest["snapshot"]["raw"], packed: Bytes | undefined): void {
        const { states } = this.#scope;
        if (states && packed) setTimeout(() => states.keep(content, packed), KEEP_AFTER_MILLISECONDS);
    }

    async #run(from: "snapshot" | "cold", fallback: DrydockError | undefined): Promise<void> {
        if (this.#failed) return;
        await this.#emulator!.run();
        this.#running = true;
        for (const { port, bytes } of this.#early.splice(0)) this.#emulator!.ports.input(port, bytes);
        if (this.#scope.keepsOptimised)
            KEEP_OPTIMISED_AFTER_MILLISECONDS.forEach((after, ballast) =>
                setTimeout(() => this.#emulator?.keepOptimised(ballast), after),
            );
        this.#scope.post({ kind: "running", from, ...(fallback && { fallback: toWireError(fallback) }) });
    }

    async #bootCold(machine: Prepared, loader: ImageLoader, progress: LoadProgress): Promise<void> {
        const { manifest, options } = machine;
        const [bios, vgaBios, kernel] = await Promise.all(
            [manifest.bios, manifest.vgaBios, manifest.kernel].map(file => loader.file(file, progress.track(file))),
        );
        this.#emulator = await this.#create(machine, {
            bios: bios!,
            vgaBios: vgaBios!,
            kernel: kernel!,
            commandLine: `${manifest.commandLine} ${options.commandLine}`.trim(),
        });
    }

    #create(
        { options, memory, module, wasm, chunks }: Prepared,
        boot?: { bios: Bytes; vgaBios: Bytes; kernel: Bytes; commandLine: string },
    ): Promise<Emulator> {
        this.#disk = new GuestDisk(chunks, thrown =>
            this.#fail(
                asDrydockError(
                    thrown,
                    "image.unreachable",
                    "The machine's disk cannot be read.",
                    "Check the connection and reload the page.",
                ),
            ),
        );
        const log = new KernelLog(line => {
            if (options.kernelLog) this.#scope.post({ kind: "kernel-log", line });
            if (line.includes("Kernel panic - not syncing")) this.#fail(kernelPanic(line));
        });
        return Emulator.create({
            module,
            wasm,
            memory,
            disk: this.#disk,
            boot,
            portsOpen: !boot,
            keepCode: options.keepCode,
            ports: {
                output: (port, bytes) => this.#scope.post({ kind: "port-output", port, bytes }, [bytes.buffer]),
                accepted: (port, count) => this.#scope.post({ kind: "port-accepted", port, count }),
            },
            onSerialByte: log.add,
            onEnd: error => this.#fail(error),
            crashed: this.#crash.promise,
        });
    }

    /** The guest is paused while its disk is silent; otherwise its own timeouts would give the disk up. */
    #stall(cause: unknown): void {
        const stalled = cause !== undefined;
        if (!this.#emulator || stalled === this.#stalled) return;
        this.#stalled = stalled;
        this.#scope.post(stalled ? { kind: "warning", warning: toWireError(diskWaiting(cause)) } : { kind: "warning" });
        if (this.#saving || this.#failed) return;
        this.#turn(stalled ? this.#emulator.pause() : this.#emulator.run());
    }

    #turn(turning: Promise<void>): void {
        turning.catch((thrown: unknown) => this.crashed(thrown));
    }

    /** Once and for good: the CPU stops, and the page is told why. */
    #fail(error: DrydockError): void {
        if (this.#failed) return;
        this.#failed = true;
        this.#chunks?.end();
        this.#scope.post({ kind: "failed", error: toWireError(error) });
        // a CPU that has just thrown may never stop properly; that does not matter
        this.#emulator
            ?.pause()
            .catch((thrown: unknown) => console.error(`stopping after a failure: ${messageOf(thrown)}`));
    }

    #statistics() {
        return {
            instructions: this.#emulator?.instructions ?? 0,
            compiledModules: this.#emulator?.compiledModules ?? 0,
            fetchedBytes: (this.#loader?.fetchedBytes ?? 0) + (this.#chunks?.fetchedBytes ?? 0),
            diskChunksFetched: this.#chunks?.fetchedChunks ?? 0,
            diskBytesWritten: this.#disk?.overlay.writtenBytes ?? 0,
        };
    }

    async #save(): Promise<SavedMachine> {
        const emulator = this.#emulator;
        const disk = this.#disk;
        if (!emulator || !disk || this.#failed) throw notRunning();
        if (this.#saving) throw saveRunning();
        this.#saving = true;
        try {
            // a read under way ends in the guest's memory, and another may follow: run on until there is none
            for (;;) {
                await disk.settled();
                await emulator.pause();
                if (disk.isSettled && !emulator.isCompiling) break;
                await emulator.run();
            }
            return { ...(await emulator.save()), disk: disk.overlay.runs() };
        } finally {
            this.#saving = false;
            if (!this.#failed) await emulator.run();
        }
    }
}

interface Prepared {
    options: StartOptions;
    manifest: ImageManifest;
    /** MB */
    memory: number;
    module: Awaited<ReturnType<typeof loadModule>>;
    wasm: WebAssembly.Module;
    chunks: ChunkStore;
}

/** One of the two. */
type LoadedState = { kept: KeptState; packed?: undefined } | { kept?: undefined; packed: Bytes };

type PlaceCode = (saved: SavedState) => void;

/** These do not count towards progress: they arrive at a tenth of their size. */
async function loadCode(loader: ImageLoader, { modules }: SnapshotCode): Promise<WebAssembly.Module[]> {
    return Promise.all(modules.map(module => loadWasm(loader, module)));
}

/**
 * Compiled code saves the first commands some seconds, but a machine that cannot get it starts anyway. By this point
 * everything else is there: if the code does not arrive within another `patience` milliseconds, it is given up.
 */
export async function prepareCode(
    emulator: Pick<Emulator, "prepareCode">,
    saved: SnapshotCode,
    code: Promise<Settled<WebAssembly.Module[]>>,
    patience: number,
): Promise<PlaceCode | undefined> {
    try {
        const loaded = await within(code, patience, "The snapshot's compiled code");
        if ("thrown" in loaded) throw loaded.thrown;
        return await emulator.prepareCode(saved, loaded.value);
    } catch (thrown) {
        console.warn("The snapshot's compiled code could not be used: the first commands take longer.", thrown);
        return undefined;
    }
}

type Settled<T> = { value: T } | { thrown: unknown };

/** Wraps a promise that is looked at later, so that it does not count as unhandled meanwhile. */
async function settled<T>(promise: Promise<T>): Promise<Settled<T>> {
    try {
        return { value: await promise };
    } catch (thrown) {
        return { thrown };
    }
}
