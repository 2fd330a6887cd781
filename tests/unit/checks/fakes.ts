/** A machine as the checks see it, made from plain data. */
import * as v from "valibot";
import type { FileEntry } from "../../../src/agent/agent";
import { encodeText } from "../../../src/base/bytes";
import { DrydockError } from "../../../src/base/errors";
import type { CheckResult, CommandRecord } from "../../../src/checks/check";
import { checkKinds } from "../../../src/checks/registry";
import { runChecks, type CheckSources } from "../../../src/checks/run";
import { sameImage } from "../../../src/base/image-reference";
import type {
    ContainerDetails,
    ContainerSummary,
    Docker,
    DockerEvent,
    ImageDetails,
    NetworkDetails,
    VolumeDetails,
} from "../../../src/docker/docker";

export interface FakeContainer extends Partial<ContainerDetails> {
    name: string;
    log?: string;
    created?: number;
    /** the image as `docker ps` shows it, if that differs from the record */ listedImage?: string;
}

export interface World {
    containers?: FakeContainer[];
    images?: (Partial<ImageDetails> & { tags: string[] })[];
    networks?: NetworkDetails[];
    volumes?: VolumeDetails[];
    files?: Record<string, string>;
    commands?: [command: string, code: number][];
    /** Images that were not in the sandbox; `at`: between the places of the commands, as 0.5. */
    missed?: [asked: string, words: string, at: number][];
    events?: (Partial<DockerEvent> & Pick<DockerEvent, "type" | "action">)[];
    answers?: Record<string, string>;
    /** Answers for the machine's ports. */
    http?: (request: Request, port: number) => Response | Promise<Response>;
    exec?: (argv: string[]) => { stdout?: string; stderr?: string; code?: number };
    engine?: "down";
}

export const port = (hostPort: number | undefined, containerPort: number): ContainerDetails["ports"][number] => ({
    hostPort,
    containerPort,
    protocol: "tcp",
    hostAddress: hostPort === undefined ? undefined : "0.0.0.0",
});

const toDetails = ({ name, ...given }: FakeContainer): ContainerDetails => ({
    id: `id-${name}`,
    name,
    image: "docker-flask:1.0",
    imageId: "sha256:flask",
    state: "running",
    exitCode: 0,
    oomKilled: false,
    pid: 0,
    error: "",
    startedAt: "",
    finishedAt: "",
    restartCount: 0,
    restartPolicy: "no",
    command: [],
    entrypoint: [],
    env: {},
    workingFolder: "",
    user: "",
    ports: [],
    mounts: [],
    networks: {},
    labels: {},
    memoryLimit: 0,
    nanoCpus: 0,
    pidsLimit: 0,
    health: "none",
    ...given,
});

const toSummary = (container: FakeContainer, index: number): ContainerSummary => {
    const { id, name, image, imageId, state, exitCode, ports, labels } = toDetails(container);
    return {
        id,
        names: [name],
        image: container.listedImage ?? image,
        imageId,
        state,
        status: state === "exited" ? `Exited (${exitCode}) 2 seconds ago` : "Up 2 seconds",
        ports: state === "running" ? ports : [],
        labels,
        created: container.created ?? index,
    };
};

const toImage = (image: Partial<ImageDetails> & { tags: string[] }): ImageDetails => ({
    id: "sha256:flask",
    digests: [],
    bytes: 90_000_000,
    architecture: "386",
    entrypoint: [],
    command: [],
    env: {},
    workingFolder: "",
    user: "",
    exposedPorts: [],
    labels: {},
    layers: ["a", "b"],
    ...image,
});

function fakeDocker(world: World): Docker {
    const containers = world.containers ?? [];
    const images = (world.images ?? []).map(toImage);
    const ask = async <T>(give: () => T): Promise<T> => {
        if (world.engine === "down")
            throw new DrydockError("docker.unreachable", "The Docker engine does not answer.", "Wait.");
        return give();
    };
    const find = (nameOrId: string) => containers.find(one => one.name === nameOrId || toDetails(one).id === nameOrId);
    return {
        ping: async () => world.engine !== "down",
        containers: {
            list: ({ all = false } = {}) =>
                ask(() => containers.map(toSummary).filter(one => all || one.state === "running")),
            inspect: nameOrId => ask(() => (find(nameOrId) ? toDetails(find(nameOrId)!) : undefined)),
            logs: nameOrId => ask(() => find(nameOrId)?.log ?? ""),
        },
        images: {
            list: () =>
                ask(() =>
                    images.map(({ id, tags, digests, bytes, labels }) => ({
                        id,
                        tags,
                        digests,
                        bytes,
                        labels,
                        created: 0,
                    })),
                ),
            inspect: ref => ask(() => images.find(one => one.tags.some(tag => sameImage(tag, ref)))),
            history: () => ask(() => [{ createdBy: "RUN pip install flask", bytes: 1, empty: false }]),
        },
        networks: {
            list: () => ask(() => world.networks ?? []),
            inspect: name => ask(() => world.networks?.find(one => one.name === name)),
        },
        volumes: {
            list: () => ask(() => world.volumes ?? []),
            inspect: name => ask(() => world.volumes?.find(one => one.name === name)),
        },
        events: () => () => undefined,
    };
}

function fakeWorkspace(files: Record<string, string>): CheckSources["workspace"] {
    const entry = (path: string): FileEntry => ({
        path,
        kind: "file",
        size: files[path]!.length,
        mode: 0o644,
        modified: 0,
    });
    return {
        read: async path => {
            if (!(path in files)) throw new DrydockError("agent.not-found", `There is no ${path}.`, "");
            return encodeText(files[path]!);
        },
        stat: async path =>
            path in files
                ? entry(path)
                : Object.keys(files).some(one => one.startsWith(`${path}/`))
                  ? { ...entry(Object.keys(files)[0]!), path, kind: "folder" }
                  : undefined,
        list: async () => Object.keys(files).map(entry),
    };
}

export function sourcesOf(world: World): CheckSources {
    return {
        docker: fakeDocker(world),
        workspace: fakeWorkspace(world.files ?? {}),
        exec: async argv => ({ stdout: "", stderr: "", code: 0, ...world.exec?.(argv) }),
        http: async (address, request) => {
            if (!world.http || address.network !== "tcp")
                throw new DrydockError("agent.refused", "Nothing listens there.", "");
            return world.http(request, address.port);
        },
        commands: (world.commands ?? []).map(([command, code], index): CommandRecord => ({
            command,
            code,
            at: index,
            terminal: 1,
        })),
        missedImages: (world.missed ?? []).map(([asked, words, at]) => ({ asked, words, standIn: undefined, at })),
        events: (world.events ?? []).map(event => ({ id: "", attributes: {}, time: 0, ...event })),
        answers: new Map(Object.entries(world.answers ?? {})),
    };
}

/** Parses the fields as the lesson's parser does, then runs that one check. */
export async function check(
    kind: string,
    fields: unknown,
    world: World = {},
    options: { signal?: AbortSignal; timeout?: number } = {},
): Promise<CheckResult> {
    const spec = v.parse(checkKinds.get(kind)!.schema, fields);
    const [outcome] = await runChecks([{ kind, spec }], sourcesOf(world), options);
    return outcome!.result;
}
