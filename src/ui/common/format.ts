const MEGABYTE = 1_000_000;
const MEBIBYTE = 1024 * 1024;

/** Bytes over the wire: "12.4 MB". */
export const megabytes = (bytes: number): string => `${(bytes / MEGABYTE).toFixed(1)} MB`;

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
