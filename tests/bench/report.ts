/** The benchmark's tables. */
import type { Bar } from "./bars";
import { median, type Measurement } from "./measure";

const number = (value: number | undefined, digits = 2) => (value === undefined ? "-" : value.toFixed(digits));

/**
 * One row for each command, one pair of columns (first, median of the rest) for each runner, then the ratio to QEMU.
 */
export function comparison(columns: Record<string, Measurement[]>): string {
    const names = Object.keys(columns);
    const ids = [...new Set(names.flatMap(name => columns[name]!.map(measurement => measurement.id)))];
    const head = [
        "command",
        ...names.flatMap(name => [`${name} first`, `${name} warm`]),
        ...names.filter(name => name !== "qemu" && "qemu" in columns).map(name => `${name}/qemu`),
        "M instr. warm",
    ];
    const rows = ids.map(id => {
        const of = (name: string) => columns[name]?.find(measurement => measurement.id === id);
        const warm = (name: string) => {
            const seconds = of(name)?.seconds;
            return seconds && median(seconds.length > 1 ? seconds.slice(1) : seconds);
        };
        const instructions = of("node")?.instructions ?? of("chromium")?.instructions;
        const title = names.map(of).find(measurement => measurement)!.title;
        return [
            title,
            ...names.flatMap(name => [number(of(name)?.seconds[0]), number(warm(name))]),
            ...names
                .filter(name => name !== "qemu" && "qemu" in columns)
                .map(name => {
                    const [ours, theirs] = [warm(name), warm("qemu")];
                    return ours && theirs ? `${(ours / theirs).toFixed(2)}x` : "-";
                }),
            number(instructions && median(instructions.length > 1 ? instructions.slice(1) : instructions), 0),
        ];
    });
    return table([head, ...rows]);
}

export function bars(list: Bar[]): string {
    return table([
        ["bar", "measured", "limit", ""],
        ...list.map(bar => [
            bar.name,
            `${number(bar.value)} ${bar.unit}`,
            `${bar.limit} ${bar.unit}`,
            bar.value <= bar.limit ? "ok" : "OVER",
        ]),
    ]);
}

function table(rows: string[][]): string {
    const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)));
    return rows
        .map(row =>
            row
                .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
                .join("  "),
        )
        .join("\n");
}
