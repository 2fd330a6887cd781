import { describe, expect, test, vi } from "vitest";
import type { ContainerSummary, DockerEvent } from "../../../src/docker/docker";
import { Feed } from "../../../src/base/store";
import { GuestWatch } from "../../../src/guest/guest-watch";

const event = (type: string): DockerEvent => ({ type, action: "start", id: "1", attributes: {}, time: 1 });

function fakeGuest() {
    let containers: Partial<ContainerSummary>[] = [];
    let lists = 0;
    const events = new Feed<DockerEvent>(10);
    return {
        guest: {
            events,
            agent: { usage: async () => ({ processor: 0.5, memoryTotal: 100, memoryAvailable: 40 }) },
            docker: {
                containers: {
                    list: async () => {
                        lists++;
                        return containers as ContainerSummary[];
                    },
                },
            },
        },
        lists: () => lists,
        publish(...ports: number[]) {
            containers = ports.map(hostPort => ({
                names: [`on-${hostPort}`],
                ports: [{ containerPort: 80, protocol: "tcp", hostPort, hostAddress: "0.0.0.0" }],
            }));
        },
    };
}

describe("guest watch", () => {
    test("reads the ports at its start, and again when the engine tells of a container", async () => {
        const { guest, publish } = fakeGuest();
        publish(8080);
        const watch = new GuestWatch(() => true);
        const stop = watch.start(guest);
        await vi.waitFor(() => expect(watch.ports.state).toEqual([{ port: 8080, container: "on-8080" }]));
        expect(watch.usage.state).toEqual({ processor: 0.5, memoryTotal: 100, memoryUsed: 60 });
        publish(8080, 5000);
        guest.events.emit(event("container"));
        await vi.waitFor(() => expect(watch.ports.state.map(({ port }) => port)).toEqual([5000, 8080]));
        stop();
        expect(watch.ports.state).toEqual([]);
        expect(watch.usage.state).toBeUndefined();
    });

    test("many events cause one look, and those not about a container none", async () => {
        vi.useFakeTimers();
        try {
            const { guest, lists } = fakeGuest();
            const stop = new GuestWatch(() => true).start(guest);
            await vi.advanceTimersByTimeAsync(1_000);
            expect(lists()).toBe(1);
            guest.events.emit(event("network"));
            await vi.advanceTimersByTimeAsync(1_000);
            expect(lists()).toBe(1);
            for (let count = 0; count < 5; count++) guest.events.emit(event("container"));
            await vi.advanceTimersByTimeAsync(1_000);
            expect(lists()).toBe(2);
            stop();
            guest.events.emit(event("container"));
            await vi.advanceTimersByTimeAsync(1_000);
            expect(lists()).toBe(2);
        } finally {
            vi.useRealTimers();
        }
    });
});
