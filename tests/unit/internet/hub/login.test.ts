import { describe, expect, test } from "vitest";
import { parseScopes } from "../../../../src/internet/hub/access";
import { tokenSeconds } from "../../../../src/internet/hub/access";
import { digestOf } from "../../../../src/internet/hub/digest";
import { errorOf, makeHub, noise, student } from "./fixtures";

const endpoint = "https://auth.docker.io/token";
const basic = (name: string, password: string) => ({ Authorization: `Basic ${btoa(`${name}:${password}`)}` });
const form = (fields: Record<string, string>) => ({ body: new URLSearchParams(fields) });

describe("docker login", () => {
    test("the challenge is Docker Hub's", async () => {
        const answer = await makeHub().raw("GET", "/v2/");
        expect([answer.status, answer.headers.get("WWW-Authenticate")]).toEqual([
            401,
            'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"',
        ]);
        expect(answer.headers.get("Docker-Distribution-Api-Version")).toBe("registry/2.0");
        const pull = await makeHub().raw("GET", "/v2/library/nginx/manifests/latest");
        expect(pull.headers.get("WWW-Authenticate")).toBe(
            'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull"',
        );
    });

    test("the first login makes the account, later ones need its password", async () => {
        const { raw, storage } = makeHub();
        const logIn = (name: string, password: string) =>
            raw("GET", `${endpoint}?account=${name}&client_id=docker&offline_token=true&service=registry.docker.io`, {
                headers: basic(name, password),
            });
        expect((await logIn("Alice", "s3cret")).status).toBe(200);
        expect((await logIn("alice", "s3cret")).status).toBe(200);
        const wrong = await logIn("alice", "other");
        expect([wrong.status, await wrong.json()]).toEqual([401, { details: "incorrect username or password" }]);
        expect(JSON.stringify(await storage.records.list("accounts", ""))).not.toContain("s3cret");
    });

    test.each([
        ["library", "password"],
        ["a", "password"],
        ["me/you", "password"],
        ["me", "abc"],
        ["x".repeat(31), "password"],
        ["", ""],
    ])("%s with %s is refused with a reason", async (name, password) => {
        const answer = await makeHub().raw("GET", endpoint, { headers: basic(name, password) });
        expect(answer.status).toBe(401);
        expect(((await answer.json()) as { details: string }).details).toMatch(/^incorrect username or password \(/);
    });

    test("a broken Basic header is a refusal", async () => {
        expect((await makeHub().raw("GET", endpoint, { headers: { Authorization: "Basic %%%" } })).status).toBe(401);
    });

    test("OAuth2 by password, then by refresh token, which outlives the page", async () => {
        const first = makeHub();
        const scope = "repository:student/app:pull,push";
        const answer = await first.raw(
            "POST",
            endpoint,
            form({
                grant_type: "password",
                username: student.name,
                password: student.password,
                scope,
                access_type: "offline",
                client_id: "docker",
                service: "registry.docker.io",
            }),
        );
        const { access_token: token, refresh_token: refresh } = (await answer.json()) as {
            access_token: string;
            refresh_token: string;
        };
        const start = (hub: typeof first, bearer: string) =>
            hub.raw("POST", "/v2/student/app/blobs/uploads/", { headers: { Authorization: `Bearer ${bearer}` } });
        expect((await start(first, token)).status).toBe(202);
        const second = makeHub({ storage: first.storage });
        expect((await start(second, token)).headers.get("WWW-Authenticate")).toContain('error="invalid_token"');
        const again = await second.raw(
            "POST",
            endpoint,
            form({ grant_type: "refresh_token", refresh_token: refresh, scope }),
        );
        expect((await start(second, ((await again.json()) as { access_token: string }).access_token)).status).toBe(202);
        expect(
            (
                await second.raw(
                    "POST",
                    endpoint,
                    form({ grant_type: "refresh_token", refresh_token: `student:${"0".repeat(64)}` }),
                )
            ).status,
        ).toBe(401);
        expect((await second.raw("POST", endpoint, form({ grant_type: "implicit" }))).status).toBe(400);
    });

    test("a token expires", async () => {
        let now = 1_000_000;
        const { raw, fetchToken } = makeHub({ now: () => now });
        const token = await fetchToken("repository:library/nginx:pull");
        const get = () =>
            raw("GET", "/v2/library/nginx/manifests/latest", { headers: { Authorization: `Bearer ${token}` } });
        expect((await get()).status).toBe(200);
        now += tokenSeconds * 1000 + 1;
        expect((await get()).status).toBe(401);
    });
});

describe("who may do what", () => {
    test("pushing to another's name is denied in Docker Hub's way", async () => {
        const { ask } = makeHub();
        for (const name of ["library/nginx", "teacher/app", "nginx"]) {
            const answer = await ask("POST", `/v2/${name}/blobs/uploads/`);
            expect(answer.status).toBe(401);
            expect(answer.headers.get("WWW-Authenticate")).toContain(
                `scope="repository:${name}:pull,push",error="insufficient_scope"`,
            );
            expect(answer.headers.get("WWW-Authenticate")).not.toContain("error_description"); // docker then prints: denied: requested access to the resource is denied
            expect((await errorOf(answer)).message).toBe("authentication required");
            // engines check whether a layer exists before they send it
            const look = await ask("HEAD", `/v2/${name}/blobs/${digestOf(noise(1))}`);
            if (name !== "library/nginx")
                expect([look.status, look.headers.get("WWW-Authenticate")]).toEqual([
                    401,
                    expect.not.stringContaining("error_description"),
                ]);
        }
    });

    test("pushing without an account is denied", async () => {
        const { ask } = makeHub();
        expect((await ask("POST", "/v2/student/app/blobs/uploads/", { as: undefined })).status).toBe(401);
    });

    test("a token for pulling does not push", async () => {
        const { raw, fetchToken, pushBlob } = makeHub();
        await pushBlob("student/app", noise(10));
        const token = await fetchToken("repository:student/app:pull", student);
        expect(
            (await raw("POST", "/v2/student/app/blobs/uploads/", { headers: { Authorization: `Bearer ${token}` } }))
                .status,
        ).toBe(401);
    });

    test("scopes are read in all the forms clients send", () => {
        expect(
            parseScopes([
                "repository:a/b:pull,push repository:library/c:pull",
                "registry:catalog:*",
                "nonsense",
                "repository(plugin):p/q:pull",
                "",
            ]),
        ).toEqual([
            { type: "repository", name: "a/b", actions: ["pull", "push"] },
            { type: "repository", name: "library/c", actions: ["pull"] },
            { type: "registry", name: "catalog", actions: ["*"] },
            { type: "repository", name: "p/q", actions: ["pull"] },
        ]);
    });
});

describe("docker search", () => {
    test("finds by name and description, official names short", async () => {
        const { raw } = makeHub();
        const search = async (query: string) =>
            (await (await raw("GET", `https://index.docker.io/v1/search?q=${query}&n=25`)).json()) as {
                num_results: number;
                results: { name: string; is_official: boolean; description: string }[];
            };
        expect((await search("redis")).results).toEqual([
            {
                name: "redis",
                description: "Key-value store.",
                star_count: 0,
                is_official: true,
                is_automated: false,
                is_trusted: false,
            },
        ]);
        expect((await search("web")).results.map(hit => hit.name)).toEqual(["nginx"]);
        expect((await search("mongo")).num_results).toBe(0);
    });

    test("the web API lists tags", async () => {
        const { raw } = makeHub();
        const answer = await raw("GET", "https://hub.docker.com/v2/repositories/library/nginx/tags/");
        expect(await answer.json()).toMatchObject({ count: 2, results: [{ name: "1.26" }, { name: "latest" }] });
        expect((await raw("GET", "https://hub.docker.com/v2/repositories/library/mongo/tags")).status).toBe(404);
    });
});
