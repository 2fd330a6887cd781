/** The workspace on the real guest: both directions, a real watch, one machine replaced by another. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWorkspace } from "../../src/workspace/create-workspace";
import { createMemoryStorage } from "../../src/storage/memory";
import type { Workspace } from "../../src/workspace/workspace";
import { startMachine, type StartedMachine } from "./machine";

const start = {
    "app.py": { file: { contents: "print('hello')\n" } },
    bin: { directory: { "run.sh": { file: { contents: "#!/bin/sh\necho ran\n" } } } },
};

let machine: StartedMachine;
let workspace: Workspace;
const shell = (line: string) => machine.agent.exec(["sh", "-c", line], { cwd: "/workspace" });
const paths = () => workspace.files.state.map(entry => entry.path);
const text = async (path: string) => new TextDecoder().decode(await workspace.read(path));

/** The guest is slow and shared; what is polled for arrives as soon as it can. */
const patience = { timeout: 60_000, interval: 100 };

beforeAll(async () => {
    machine = await startMachine();
    workspace = await createWorkspace({ lesson: "images/flask", start, store: createMemoryStorage().workspace });
    await workspace.attach(machine.agent.files);
});
afterAll(() => machine?.stop());

test("the lesson's first files are there, scripts executable", async () => {
    expect(await shell("cat app.py && bin/run.sh")).toMatchObject({ code: 0, stdout: "print('hello')\nran\n" });
});

test("a save in the editor is in the guest at once", async () => {
    await workspace.write("app.py", "print('saved')\n");
    await workspace.create("new/deep.txt", "file");
    await workspace.rename("bin/run.sh", "bin/start.sh");
    expect((await shell("cat app.py; find . -type f | sort")).stdout).toBe(
        "print('saved')\n./app.py\n./bin/start.sh\n./new/deep.txt\n",
    );
    await workspace.remove("new");
    expect((await shell("ls new")).code).not.toBe(0);
});

test("a save is not read back, and what a program writes meanwhile is not lost", async () => {
    const { files } = machine.agent;
    const read = files.read.bind(files);
    const reads: string[] = [];
    files.read = (path, options) => {
        reads.push(path);
        return read(path, options);
    };
    await workspace.write("app.py", "print('saved twice')\n");
    await workspace.write("app.py", "print('saved')\n");
    await shell("echo x > mark");
    await expect.poll(paths, patience).toContain("mark");
    expect(reads.filter(path => path.endsWith("/app.py"))).toEqual([]);
    // the same length, at the same moment: whatever the guest wrote last must be here last
    for (let round = 0; round < 5; round++) {
        await Promise.all([workspace.write("app.py", "1234567\n"), shell(`echo ${7_654_321 + round} > app.py`)]);
        const last = new TextDecoder().decode(await read("/workspace/app.py"));
        await expect.poll(() => text("app.py"), patience).toBe(last);
    }
    files.read = read;
    await workspace.write("app.py", "print('saved')\n");
    await workspace.remove("mark");
});

test("changes made by programs in the guest appear", async () => {
    await shell(
        "echo 'FROM busybox' > Dockerfile && mkdir -p site/css && echo 'a {}' > site/css/main.css && sed -i s/saved/edited/ app.py && mv bin/start.sh go.sh",
    );
    await expect
        .poll(paths, patience)
        .toEqual(["Dockerfile", "app.py", "bin", "go.sh", "site", "site/css", "site/css/main.css"]);
    await expect.poll(() => text("app.py"), patience).toBe("print('edited')\n");
    expect(await text("site/css/main.css")).toBe("a {}\n");
    await shell("rm -rf site Dockerfile");
    await expect.poll(paths, patience).toEqual(["app.py", "bin", "go.sh"]);
});

test("a large file stays in the guest, with a notice", async () => {
    await shell("head -c 2000000 /dev/zero > large.bin");
    await expect
        .poll(() => workspace.files.state.find(entry => entry.path === "large.bin"), patience)
        .toMatchObject({ kept: false, size: 2_000_000 });
    expect(workspace.notices.state.map(notice => notice.code)).toEqual(["workspace.file-too-large"]);
    await shell("rm large.bin");
    await expect.poll(() => workspace.notices.state, patience).toEqual([]);
});

test("a new machine in place of the old one gets the files, edits made meanwhile included", async () => {
    await machine.stop();
    await workspace.write("app.py", "print('meanwhile')\n");
    machine = await startMachine();
    await workspace.attach(machine.agent.files);
    expect((await shell("cat app.py; find . -type f | sort")).stdout).toBe("print('meanwhile')\n./app.py\n./go.sh\n");
});
