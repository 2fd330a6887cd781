/** What the parser needs to know about check kinds. The registry in src/checks implements it; this layer does not import that. */
import type { GenericSchema } from "valibot";

export interface ExpectationKind {
    schema: GenericSchema;
    /** Failure codes: the keys that `why` may have. */
    failures: Readonly<Record<string, string>>;
    /**
     * What the linter has to say beyond the schema; `path` is below the check's fields. `written`: the fields as the
     * author wrote them; `spec`: as the schema returned them.
     */
    remarks?(written: unknown, spec: unknown): readonly Remark[];
}

export interface Remark {
    path: readonly (string | number)[];
    code: string;
    message: string;
    advice: string;
    /** For information only: nothing is wrong. */ note?: true;
}

export interface ExpectationParser {
    get(kind: string): ExpectationKind | undefined;
    keys(): Iterable<string>;
}
