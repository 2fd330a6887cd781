// @vitest-environment happy-dom
import { render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, describe, expect, test, vi } from "vitest";
import { DrydockError } from "../../../src/base/errors";
import StatusLine from "../../../src/ui/status/StatusLine.svelte";
import { expectAccessible } from "./accessible";
import Bench from "./Bench.svelte";
import { makeLesson, makeStep, makeWorkbench } from "./fakes";

const error = new DrydockError("image.unreachable", "The machine waits.", "It goes on by itself.");
const ready = { kind: "ready", docker: true } as const;

async function shown() {
    const made = await makeWorkbench(makeLesson([makeStep("one")]));
    made.workbench.start();
    render(Bench, { workbench: made.workbench, show: StatusLine });
    return made;
}

afterEach(() => vi.useRealTimers());

describe("the status line", () => {
    test("says that the machine waits for the network and for how long, until it continues", async () => {
        vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
        const { sandbox } = await shown();
        sandbox.stall.set({ error, since: Date.now() });
        await screen.findByText("Waiting for the network · 0 s");
        expect(screen.getByRole("status").textContent).toContain("The machine waits. It goes on by itself.");
        await expectAccessible(document.body);
        vi.advanceTimersByTime(65_000);
        await screen.findByText("Waiting for the network · 1 min 5 s");
        sandbox.stall.set(undefined);
        await waitFor(() => expect(document.body.textContent).not.toContain("Waiting for the network"));
        expect(document.body.textContent).toContain("Engine ready");
    });

    test("a machine without its snapshot is reported once, in the lesson's words if the lesson requires it", async () => {
        const { workbench, sandbox } = await shown();
        const texts = () => workbench.notices.list.map(({ text }) => text);
        const differs = new DrydockError("vm.memory-differs", "512 MB, not 1024 MB.", "");
        sandbox.set({ ...ready, docker: false, fallback: differs });
        sandbox.set({ ...ready, fallback: differs });
        expect(texts()).toEqual([expect.stringContaining("needs more memory than the snapshot has")]);
        sandbox.set({ ...ready, fallback: error });
        expect(texts()[1]).toContain("booted without its snapshot, which takes longer: The machine waits.");
    });
});
