import { expect, test } from "vitest";
import { closest, suggestion } from "../../../src/base/closest";
import { canonicalImage, familiarImage, parseImage, sameImage } from "../../../src/base/image-reference";
import { byteRange } from "../../../src/internet/byte-range";

test.each([
    ["busybox", "docker.io/library/busybox:latest", "busybox:latest"],
    ["docker.io/library/nginx", "docker.io/library/nginx:latest", "nginx:latest"],
    ["index.docker.io/me/app:1", "docker.io/me/app:1", "me/app:1"],
    ["localhost:5000/app", "localhost:5000/app:latest", "localhost:5000/app:latest"],
    ["localhost/app:2", "localhost/app:2", "localhost/app:2"],
    ["ghcr.io/a/b/c:1.0", "ghcr.io/a/b/c:1.0", "ghcr.io/a/b/c:1.0"],
    ["redis@sha256:ab", "docker.io/library/redis@sha256:ab", "redis@sha256:ab"],
    ["redis:8@sha256:ab", "docker.io/library/redis:8@sha256:ab", "redis:8@sha256:ab"],
])("the image reference %s is %s, and is listed as %s", (typed, canonical, familiar) => {
    expect(canonicalImage(typed)).toBe(canonical);
    expect(familiarImage(typed)).toBe(familiar);
    expect(sameImage(typed, canonical)).toBe(true);
});

test("a port is not a tag", () =>
    expect(parseImage("localhost:5000/app")).toEqual({
        registry: "localhost:5000",
        repository: "app",
        tag: "latest",
        digest: undefined,
    }));

test.each([
    ["ngnix", ["redis", "nginx"], "nginx"],
    ["dokcer", ["docker", "node"], "docker"],
    ["Copy", ["copy", "run"], "copy"],
    ["ps", ["ls"], "ls"],
    ["ps", ["run"], undefined],
    ["alpine", ["debian", "python"], undefined],
])("%s among %j was meant to be %s", (typed, names, meant) => expect(closest(typed, names)).toBe(meant));

test("the suggestion lists what there is", () => {
    expect(suggestion("coyp", ["copy", "run"])).toBe('Did you mean "copy"? Choose from: copy, run.');
    expect(suggestion("zzz", ["copy", "run"])).toBe("Choose from: copy, run.");
    expect(suggestion("coyp", ["copy"])).toBe('Did you mean "copy"?');
    expect(suggestion("zzz", ["copy"])).toBe("The only one is copy.");
    expect(suggestion("zzz", [])).toBe("There are none to choose from.");
});

test.each([
    [null, undefined],
    ["bytes=0-9", { start: 0, end: 10 }],
    ["bytes=90-", { start: 90, end: 100 }],
    ["bytes=-5", { start: 95, end: 100 }],
    ["bytes=-500", { start: 0, end: 100 }],
    ["bytes=50-500", { start: 50, end: 100 }],
    ["bytes=100-", "unsatisfiable"],
    ["bytes=9-3", "unsatisfiable"],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=-", undefined],
    ["bytes=0-1,5-6", undefined],
    ["lines=0-1", undefined],
])("of 100 bytes the header %s asks for %j", (header, range) => expect(byteRange(header, 100)).toEqual(range));
