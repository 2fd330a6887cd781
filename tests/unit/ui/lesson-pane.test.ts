// @vitest-environment happy-dom
import { render, screen, waitFor } from "@testing-library/svelte";
import { describe, expect, test, vi } from "vitest";
import { GIVE_WAY_MILLISECONDS } from "../../../src/ui/common/give-way";
import { deferred } from "../../../src/base/deferred";
import { markOf } from "../../../src/ui/lesson/lesson-view.svelte";
import LessonPane from "../../../src/ui/lesson/LessonPane.svelte";
import { expectAccessible } from "./accessible";
import Bench from "./Bench.svelte";
import { makeLesson, makeStep, makeWorkbench, passes, type Made } from "./fakes";

const lesson = makeLesson(
    [
        makeStep("write", {
            prose: "Save it:\n\n```python save=app.py\nprint(1)\n```\n\nThen run:\n\n```bash run\ndocker ps\n```\n\nSee [the file](file:app.py#L1) and [the page](port:5000/x), <img src=x onerror=alert(1)>.",
            questions: [{ id: "why", ask: "Why?", choices: ["Because", "No idea"] }],
            solve: ["#: save app.py", "docker build ."],
        }),
        makeStep("build", { needs: ["write"] }),
    ],
    {},
    { "app.py": "print(2)\n" },
);

async function shown(options: Parameters<typeof makeWorkbench>[1] = {}): Promise<Made> {
    const made = await makeWorkbench(lesson, options);
    made.workbench.start();
    render(Bench, { workbench: made.workbench, show: LessonPane });
    return made;
}

const press = (name: string | RegExp) => screen.getByRole("button", { name }).click();

describe("lesson pane", () => {
    test("shows the current step open, the others by their titles", async () => {
        await shown();
        expect(screen.getByRole("button", { name: /Title of write/ }).getAttribute("aria-expanded")).toBe("true");
        expect(screen.getByRole("button", { name: /Title of build/ }).getAttribute("aria-expanded")).toBe("false");
        expect(document.body.textContent).toContain("Goal of write.");
        expect(document.body.textContent).not.toContain("Goal of build.");
    });

    test("is accessible", async () => {
        const { workbench } = await shown();
        await workbench.checkCurrent();
        await expectAccessible(document.body);
    });

    test("a failed check says what it checked, expected and found, and shows the excerpt as text", async () => {
        await shown();
        press("Check");
        await screen.findByText("Expected");
        const results = screen.getByRole("list", { name: "What the check found" });
        expect(results.textContent).toContain("There is no app.py.");
        expect(results.textContent).toContain("<b>App.py</b>");
        expect(results.querySelector("b")).toBeNull();
        expect(screen.getByRole("status").textContent).toContain("Not passed yet: Title of write");
    });

    test("what waits for Check says so, and the step is not marked as failed", async () => {
        const { workbench } = await shown({
            check: async step =>
                step.expect.map(({ kind }) => ({
                    kind,
                    describes: kind,
                    result: { status: "waiting", message: "Press Check to test this: it runs a program." },
                })),
        });
        workbench.lesson.answer("why", "Because"); // checked automatically
        await screen.findByText("Press Check to test this: it runs a program.");
        const results = screen.getByRole("list", { name: "What the check found" });
        expect(results.textContent).toContain("Not checked yet:");
        expect(markOf(workbench.lesson.state.steps.write!)).toBe("open");
    });

    test("a pressed Check shows at once, and says what it waits for", async () => {
        const { sandbox } = await shown({ check: passes });
        sandbox.warmUp.set("running");
        const gaveWay = deferred<void>();
        sandbox.giveWay = () => gaveWay.promise;
        press("Check");
        await screen.findByText("Waiting for background work to stop", { selector: ".pending" });
        const button = screen.getByRole("button", { name: "Checking" });
        expect((button as HTMLButtonElement).disabled).toBe(true);
        expect(screen.getByRole("status").textContent).toBe("Waiting for background work to stop");
        await expectAccessible(document.body);
        gaveWay.resolve();
        await screen.findByRole("button", { name: "Check again" });
        expect(document.querySelector(".pending")).toBeNull();
    });

    test("background work that does not stop delays a check only up to a limit", async () => {
        const { workbench, sandbox } = await shown({ check: passes });
        sandbox.giveWay = () => new Promise(() => undefined);
        vi.useFakeTimers();
        try {
            const checked = workbench.checkCurrent();
            await vi.advanceTimersByTimeAsync(GIVE_WAY_MILLISECONDS - 1);
            expect(workbench.lesson.pending("write")).toBeDefined();
            await vi.advanceTimersByTimeAsync(1);
            await checked;
            expect(workbench.lesson.passed).toBe(1);
        } finally {
            vi.useRealTimers();
        }
    });

    test("shows a lesson's pictures, and the alternative text for missing ones", async () => {
        const pictured = makeLesson([makeStep("write", { prose: "![The layers](layers.png) ![A map](map.svg)" })]);
        const { workbench } = await makeWorkbench(pictured, {
            picture: (id, path) => (path === "layers.png" ? `/lessons/${id}/${path}` : undefined),
        });
        render(Bench, { workbench, show: LessonPane });
        const picture = screen.getByRole("img", { name: "The layers" });
        expect(picture.getAttribute("src")).toBe("/lessons/images/flask/layers.png");
        expect(screen.getByText("A map").className).toBe("picture");
        await expectAccessible(document.body);
    });

    test("a passed step leads to the next", async () => {
        const { workbench } = await shown({ check: passes });
        press("Check");
        await waitFor(() => expect(workbench.lesson.passed).toBe(1));
        expect(screen.getByRole("status").textContent).toBe("Passed: Title of write");
    });

    test("hints open one by one, then the solution", async () => {
        await shown();
        press("Hint 1/3");
        await screen.findByText("vague");
        expect(screen.queryByText("nearer")).toBeNull();
        press("Hint 2/3");
        await screen.findByText("nearer");
        press("Hint 3/3");
        await screen.findByText("exact");
        press("Solution");
        await screen.findByText("docker build .");
    });

    test("Run types the command at the prompt", async () => {
        const { sandbox } = await shown();
        press("Run docker ps");
        await waitFor(() => expect(sandbox.shells[0]?.typed).toEqual(["docker ps\r"]));
    });

    test("Run waits for the machine, and says so", async () => {
        const { sandbox, workbench } = await shown({
            state: { kind: "starting", stage: "snapshot", loaded: 1, total: 2 },
        });
        press("Run docker ps");
        await waitFor(() => expect(workbench.terminals.active?.queued).toEqual(["docker ps"]));
        await waitFor(() => expect(workbench.notices.list[0]?.text).toContain("as soon as there is a prompt"));
        sandbox.set({ kind: "ready", docker: true, fallback: undefined });
        await waitFor(() => expect(sandbox.shells[0]?.typed).toEqual(["docker ps\r"]));
    });

    test("Save writes a new file", async () => {
        const { workspace } = await shown();
        press("Save as app.py");
        await waitFor(async () => expect(new TextDecoder().decode(await workspace.read("app.py"))).toBe("print(1)\n"));
    });

    test("Save asks before it overwrites the student's own text", async () => {
        const { workspace, workbench } = await shown();
        await workspace.write("app.py", "mine\n");
        press("Save as app.py");
        await waitFor(() =>
            expect(workbench.editor.proposal).toMatchObject({ path: "app.py", before: "mine\n", after: "print(1)\n" }),
        );
        expect(new TextDecoder().decode(await workspace.read("app.py"))).toBe("mine\n");
        await workbench.editor.settle(true);
        expect(new TextDecoder().decode(await workspace.read("app.py"))).toBe("print(1)\n");
    });

    test("links open the editor and the preview", async () => {
        const { workspace, workbench, sandbox } = await shown();
        await workspace.write("app.py", "x\n");
        screen.getByText("the file").click();
        await waitFor(() => expect(workbench.editor.active?.path).toBe("app.py"));
        screen.getByText("the page").click();
        expect(sandbox.preview.opened).toEqual(["5000/x"]);
    });

    test("no markup of a lesson gets into the page", async () => {
        await shown();
        expect(document.querySelector(".prose img")).toBeNull();
    });

    test("an answer is kept", async () => {
        const { workbench } = await shown();
        screen.getByLabelText("Because").click();
        await waitFor(() => expect(workbench.lesson.answerTo("why")).toBe("Because"));
    });

    test("a locked step names what comes first", async () => {
        await shown();
        press(/Title of build/);
        await screen.findByText("Do this first: Title of write.");
        expect(screen.getByRole("button", { name: "Check" })).toHaveProperty("disabled", true);
    });
});
