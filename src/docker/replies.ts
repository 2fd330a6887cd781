/** The part of the engine's JSON that we read. Fields we do not know are allowed; those we use are checked strictly. */
import * as v from "valibot";
import { decodeText } from "../base/bytes";
import { DrydockError } from "../base/errors";

/** Go writes some empty lists and maps as null, and leaves others out. */
const list = <T extends v.GenericSchema>(item: T) => v.nullish(v.array(item), []);
const map = <T extends v.GenericSchema>(value: T) => v.nullish(v.record(v.string(), value), {});
const text = v.nullish(v.string(), "");
const whole = v.nullish(v.number(), 0);

export const states = ["created", "running", "paused", "restarting", "removing", "exited", "dead"] as const;
const state = v.picklist(states);

export const containerList = v.array(
    v.object({
        Id: v.string(),
        Names: list(v.string()),
        Image: v.string(),
        ImageID: text,
        State: state,
        Status: v.string(),
        Ports: list(
            v.object({
                IP: v.optional(v.string()),
                PrivatePort: v.number(),
                PublicPort: v.optional(v.number()),
                Type: v.string(),
            }),
        ),
        Labels: map(v.string()),
        Created: v.number(),
    }),
);

const bindings = map(v.nullish(v.array(v.object({ HostIp: text, HostPort: text })), []));

export const container = v.object({
    Id: v.string(),
    Name: v.string(),
    Image: v.string(),
    RestartCount: whole,
    State: v.object({
        Status: state,
        ExitCode: v.number(),
        OOMKilled: v.nullish(v.boolean(), false),
        Pid: whole,
        Error: text,
        StartedAt: text,
        FinishedAt: text,
        Health: v.nullish(v.object({ Status: v.picklist(["none", "starting", "healthy", "unhealthy"]) })),
    }),
    Config: v.object({
        Image: v.string(),
        Cmd: list(v.string()),
        Entrypoint: list(v.string()),
        Env: list(v.string()),
        WorkingDir: text,
        User: text,
        Labels: map(v.string()),
        ExposedPorts: map(v.unknown()),
    }),
    HostConfig: v.object({
        PortBindings: bindings,
        RestartPolicy: v.nullish(v.object({ Name: text }), { Name: "" }),
        Memory: whole,
        NanoCpus: whole,
        PidsLimit: whole,
    }),
    Mounts: list(
        v.object({
            Type: v.string(),
            Name: v.optional(v.string()),
            Source: text,
            Destination: v.string(),
            RW: v.boolean(),
        }),
    ),
    NetworkSettings: v.object({
        Ports: bindings,
        Networks: map(v.object({ IPAddress: text, Aliases: list(v.string()), DNSNames: list(v.string()) })),
    }),
});

export const imageList = v.array(
    v.object({
        Id: v.string(),
        RepoTags: list(v.string()),
        RepoDigests: list(v.string()),
        Size: v.number(),
        Created: v.number(),
        Labels: map(v.string()),
    }),
);

export const image = v.object({
    Id: v.string(),
    RepoTags: list(v.string()),
    RepoDigests: list(v.string()),
    Size: v.number(),
    Architecture: v.string(),
    Config: v.nullish(
        v.object({
            Entrypoint: list(v.string()),
            Cmd: list(v.string()),
            Env: list(v.string()),
            WorkingDir: text,
            User: text,
            ExposedPorts: map(v.unknown()),
            Labels: map(v.string()),
        }),
        {},
    ),
    RootFS: v.nullish(v.object({ Layers: list(v.string()) }), {}),
});

export const history = v.array(v.object({ CreatedBy: text, Size: v.number() }));

export const network = v.object({
    Id: v.string(),
    Name: v.string(),
    Driver: v.string(),
    IPAM: v.nullish(v.object({ Config: list(v.object({ Subnet: text })) }), {}),
    Containers: map(v.object({ Name: text, IPv4Address: text })),
    Labels: map(v.string()),
});
export const networkList = v.array(network);

export const volume = v.object({ Name: v.string(), Driver: v.string(), Mountpoint: text, Labels: map(v.string()) });
export const volumeList = v.object({ Volumes: list(volume) });

export const event = v.object({
    Type: v.string(),
    Action: v.string(),
    Actor: v.object({ ID: text, Attributes: map(v.string()) }),
    time: v.number(),
    timeNano: v.nullish(v.number()),
});

/**
 * Parses JSON text by `schema`. `about` names the request in the error "docker.bad-reply", which also gives the path of
 * the field.
 */
export function parseReply<T extends v.GenericSchema>(
    schema: T,
    bytes: Uint8Array | string,
    about: string,
): v.InferOutput<T> {
    const found = v.safeParse(schema, parseJson(bytes, about));
    if (found.success) return found.output;
    const issue = found.issues[0];
    const where = v.getDotPath(issue) ?? "the top";
    throw badReply(`The Docker engine's reply to ${about} is not as expected at ${where}: ${issue.message}.`);
}

function parseJson(bytes: Uint8Array | string, about: string): unknown {
    try {
        return JSON.parse(typeof bytes === "string" ? bytes : decodeText(bytes));
    } catch (thrown) {
        throw badReply(`The Docker engine's reply to ${about} is not JSON.`, thrown);
    }
}

const badReply = (message: string, cause?: unknown) =>
    new DrydockError(
        "docker.bad-reply",
        message,
        "Restart the machine. If the error stays, Drydock does not know this version of the engine.",
        {
            cause,
        },
    );
