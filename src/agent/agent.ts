/** The page's end of the guest agent. Everything the page does inside the guest goes through here. */
import type { Bytes } from "../base/bytes";
import type { Duplex } from "../base/duplex";
import type { Stop } from "../base/lifetime";

export interface ExecOptions {
    /** Added to the agent's environment. */
    env?: Record<string, string>;
    /** Default "/". */
    cwd?: string;
    stdin?: Uint8Array | string;
    signal?: AbortSignal;
}

export interface ExecResult {
    stdout: string;
    stderr: string;
    /** Exit status; 128 + n if signal n ended it, as a shell reports it. */
    code: number;
}

/** A program in the guest, its three streams kept apart. Aborting the signal it was started with kills it. */
export interface GuestProcess {
    readonly stdin: WritableStream<Bytes>;
    readonly stdout: ReadableStream<Bytes>;
    readonly stderr: ReadableStream<Bytes>;
    readonly exit: Promise<number>;
    kill(signal?: "TERM" | "KILL" | "INT"): void;
}

export interface PtyOptions {
    argv: string[];
    env?: Record<string, string>;
    cwd?: string;
    columns: number;
    rows: number;
}

/** A program on a pseudo terminal. */
export interface Pty {
    readonly output: ReadableStream<Bytes>;
    write(data: string | Uint8Array): Promise<void>;
    resize(columns: number, rows: number): void;
    readonly exit: Promise<number>;
    /** Hangs up. */
    close(): void;
}

export interface FileEntry {
    /** Path relative to the folder that was listed, "/" between parts. */
    path: string;
    kind: "file" | "folder" | "link" | "other";
    /** Bytes. */
    size: number;
    /** Permission bits. */
    mode: number;
    /** Milliseconds since 1970. */
    modified: number;
}

export type FileChange = { kind: "changed" | "removed"; path: string };

export interface GuestFiles {
    /** `limit` in bytes, default 16 MB: a larger file rejects with "agent.file-too-large". */
    read(path: string, options?: { limit?: number; signal?: AbortSignal }): Promise<Bytes>;
    /** Whole file, atomically (temporary file, rename); makes missing parent folders; keeps the mode of an existing file. */
    write(path: string, bytes: Uint8Array | string, options?: { mode?: number; signal?: AbortSignal }): Promise<void>;
    list(path: string, options?: { recursive?: boolean; signal?: AbortSignal }): Promise<FileEntry[]>;
    /** undefined if there is nothing at `path`. */
    stat(path: string): Promise<FileEntry | undefined>;
    makeFolder(path: string): Promise<void>;
    rename(from: string, to: string): Promise<void>;
    /** Removes a folder with everything in it. It is no error if nothing is there. */
    remove(path: string): Promise<void>;
    /**
     * Reports changes below `path`, including new folders, gathered over 50 ms. Paths are relative to `path`. A file
     * that `write` put there is left out, unless a program in the guest touched it as well, even at the same moment.
     */
    watch(path: string, onChange: (changes: FileChange[]) => void, onError?: (error: unknown) => void): Stop;
}

export type Address = { network: "unix"; path: string } | { network: "tcp"; host: string; port: number };

export interface Agent {
    /**
     * Runs to the end and collects the output. Rejects only if the program could not be started or the agent is gone.
     */
    exec(argv: string[], options?: ExecOptions): Promise<ExecResult>;
    spawn(argv: string[], options?: Omit<ExecOptions, "stdin">): Promise<GuestProcess>;
    pty(options: PtyOptions): Promise<Pty>;
    readonly files: GuestFiles;
    dial(address: Address, signal?: AbortSignal): Promise<Duplex>;
    /**
     * One HTTP request to a socket or port in the guest. The agent's HTTP client makes it and does not follow
     * redirects. `request.url` gives path and query (its host becomes the Host header). If nothing listens there,
     * rejects with "agent.refused".
     */
    http(address: Address, request: Request): Promise<Response>;
    /** Sets the guest's clock, milliseconds since 1970. */
    setTime(milliseconds: number): Promise<void>;
    /** Mixes 32 or more random bytes into the guest kernel's generator and forces a reseed. */
    reseed(bytes: Uint8Array): Promise<void>;
    /** Processor time and memory of the guest, for the status line. */
    usage(): Promise<{
        /** share 0..1 since the last call */ processor: number;
        memoryTotal: number;
        memoryAvailable: number;
    }>;
    /** Answers what the guest asks of the outside world. One handler at a time. */
    serve(handler: (request: Request) => Promise<Response> | Response): Stop;
    /** Rejects or ends everything; the port stays open for another `connect`. */
    close(): void;
}
