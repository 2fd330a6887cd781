import type { V86 } from "../v86";

/**
 * After each turn of its CPU (one millisecond), v86 lets other events in: messages from the page, chunks of the disk,
 * compiled pages. Going through the browser's queue costs more than a look at it is worth, so turns follow each other
 * directly for this long. A guest that waits for something ends the series at once.
 */
const TURNS_MILLISECONDS = 8;

/**
 * In a browser, v86 asks a worker of its own to send a message back: every turn switches to another thread and back, on
 * processors that have better things to do. A message to ourselves does the same for a tenth less processor time, busy
 * or idle. `now`: milliseconds.
 */
export function takeTurnsInThread(emulator: Pick<V86, "v86">, now: () => number = () => performance.now()): void {
    const machine = emulator.v86;
    if (!machine.worker) return; // under Node, v86 uses setImmediate
    machine.unregister_yield();
    const channel = new MessageChannel();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let inTurn = false;
    /** The turn that v86 wants next, while another is running. */
    let next: number | undefined;

    channel.port1.onmessage = (event: MessageEvent<number>) => {
        const end = now() + TURNS_MILLISECONDS;
        next = event.data;
        inTurn = true;
        try {
            do {
                const tick = next;
                next = undefined;
                machine.yield_callback(tick);
            } while (next !== undefined && now() < end);
        } finally {
            inTurn = false;
        }
        if (next !== undefined) channel.port2.postMessage(next);
    };
    machine.yield = (milliseconds, tick) => {
        // in Chromium, clearTimeout takes time even for a timer that has already fired
        if (timer !== undefined) clearTimeout(timer);
        timer = undefined;
        if (milliseconds < 1 && inTurn) next = tick;
        else if (milliseconds < 1) channel.port2.postMessage(tick);
        // go through a message even after a wait: from one timer to the next, browsers wait at least 4 ms
        else {
            timer = setTimeout(() => {
                timer = undefined;
                channel.port2.postMessage(tick);
            }, milliseconds);
        }
    };
}
