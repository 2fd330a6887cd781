/** Field types that several kinds share, with the descriptions that the reference page prints. */
import * as v from "valibot";

export const text = (description: string) =>
    v.pipe(v.string(), v.nonEmpty("must not be empty"), v.description(description));

export const flag = (description: string) => v.pipe(v.boolean(), v.description(description));

export const count = (description: string) =>
    v.pipe(
        v.number(),
        v.integer("must be a whole number"),
        v.minValue(0, "must not be negative"),
        v.description(description),
    );

export const port = (description: string) =>
    v.pipe(
        v.number(),
        v.integer("must be a whole number"),
        v.minValue(1, "must be 1 or more"),
        v.maxValue(65_535, "must be 65535 or less"),
        v.description(description),
    );

/** Characters. */
const LONGEST_PATTERN = 1_000;

/**
 * Marks a regular expression for the linter: only the linter tries whether the expression can be used (remarks.ts). The
 * page loads no engine for expressions until the first is needed.
 */
const patternText = v.pipe(
    v.string(),
    v.maxLength(LONGEST_PATTERN, `must have at most ${LONGEST_PATTERN} characters`),
    v.metadata({ pattern: true }),
);

export const isPattern = (schema: v.GenericSchema): boolean => v.getMetadata(schema).pattern === true;

/** A regular expression in RE2's syntax (patterns.ts). */
export const pattern = (description: string) => v.pipe(patternText, v.description(description));

export const patterns = (description: string) =>
    v.pipe(
        v.record(v.string(), v.pipe(patternText, v.description("A regular expression."))),
        v.description(description),
    );

/** YAML reads 5000 as a number, even where a word of a command line is meant. */
const word = v.pipe(
    v.union([v.string(), v.number()]),
    v.transform(value => String(value)),
);

export const words = (description: string) => v.pipe(v.array(word), v.description(description));

/** One text or a list of them. */
export const texts = (description: string) =>
    v.pipe(
        v.union([v.string(), v.array(v.string())]),
        v.transform(value => [value].flat()),
        v.description(description),
    );

export const pairs = (description: string) => v.pipe(v.record(v.string(), word), v.description(description));

/** { 8000: 5000 }: port of the machine -> port in the container, in the order of `-p`. */
export const publishes = (description: string) =>
    v.pipe(
        v.record(
            v.pipe(v.string(), v.regex(/^\d{1,5}$/, "must be a port of the machine")),
            port("Port in the container."),
        ),
        v.description(description),
    );
