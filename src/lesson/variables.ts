/** Values that differ from student to student: `{{name}}` in a lesson's files. A seed chooses them, so a student always gets the same ones. */

export type Variables = ReadonlyMap<string, string>;

export function chooseVariables(
    vars: Readonly<Record<string, { choose: readonly (string | number)[] }>>,
    seed: string,
): Variables {
    return new Map(
        Object.entries(vars).map(([name, { choose }]) => [
            name,
            String(choose[hash(`${seed}\0${name}`) % choose.length]),
        ]),
    );
}

/** Replaces `{{name}}` for existing variables only: `{{.Names}}` belongs to Docker. */
export function substitute(text: string, variables: Variables): string {
    return variables.size === 0
        ? text
        : text.replace(/\{\{([a-z0-9-]+)\}\}/g, (whole, name: string) => variables.get(name) ?? whole);
}

/** FNV-1a, 32 bits: spreads the seeds. Not for secrets. */
function hash(text: string): number {
    let value = 0x811c9dc5;
    for (let index = 0; index < text.length; index++)
        value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
    return value;
}
