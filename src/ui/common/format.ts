const MEGABYTE = 1_000_000;
const MEBIBYTE = 1024 * 1024;

/** Bytes received over the network: "12.4 MB". */
export const megabytes = (bytes: number): string => `${(bytes / MEGABYTE).toFixed(1)} MB`;

/** Bytes of a file or body: "812 B", "1.4 kB", "12.4 MB". */
export function size(bytes: number): string {
    if (bytes < 1_000) return `${bytes} B`;
    return bytes < 999_950 ? `${(bytes / 1_000).toFixed(1)} kB` : megabytes(bytes);
}

/** "35 ms", "1.4 s", "2 min 5 s". */
export function lasting(milliseconds: number): string {
    if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
    if (milliseconds < 59_950) return `${(milliseconds / 1_000).toFixed(1)} s`;
    return `${Math.floor(milliseconds / 60_000)} min ${Math.floor((milliseconds % 60_000) / 1_000)} s`;
}

/** How long something has been going on, counted up each second: "12 s", "3 min 5 s". */
export function elapsed(milliseconds: number): string {
    const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
    return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Bytes of guest memory, in the units its size is chosen in (512 MB means MiB). */
export const memory = (bytes: number): string => Math.round(bytes / MEBIBYTE).toString();

export const percent = (share: number): string => `${Math.round(Math.min(1, Math.max(0, share)) * 100)} %`;

/** "just now", "12 s ago", "3 min ago", "2 h ago". */
export function ago(milliseconds: number): string {
    const seconds = Math.max(0, Math.round(milliseconds / 1000));
    if (seconds < 2) return "just now";
    if (seconds < 60) return `${seconds} s ago`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
    return `${Math.floor(seconds / 3600)} h ago`;
}

export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
