/** Messages between the page and the passage: the worker whose policy lets it ask hosts outside. */
import type { Bytes } from "../../base/bytes";

export type ToPassage =
    | {
          kind: "ask";
          id: number;
          url: string;
          method: string;
          headers: readonly (readonly [string, string])[];
          body: Bytes | undefined;
      }
    /** Room for one more chunk of the answer's body. */
    | { kind: "more"; id: number }
    | { kind: "cancel"; id: number };

export type FromPassage =
    | { kind: "answer"; id: number; url: string; status: number; headers: readonly (readonly [string, string])[] }
    | { kind: "chunk"; id: number; chunk: Bytes }
    | { kind: "end"; id: number }
    | { kind: "failed"; id: number; message: string };
