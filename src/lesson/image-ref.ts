/** Container image names as they are compared: "busybox" is "docker.io/library/busybox:latest". */
export function canonicalImage(ref: string): string {
    const digestAt = ref.indexOf("@");
    const named = digestAt < 0 ? ref : ref.slice(0, digestAt);
    const parts = named.split("/");
    const hasHost = parts.length > 1 && /[.:]|^localhost$/.test(parts[0]!);
    const path = hasHost ? named : `docker.io/${parts.length === 1 ? "library/" : ""}${named}`;
    const tagged = path.slice(path.lastIndexOf("/")).includes(":") ? path : `${path}:latest`;
    return digestAt < 0 ? tagged : tagged + ref.slice(digestAt);
}

/** The images that a Dockerfile starts from, with lines from 1. Its own stages, `scratch` and names made of arguments are left out. */
export function baseImages(dockerfile: string): { ref: string; line: number }[] {
    const stages = new Set(["scratch"]);
    const found: { ref: string; line: number }[] = [];
    dockerfile.split(/\r?\n/).forEach((text, index) => {
        const [, ref, stage] = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(text) ?? [];
        if (ref === undefined) return;
        if (!stages.has(ref.toLowerCase()) && !ref.includes("$")) found.push({ ref, line: index + 1 });
        if (stage !== undefined) stages.add(stage.toLowerCase());
    });
    return found;
}
