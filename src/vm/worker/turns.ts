import type { V86 } from "./v86";

/**
 * Between two turns of its CPU (one millisecond each) v86 lets other events come in. In a browser it does that by asking a
 * worker of its own to send a message back: a switch to another thread and back a thousand times a second, on processors
 * that have better things to do. A message to ourselves does the same for a tenth less processor time, busy or idle.
 */
export function takeTurnsInThread(emulator: V86): void {
    const machine = emulator.v86;
    if (!machine.worker) return; // under Node it uses setImmediate
    machine.unregister_yield();
    const channel = new MessageChannel();
    let timer: ReturnType<typeof setTimeout> | undefined;
    channel.port1.onmessage = (event: MessageEvent<number>) => machine.yield_callback(event.data);
    machine.yield = (milliseconds, tick) => {
        clearTimeout(timer);
        // by way of the message also after a wait: from timer to timer browsers wait 4 ms at least
        if (milliseconds < 1) channel.port2.postMessage(tick);
        else timer = setTimeout(() => channel.port2.postMessage(tick), milliseconds);
    };
}
