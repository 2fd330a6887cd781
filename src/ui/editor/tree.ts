/** What the tree needs to know about an entry. */
export interface TreeEntry {
    path: string;
    kind: "file" | "folder";
}

export interface TreeRow {
    path: string;
    name: string;
    kind: "file" | "folder";
    depth: number;
}

const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** The workspace as the rows of a tree: folders first, sorted by name, without the content of closed folders. */
export function treeRows(entries: readonly TreeEntry[], closed: ReadonlySet<string>): TreeRow[] {
    const children = new Map<string, TreeEntry[]>();
    const known = new Set<string>();
    const add = (entry: TreeEntry) => {
        if (known.has(entry.path)) return;
        known.add(entry.path);
        const parent = parentOf(entry.path);
        if (parent !== "") add({ path: parent, kind: "folder" });
        children.set(parent, [...(children.get(parent) ?? []), entry]);
    };
    for (const entry of entries) add(entry);
    const rows: TreeRow[] = [];
    const visit = (folder: string, depth: number) => {
        const inside = children.get(folder) ?? [];
        inside.sort(
            (one, other) =>
                Number(other.kind === "folder") - Number(one.kind === "folder") || order.compare(one.path, other.path),
        );
        for (const { path, kind } of inside) {
            rows.push({ path, name: path.slice(path.lastIndexOf("/") + 1), kind, depth });
            if (kind === "folder" && !closed.has(path)) visit(path, depth + 1);
        }
    };
    visit("", 0);
    return rows;
}

/** "" for entries at the top. */
export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));
