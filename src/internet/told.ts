/**
 * What the code that answers a request of the guest reports while it does so. The code that did something says so;
 * nobody guesses it later from an address or a header.
 */

import type { MissingImage, StandIn } from "../base/missing-image";

/**
 * Where the answer came from. `bundle`: what came with the page. `browser`: what students pushed, in this browser's
 * storage.
 */
export type Answerer = "bundle" | "browser";

/** A part of an image, as its manifest names it. */
export interface ToldPart {
    digest: string;
    /** Bytes. */
    size: number;
}

export type ToldManifest =
    | { kind: "image"; config: ToldPart; layers: readonly ToldPart[] }
    /** `platforms`: "linux/386" and the like. */
    | { kind: "index"; platforms: readonly string[] };

/** One thing that a registry was asked for. `repository` includes its owner: "library/nginx". */
export type RegistryAct =
    | { verb: "greeting" }
    /** `repository` undefined: a login. `pushes`: the token is for pushing there. */
    | { verb: "token"; repository: string | undefined; pushes: boolean }
    | {
          verb: "manifest";
          repository: string;
          /** Tag or digest. */
          reference: string;
          does: "look" | "get" | "put" | "delete";
          /** What was transferred; undefined until it has been read, and if it cannot be. */
          manifest: ToldManifest | undefined;
      }
    | { verb: "blob"; repository: string; digest: string; does: "look" | "get" | "delete" }
    | {
          verb: "upload";
          repository: string;
          /** `part`: bytes. `finish`: the last bytes, and the digest. `mount`: a blob that another repository has. */
          does: "start" | "part" | "finish" | "mount" | "other";
          /** Names the upload; undefined before it has a name, and where none is needed. */
          upload: string | undefined;
          digest: string | undefined;
          /** The repository that a blob was mounted from; undefined if the client named none. */
          from: string | undefined;
      }
    | { verb: "other"; repository: string };

export type Told =
    | { kind: "answerer"; by: Answerer }
    /** Nobody here has an image of that name and tag. */
    | { kind: "missing-image"; image: MissingImage }
    /** Another image answered in the place of the one asked for. */
    | { kind: "stand-in"; standIn: StandIn }
    /** Reported once or more; the last one counts. */
    | { kind: "registry"; act: RegistryAct }
    /** Nothing in the page answers for that host. */
    | { kind: "unknown-host" }
    /**
     * A host outside the page was asked; `address` is where redirects led. `problem`: why its answer cannot be used.
     */
    | { kind: "outside"; address: string; problem: string | undefined };

export type Tell = (told: Told) => void;

/** For callers that want no reports. */
export const untold: Tell = () => undefined;
