/** The ports on which the programs of a container listen, read from the guest's /proc without running anything in the container. */
import type { CheckContext } from "./check";

export interface Listener {
    port: number;
    /** On the container's own loopback only. */ local: boolean;
}

const listening = "0A"; // TCP_LISTEN in the kernel's table

/** `pid`: the container's first process, as the guest numbers it. undefined if it cannot be read. */
export async function listeners(context: CheckContext, pid: number): Promise<Listener[] | undefined> {
    if (pid === 0) return undefined;
    const { stdout, code } = await context.exec(["cat", `/proc/${pid}/net/tcp`, `/proc/${pid}/net/tcp6`], {
        signal: context.signal,
    });
    return stdout === "" && code !== 0 ? undefined : parseListeners(stdout);
}

/** The kernel's table: `sl local_address rem_address st ...`, addresses in hex, each 32-bit word little endian. */
export function parseListeners(table: string): Listener[] {
    const found: Listener[] = [];
    for (const line of table.split("\n")) {
        const [, local, , state] = line.trim().split(/\s+/);
        const [address, port] = local?.split(":") ?? [];
        if (state !== listening || !address || !port) continue;
        // 127.x.y.z ends in 7F here; ::1 is 31 zeros and a 1, with the bytes of each word reversed
        const loopback =
            address.length === 8
                ? address.endsWith("7F")
                : address === "00000000000000000000000001000000" || /^0{16}FFFF0000.{6}7F$/.test(address);
        // Docker's own name server in user networks
        if (address === "0B00007F") continue;
        found.push({ port: Number.parseInt(port, 16), local: loopback });
    }
    return found;
}
