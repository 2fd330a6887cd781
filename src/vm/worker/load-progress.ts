import type { ImageFile } from "../image/image";
import type { StartStage } from "../machine";
import type { FromWorker } from "../protocol";

/** Milliseconds between two reports of progress. */
const REPORT_EVERY = 50;

/** Adds up the files that are being loaded, and says so at a bearable rate. */
export class LoadProgress {
    #stage: StartStage = "emulator";
    #loaded = new Map<string, number>();
    #total = 0;
    #reported = 0;

    constructor(private readonly report: (message: FromWorker) => void) {}

    enter(stage: StartStage): void {
        this.#stage = stage;
        this.#send();
    }

    /** Counts the file in; the function takes the bytes of it that have come so far. */
    track(file: ImageFile): (loaded: number) => void {
        this.#total += file.bytes;
        return loaded => {
            this.#loaded.set(file.path, loaded);
            if (loaded >= file.bytes || Date.now() - this.#reported >= REPORT_EVERY) this.#send();
        };
    }

    #send(): void {
        this.#reported = Date.now();
        let loaded = 0;
        for (const bytes of this.#loaded.values()) loaded += bytes;
        this.report({ kind: "progress", stage: this.#stage, loaded, total: this.#total });
    }
}
