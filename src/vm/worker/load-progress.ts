import type { ImageFile } from "../image/image";
import type { StartStage } from "../machine";
import type { FromWorker } from "../protocol";

/** Milliseconds between two progress reports. */
const REPORT_EVERY = 50;

/** Adds up the files being loaded, and reports progress at a reasonable rate. */
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

    /** Adds the file to the total; call the returned function with the number of its bytes loaded so far. */
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
