import type { InferOutput } from "valibot";
import { toEnvironment } from "./containers";
import type { ImageDetails, ImageSummary, NetworkDetails, VolumeDetails } from "./docker";
import type { image, imageList, network, volume } from "./replies";

export function toImageSummary(raw: InferOutput<typeof imageList>[number]): ImageSummary {
    return {
        id: raw.Id,
        tags: named(raw.RepoTags),
        digests: named(raw.RepoDigests),
        bytes: raw.Size,
        created: raw.Created,
        labels: raw.Labels,
    };
}

export function toImageDetails(raw: InferOutput<typeof image>): ImageDetails {
    const config = raw.Config;
    return {
        id: raw.Id,
        tags: named(raw.RepoTags),
        digests: named(raw.RepoDigests),
        bytes: raw.Size,
        architecture: raw.Architecture,
        entrypoint: config.Entrypoint ?? [],
        command: config.Cmd ?? [],
        env: toEnvironment(config.Env ?? []),
        workingFolder: config.WorkingDir ?? "",
        user: config.User ?? "",
        exposedPorts: Object.keys(config.ExposedPorts ?? {}),
        labels: config.Labels ?? {},
        layers: raw.RootFS.Layers ?? [],
    };
}

export function toNetwork(raw: InferOutput<typeof network>): NetworkDetails {
    return {
        id: raw.Id,
        name: raw.Name,
        driver: raw.Driver,
        subnets: (raw.IPAM.Config ?? []).map(range => range.Subnet).filter(subnet => subnet !== ""),
        containers: Object.fromEntries(
            Object.entries(raw.Containers).map(([id, end]) => [
                id,
                { name: end.Name, address: end.IPv4Address.replace(/\/\d+$/, "") },
            ]),
        ),
        labels: raw.Labels,
    };
}

export function toVolume(raw: InferOutput<typeof volume>): VolumeDetails {
    return { name: raw.Name, driver: raw.Driver, mountpoint: raw.Mountpoint, labels: raw.Labels };
}

/** Older stores list an image that lost its tag as "<none>:<none>". */
const named = (refs: readonly string[]) => refs.filter(ref => !ref.startsWith("<none>"));
