import type { V86, VirtioDevice } from "../v86";

/**
 * v86's interrupt lines are not wired-OR: a device that lowers a shared line also clears another device's pending
 * interrupt, and that device's queue stalls. So after each lowering, the line is raised again if another device is
 * still waiting. A line raised once too often costs the guest one look at the status registers.
 */
export function keepSharedInterrupts(emulator: V86): void {
    const { pci, virtio_console, virtio_balloon, virtio_net } = emulator.v86.cpu.devices;
    const devices: VirtioDevice[] = [virtio_console, virtio_balloon, virtio_net].flatMap(device =>
        device ? [device.virtio] : [],
    );
    for (const device of devices) {
        const lower = device.lower_irq;
        device.lower_irq = () => {
            lower.call(device);
            for (const other of devices)
                if (other !== device && other.isr_status !== 0 && sameLine(device, other)) pci.raise_irq(other.pci_id);
        };
    }
}

/** All virtio devices use pin A; the slot number then selects one of four lines. */
function sameLine(one: VirtioDevice, other: VirtioDevice): boolean {
    return ((one.pci_id >> 3) & 3) === ((other.pci_id >> 3) & 3);
}
