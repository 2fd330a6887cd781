/** Docker Engine API client: typed, and parsed on arrival. No other folder knows Docker's JSON. */
import type { Stop } from "../base/lifetime";

export interface PortBinding {
    /** Port in the container and its protocol. */
    containerPort: number;
    protocol: "tcp" | "udp" | "sctp";
    /** Port of the guest that it is published on; undefined if it is only exposed. */
    hostPort: number | undefined;
    hostAddress: string | undefined;
}

export type ContainerState = "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";

export interface ContainerSummary {
    id: string;
    /** Without the leading slash. */
    names: string[];
    /** As the student typed it. */
    image: string;
    imageId: string;
    state: ContainerState;
    /** "Up 3 minutes", "Exited (1) 5 seconds ago". */
    status: string;
    ports: PortBinding[];
    labels: Record<string, string>;
    /** Seconds since 1970. */
    created: number;
}

export interface ContainerDetails {
    id: string;
    name: string;
    image: string;
    imageId: string;
    state: ContainerState;
    exitCode: number;
    oomKilled: boolean;
    /** Process id in the guest of the container's first process; 0 when it is not running. */
    pid: number;
    /** The engine's own words if it could not start the container, else "". */
    error: string;
    startedAt: string;
    finishedAt: string;
    restartCount: number;
    restartPolicy: string;
    command: string[];
    entrypoint: string[];
    env: Record<string, string>;
    workingFolder: string;
    user: string;
    ports: PortBinding[];
    mounts: { kind: string; name: string | undefined; source: string; destination: string; readOnly: boolean }[];
    networks: Record<string, { address: string; aliases: string[] }>;
    labels: Record<string, string>;
    /** Bytes, 0 for no limit. */
    memoryLimit: number;
    nanoCpus: number;
    pidsLimit: number;
    health: "none" | "starting" | "healthy" | "unhealthy";
}

export interface ImageSummary {
    id: string;
    tags: string[];
    digests: string[];
    bytes: number;
    created: number;
    labels: Record<string, string>;
}

export interface ImageDetails {
    id: string;
    tags: string[];
    digests: string[];
    bytes: number;
    architecture: string;
    entrypoint: string[];
    command: string[];
    env: Record<string, string>;
    workingFolder: string;
    user: string;
    exposedPorts: string[];
    labels: Record<string, string>;
    /** Layer digests, base first. */
    layers: string[];
}

export interface NetworkDetails {
    id: string;
    name: string;
    driver: string;
    subnets: string[];
    containers: Record<string, { name: string; address: string }>;
    labels: Record<string, string>;
}
export interface VolumeDetails {
    name: string;
    driver: string;
    mountpoint: string;
    labels: Record<string, string>;
}

export interface DockerEvent {
    /** "container", "image", "network", "volume", "builder"... */
    type: string;
    /** "create", "start", "die", "destroy", "tag", "pull"... */
    action: string;
    id: string;
    attributes: Record<string, string>;
    /** Milliseconds since 1970, guest clock. */
    time: number;
}

/**
 * Lookups by name or id return undefined if there is no such thing; every other refusal rejects with "docker.refused"
 * and the engine's own words.
 */
export interface Docker {
    ping(signal?: AbortSignal): Promise<boolean>;
    readonly containers: {
        list(options?: { all?: boolean; signal?: AbortSignal }): Promise<ContainerSummary[]>;
        inspect(nameOrId: string, signal?: AbortSignal): Promise<ContainerDetails | undefined>;
        /** The last `tail` lines (default 20), standard output and standard error together. */
        logs(nameOrId: string, options?: { tail?: number; signal?: AbortSignal }): Promise<string>;
    };
    readonly images: {
        list(signal?: AbortSignal): Promise<ImageSummary[]>;
        inspect(ref: string, signal?: AbortSignal): Promise<ImageDetails | undefined>;
        history(ref: string, signal?: AbortSignal): Promise<{ createdBy: string; bytes: number; empty: boolean }[]>;
    };
    readonly networks: {
        list(signal?: AbortSignal): Promise<NetworkDetails[]>;
        inspect(name: string, signal?: AbortSignal): Promise<NetworkDetails | undefined>;
    };
    readonly volumes: {
        list(signal?: AbortSignal): Promise<VolumeDetails[]>;
        inspect(name: string, signal?: AbortSignal): Promise<VolumeDetails | undefined>;
    };
    /** Follows the engine's event stream, and follows it again when the engine restarts. */
    events(onEvent: (event: DockerEvent) => void, onError?: (error: unknown) => void): Stop;
}
