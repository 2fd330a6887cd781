/** What the parser must know of check kinds. The registry in src/checks satisfies it; this layer does not import it. */
import type { GenericSchema } from "valibot";

export interface ExpectationKind {
    schema: GenericSchema;
    /** Failure codes; the keys that `why` may have. */
    failures: Readonly<Record<string, string>>;
}

export interface ExpectationParser {
    get(kind: string): ExpectationKind | undefined;
    keys(): Iterable<string>;
}
