// @vitest-environment happy-dom
import { fireEvent, render, screen } from "@testing-library/svelte";
import { beforeEach, describe, expect, test } from "vitest";
import { Notices } from "../../../src/ui/common/notices.svelte";
import { tellImages } from "../../../src/ui/network/image-notices";
import NoticeList from "../../../src/ui/status/NoticeList.svelte";
import { Story } from "../internet/hub/exchanges";
import Bench from "./Bench.svelte";
import { expectAccessible } from "./accessible";
import { FakeNetwork, makeLesson, makeStep, makeWorkbench } from "./fakes";

const missing = {
    asked: "ubuntu",
    words: "ubuntu is not in this sandbox. Nearest: debian:trixie-slim.",
    standIn: "debian:trixie-slim",
};
const standIn = { asked: "python:3.8-slim", answered: "python:3.13-slim" };

let network: FakeNetwork;
let notices: Notices;
let stop: () => void;
const texts = () => notices.list.map(({ text }) => text);

beforeEach(() => {
    network = new FakeNetwork();
    notices = new Notices();
    stop = tellImages(network, notices);
});

/** Two requests of one pull, as the engine makes them: at the mirror, and at Docker Hub. */
const missed = (story = new Story()) =>
    story
        .hub("HEAD", "library/ubuntu/manifests/latest", 403, { missing }, "http://hub.lab")
        .hub("GET", "library/ubuntu/manifests/latest", 404, { missing });

describe("notices about images", () => {
    test("a missing image with a stand-in is offered once, and one click turns stand-ins on", () => {
        network.exchanges.set(missed().exchanges);
        expect(texts()).toEqual(["ubuntu is not in this sandbox."]);
        expect(notices.list[0]!.advice).toBe(
            "debian:trixie-slim can stand in for it. You can turn stand-ins off again in the network panel.",
        );
        notices.list[0]!.action!.run();
        expect(network.standIns.state).toBe("student");
        expect(texts().at(-1)).toBe("Stand-ins are on. Run your command again.");
    });

    test("a later pull of the same image is another one", () => {
        const story = missed();
        network.exchanges.set(story.exchanges);
        notices.dismiss(notices.list[0]!.id);
        story.now += 60_000;
        network.exchanges.set([...missed(story).exchanges]);
        expect(texts()).toEqual(["ubuntu is not in this sandbox."]);
    });

    test("without a stand-in the terminal has said it all", () => {
        network.exchanges.set(
            new Story().hub("GET", "library/mongo/manifests/latest", 404, {
                missing: { ...missing, standIn: undefined },
            }).exchanges,
        );
        expect(texts()).toEqual([]);
    });

    test("an image that stands in is told, once a pull, whoever turned stand-ins on", () => {
        const story = new Story()
            .hub("HEAD", "library/python/manifests/3.8-slim", 200, { standIn })
            .hub("GET", "library/python/manifests/3.8-slim", 200, { standIn });
        network.exchanges.set(story.exchanges);
        expect(texts()).toEqual(["python:3.8-slim is not in this sandbox; python:3.13-slim answered in its place."]);
        story.now += 60_000;
        network.exchanges.set([...story.hub("HEAD", "library/python/manifests/3.8-slim", 200, { standIn }).exchanges]);
        expect(texts()).toHaveLength(2);
    });

    test("what is told of a request after it appeared is told; after the stop nothing is", () => {
        const [asked, ...others] = missed().exchanges;
        network.exchanges.set([{ ...asked!, missing: undefined }, ...others.slice(1)]);
        expect(texts()).toEqual([]);
        network.exchanges.set([asked!]);
        expect(texts()).toHaveLength(1);
        stop();
        network.exchanges.set(new Story().hub("GET", "library/python/manifests/3", 200, { standIn }).exchanges);
        expect(texts()).toHaveLength(1);
    });
});

test("the workbench says it, and its button can be reached by name", async () => {
    const { workbench, sandbox } = await makeWorkbench(makeLesson([makeStep("one")]));
    const end = workbench.start();
    const { container } = render(Bench, { workbench, show: NoticeList });
    sandbox.network.exchanges.set(missed().exchanges);
    const button = await screen.findByRole("button", { name: "Use stand-ins" });
    await expectAccessible(container);
    await fireEvent.click(button);
    expect(sandbox.network.standIns.state).toBe("student");
    end();
});
