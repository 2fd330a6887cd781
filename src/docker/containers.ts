import type { InferOutput } from "valibot";
import type { ContainerDetails, ContainerSummary, PortBinding } from "./docker";
import type { container, containerList } from "./replies";

export function toSummary(raw: InferOutput<typeof containerList>[number]): ContainerSummary {
    return {
        id: raw.Id,
        names: raw.Names.map(withoutSlash),
        image: raw.Image,
        imageId: raw.ImageID,
        state: raw.State,
        status: raw.Status,
        ports: oncePerPort(
            raw.Ports.map(port => ({
                containerPort: port.PrivatePort,
                protocol: toProtocol(port.Type),
                hostPort: port.PublicPort,
                hostAddress: port.IP || undefined,
            })),
        ),
        labels: raw.Labels,
        created: raw.Created,
    };
}

export function toDetails(raw: InferOutput<typeof container>): ContainerDetails {
    const { State: state, Config: config, HostConfig: host } = raw;
    const up = state.Status === "running" || state.Status === "paused" || state.Status === "restarting";
    return {
        id: raw.Id,
        name: withoutSlash(raw.Name),
        image: config.Image,
        imageId: raw.Image,
        state: state.Status,
        exitCode: state.ExitCode,
        oomKilled: state.OOMKilled,
        pid: state.Pid,
        error: state.Error,
        startedAt: state.StartedAt,
        finishedAt: state.FinishedAt,
        restartCount: raw.RestartCount,
        restartPolicy: host.RestartPolicy.Name || "no",
        command: config.Cmd,
        entrypoint: config.Entrypoint,
        env: toEnvironment(config.Env),
        workingFolder: config.WorkingDir,
        user: config.User,
        // A container that is not running holds no port; the ports it asked to publish are still worth showing.
        ports: portsOf(config.ExposedPorts, up ? raw.NetworkSettings.Ports : host.PortBindings),
        mounts: raw.Mounts.map(mount => ({
            kind: mount.Type,
            name: mount.Name,
            source: mount.Source,
            destination: mount.Destination,
            readOnly: !mount.RW,
        })),
        networks: Object.fromEntries(
            Object.entries(raw.NetworkSettings.Networks).map(([name, end]) => [
                name,
                { address: end.IPAddress, aliases: [...new Set([...end.Aliases, ...end.DNSNames])] },
            ]),
        ),
        labels: config.Labels,
        memoryLimit: host.Memory,
        nanoCpus: host.NanoCpus,
        pidsLimit: Math.max(0, host.PidsLimit),
        health: state.Health?.Status ?? "none",
    };
}

/** ["A=b=c"] -> { A: "b=c" } */
export function toEnvironment(pairs: readonly string[]): Record<string, string> {
    return Object.fromEntries(
        pairs.map(pair => {
            const at = pair.indexOf("=");
            return at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
        }),
    );
}

type Bindings = Record<string, { HostIp: string; HostPort: string }[]>;

function portsOf(exposed: Record<string, unknown>, bound: Bindings): PortBinding[] {
    const ports: PortBinding[] = [];
    for (const key of new Set([...Object.keys(exposed), ...Object.keys(bound)])) {
        const [number, protocol = "tcp"] = key.split("/");
        const port = { containerPort: Number(number), protocol: toProtocol(protocol) };
        const ends = bound[key] ?? [];
        for (const end of ends)
            ports.push({ ...port, hostPort: Number(end.HostPort) || undefined, hostAddress: end.HostIp || undefined });
        if (ends.length === 0) ports.push({ ...port, hostPort: undefined, hostAddress: undefined });
    }
    return oncePerPort(ports);
}

/** The engine lists a port published on every address twice, for IPv4 and IPv6; the student sees it once. */
function oncePerPort(ports: PortBinding[]): PortBinding[] {
    return ports
        .filter(
            port =>
                port.hostAddress !== "::" ||
                !ports.some(
                    other =>
                        other.hostAddress === "0.0.0.0" &&
                        other.hostPort === port.hostPort &&
                        other.protocol === port.protocol,
                ),
        )
        .sort((a, b) => a.containerPort - b.containerPort || (a.hostPort ?? 0) - (b.hostPort ?? 0));
}

const withoutSlash = (name: string) => name.replace(/^\//, "");

const toProtocol = (name: string): PortBinding["protocol"] => (name === "udp" || name === "sctp" ? name : "tcp");
