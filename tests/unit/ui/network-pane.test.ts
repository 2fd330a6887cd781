// @vitest-environment happy-dom
import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, test } from "vitest";
import NetworkPane from "../../../src/ui/network/NetworkPane.svelte";
import { manifest, Story } from "../internet/hub/exchanges";
import { expectAccessible } from "./accessible";
import Bench from "./Bench.svelte";
import { makeLesson, makeStep, makeWorkbench, type Made } from "./fakes";

const nginx = "library/nginx";

function story(): Story {
    const made = new Story();
    made.now = Date.now() - 60_000;
    made.add("GET", "http://python.lab/simple/flask/", 200, { bytesDown: 2_100 });
    made.greet(nginx)
        .manifests(nginx, "latest", manifest("c", "a", "b"))
        .blob(nginx, "c", 1_500)
        .blob(nginx, "b", 2_000_000);
    made.add("GET", "https://files.dev/a/thing-1.0.whl", 200, {
        answeredBy: "online",
        online: "https://files.dev/a/thing-1.0.whl",
        bytesDown: 12_000,
    });
    return made.add("GET", "http://nobody.dev/", 404, { answeredBy: "refused" });
}

async function shown(exchanges = story().exchanges): Promise<Made> {
    const made = await makeWorkbench(makeLesson([makeStep("one")]));
    made.sandbox.network.exchanges.set(exchanges);
    render(Bench, { workbench: made.workbench, show: NetworkPane });
    return made;
}

/**
 * The texts of each row's cells. In a wide pane, who answered has its own column and is not below the title; happy-dom
 * knows no widths.
 */
function rows(): string[] {
    return screen.getAllByRole("row").map(row => {
        const shown = row.cloneNode(true) as Element;
        for (const below of shown.querySelectorAll(".below")) below.remove();
        return [...shown.children].map(cell => cell.textContent?.replace(/\s+/g, " ").trim()).join(" ");
    });
}

describe("network pane", () => {
    test("a table, newest first: what, who, how much", async () => {
        await shown();
        const all = rows();
        expect(all[0]).toBe("Request Answered by Size Time");
        expect(all[1]).toMatch(/^nobody\.dev\/ Refused 404 –/);
        expect(all[2]).toMatch(/^thing-1\.0\.whl files\.dev\/a\/ Internet 12\.0 kB/);
        expect(all[3]).toMatch(/^Pull nginx:latest 2 layers, 1 already exists This page 2\.0 MB/);
        expect(all.at(-1)).toMatch(/^flask\/ python\.lab\/simple\/ This page 2\.1 kB/);
    });

    test("a pull lists its steps, including the layer that was not requested", async () => {
        await shown();
        const steps = rows().slice(4, -1);
        expect(steps.map(row => row.replace(/ This page.*$/, ""))).toEqual([
            "Is this a registry? Yes, but it needs a token",
            "Token To pull nginx",
            "Tag Which image is nginx:latest now?",
            "Index Manifests for linux/386",
            "Manifest Configuration and 2 layers",
            "Configuration cccccccccccc · downloaded",
            "Layer 1 of 2 aaaaaaaaaaaa Already exists 1.0 MB ",
            "Layer 2 of 2 bbbbbbbbbbbb · downloaded",
        ]);
    });

    test("a push under way shows what it sends before its manifest names the layers", async () => {
        const made = new Story().greet("me/app", "pull,push");
        made.hub("HEAD", `me/app/blobs/sha256:${"b".repeat(64)}`, 404)
            .hub("POST", "me/app/blobs/uploads/", 202)
            .hub("PATCH", "me/app/blobs/uploads/u1", undefined, {
                end: "open",
                ended: undefined,
                answeredBy: undefined,
                bytesUp: 5_000,
            });
        await shown(made.exchanges);
        expect(
            rows()
                .slice(1)
                .map(row => row.trim()),
        ).toEqual([
            "Push me/app Sending layers In progress 5.0 kB …",
            "Is this a registry? Yes, but it needs a token This page 90 B 40 ms",
            "Token To push me/app This page 700 B 40 ms",
            "Layer bbbbbbbbbbbb · does it exist? Not there – 40 ms",
            "Upload Starts the upload of a layer This page – 40 ms",
            "Upload The bytes of a layer Waiting 5.0 kB …",
        ]);
    });

    test("folds a pull, and shows the details of one request", async () => {
        await shown();
        await fireEvent.click(screen.getByRole("button", { name: /Pull nginx/ }));
        expect(screen.getByRole("button", { name: /Pull nginx/ }).getAttribute("aria-expanded")).toBe("false");
        expect(rows()).toHaveLength(5);
        const button = screen.getByRole("button", { name: /thing-1\.0/ });
        await fireEvent.click(button);
        expect(button.getAttribute("aria-expanded")).toBe("true");
        expect(screen.getByText("GET https://files.dev/a/thing-1.0.whl")).toBeTruthy();
        expect(screen.getByText(/Sent to the real host/)).toBeTruthy();
    });

    test("filters by words and by who answered, and clears", async () => {
        const { sandbox } = await shown();
        await fireEvent.input(screen.getByRole("textbox", { name: "Filter by address" }), {
            target: { value: "python flask" },
        });
        expect(rows()).toHaveLength(2);
        await fireEvent.change(screen.getByRole("combobox", { name: "Answered by" }), { target: { value: "online" } });
        await screen.findByText("No requests match the filter");
        await fireEvent.click(screen.getByRole("button", { name: "Show all" }));
        expect(rows().length).toBeGreaterThan(5);
        await fireEvent.click(screen.getByRole("button", { name: "Clear the list" }));
        expect(sandbox.network.exchanges.state).toEqual([]);
        await screen.findByText("No requests yet");
    });

    test("speaks of pulls that ended, not of every request", async () => {
        const { sandbox } = await shown([]);
        const status = screen.getByRole("status");
        sandbox.network.exchanges.set(story().exchanges.slice(0, 1));
        await screen.findByText("flask/");
        expect(status.textContent).toBe("");
        sandbox.network.exchanges.set(story().exchanges);
        await waitFor(() => expect(status.textContent).toBe("Pull nginx:latest: 2 layers, 1 already exists"));
    });

    test("a layer on its way shows how far it is", async () => {
        const made = story();
        made.blob(nginx, "a", 250_000, { end: "open", ended: undefined });
        await shown(made.exchanges);
        const progress = screen.getByRole<HTMLProgressElement>("progressbar", {
            name: "Layer 1 of 2, 250.0 kB of 1.0 MB",
        });
        expect(progress.value).toBe(0.25);
        expect(
            within(screen.getByRole("row", { name: /Pull nginx/ })).getByRole("cell", { name: "In progress" }),
        ).toBeTruthy();
    });

    test("the internet is off, is switched on once the student knows what leaves the page, and off at once", async () => {
        const { sandbox } = await shown();
        const toggle = screen.getByRole("switch", { name: "Internet" });
        expect(toggle.getAttribute("aria-checked")).toBe("false");
        await fireEvent.click(toggle);
        const dialog = await screen.findByRole("alertdialog");
        expect(dialog.textContent).toContain("What leaves the page");
        expect(sandbox.network.online.state).toBe(false);
        await expectAccessible(dialog);
        await fireEvent.click(within(dialog).getByRole("button", { name: "Switch on" }));
        expect(sandbox.network.online.state).toBe(true);
        await waitFor(() => expect(toggle.getAttribute("aria-checked")).toBe("true"));
        await fireEvent.click(toggle);
        expect(sandbox.network.online.state).toBe(false);
    });

    test("a stand-in is marked in the list, in its row and in the filter", async () => {
        const standIn = { asked: "nginx:1.25", answered: "nginx" };
        const made = new Story()
            .hub("HEAD", `${nginx}/manifests/1.25`, 200, { standIn })
            .manifests(nginx, "1.25", manifest("c", "a"))
            .blob(nginx, "c", 1_500)
            .blob(nginx, "a", 1_000_000);
        made.add("GET", "http://python.lab/", 200);
        await shown(made.exchanges);
        expect(rows().some(row => /^Pull nginx:1\.25 nginx in its place, 1 layer Stand-in/.test(row))).toBe(true);
        expect(screen.getByText("nginx:1.25 is not in this sandbox; nginx answered in its place.")).toBeTruthy();
        await fireEvent.change(screen.getByRole("combobox", { name: "Answered by" }), {
            target: { value: "stand-in" },
        });
        expect(screen.queryByText("python.lab/")).toBeNull();
    });

    test("a missing image is told in the hub's words", async () => {
        const words = "ubuntu is not in this sandbox. Nearest: debian:trixie-slim.";
        const missing = { asked: "ubuntu", words, standIn: "debian:trixie-slim" };
        await shown(new Story().hub("GET", "library/ubuntu/manifests/latest", 404, { missing }).exchanges);
        expect(rows()[1]).toContain(`Pull ubuntu:latest ${words} Not here`);
        await fireEvent.click(screen.getByRole("button", { name: /^Manifest/ }));
        expect(screen.getAllByText(words)).toHaveLength(2);
    });

    test("stand-ins: off, on, and not the student's to turn off where the lesson needs them", async () => {
        const { sandbox } = await shown();
        const toggle = screen.getByRole<HTMLButtonElement>("switch", { name: "Stand-ins" });
        expect(toggle.getAttribute("aria-checked")).toBe("false");
        await fireEvent.click(toggle);
        expect(sandbox.network.standIns.state).toBe("student");
        await waitFor(() => expect(toggle.getAttribute("aria-checked")).toBe("true"));
        await fireEvent.click(toggle);
        expect(sandbox.network.standIns.state).toBe("off");
        sandbox.network.lessonWantsStandIns(true);
        await screen.findByText(/This lesson lets the nearest image answer/);
        expect([toggle.getAttribute("aria-checked"), toggle.disabled]).toEqual(["true", true]);
    });

    test("comes to the front when it is asked for, and goes when a page is to be seen", async () => {
        const { workbench } = await shown();
        expect(workbench.side).toBe("preview");
        await workbench.focusPane("network");
        expect([workbench.side, workbench.pane]).toEqual(["network", "network"]);
        workbench.preview.open(5000);
        expect([workbench.side, workbench.pane]).toEqual(["preview", "preview"]);
    });

    test("is accessible, empty, full and unfolded", async () => {
        const { sandbox } = await shown([]);
        await expectAccessible(document.body);
        sandbox.network.exchanges.set(story().exchanges);
        await fireEvent.click(await screen.findByRole("button", { name: /thing-1\.0/ }));
        await expectAccessible(document.body);
    });
});
