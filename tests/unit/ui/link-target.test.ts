import { expect, test } from "vitest";
import { parseLinkTarget } from "../../../src/ui/preview/preview-view.svelte";

test.each([
    ["http://localhost:5000/a?b=c#d", { port: 5000, path: "/a?b=c#d" }],
    ["http://127.0.0.1:8080", { port: 8080, path: "/" }],
    ["http://0.0.0.0:8000/", { port: 8000, path: "/" }],
    ["http://[::1]:3000/x", { port: 3000, path: "/x" }],
    ["http://localhost/", { port: 80, path: "/" }],
    ["https://docs.docker.com/", undefined],
    ["no address", undefined],
])("a terminal's link to %s means the guest's %j", (address, target) =>
    expect(parseLinkTarget(address)).toEqual(target),
);
