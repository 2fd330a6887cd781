/** The images that a Dockerfile starts from, with lines from 1, except its own stages, `scratch` and names that contain arguments. */
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
