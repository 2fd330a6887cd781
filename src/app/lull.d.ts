export declare class Lull {
    #private;
    acted(): void;
    commandStarted(): void;
    commandEnded(): void;
    /** Resolves when for so many milliseconds from now on no command ran and nothing was done. Rejects with the signal's reason. */
    reached(milliseconds: number, signal: AbortSignal): Promise<void>;
}
