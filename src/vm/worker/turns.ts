import type { V86 } from "../v86";

/**
 * After each turn of its CPU (one millisecond) v86 lets other events come in: messages of the page, chunks of the disk,
 * compiled pages. The way through the browser's queue costs more than a look into it is worth, so turns are taken one after
 * the other for this long. A guest that waits for something ends it at once.
 */
const TURNS_MILLISECONDS = 8;

/**
 * In a browser v86 asks a worker of its own to send a message back: a switch to another thread and back for each turn, on
 * processors that have better things to do. A message to ourselves does the same for a tenth less processor time, busy or
 * idle. `now`: milliseconds.
 */
export function takeTurnsInThread(emulator: Pick<V86, "v86">, now: () => number = () => performance.now()): void {
    const machine = emulator.v86;
    if (!machine.worker) return; // under Node it uses setImmediate
    machine.unregister_yield();
    const channel = new MessageChannel();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let inTurn = false;
    /** The turn that v86 wants next, while one is taken. */
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
        // Chromium's clearTimeout takes its time also for a timer that has run
        if (timer !== undefined) clearTimeout(timer);
        timer = undefined;
        if (milliseconds < 1 && inTurn) next = tick;
        else if (milliseconds < 1) channel.port2.postMessage(tick);
        // by way of the message also after a wait: from timer to timer browsers wait 4 ms at least
        else {
            timer = setTimeout(() => {
                timer = undefined;
                channel.port2.postMessage(tick);
            }, milliseconds);
        }
    };
}
