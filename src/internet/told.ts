/**
 * What those who answer a request of the guest tell of it while they do. The code that did something says so; nobody reads it out of
 * an address or a header afterwards.
 */

/** Whose answer it is. `bundle`: what came with the page. `browser`: what students pushed, in this browser's storage. */
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

/** One thing that a registry was asked for. `repository` with its owner: "library/nginx". */
export type RegistryAct =
    | { verb: "greeting" }
    /** `repository` undefined: a login. `pushes`: it was asked for to push there. */
    | { verb: "token"; repository: string | undefined; pushes: boolean }
    | {
          verb: "manifest";
          repository: string;
          /** Tag or digest. */
          reference: string;
          does: "look" | "get" | "put" | "delete";
          /** What was given or taken; undefined until it has been read, and where it cannot be. */
          manifest: ToldManifest | undefined;
      }
    | { verb: "blob"; repository: string; digest: string; does: "look" | "get" | "delete" }
    | {
          verb: "upload";
          repository: string;
          /** `part`: bytes. `finish`: the last ones, and the digest. `mount`: a blob that another repository has. */
          does: "start" | "part" | "finish" | "mount" | "other";
          /** Names the upload; undefined before it has a name, and where none is needed. */
          upload: string | undefined;
          digest: string | undefined;
          /** Repository that a blob was taken over from; undefined where the client named none. */
          from: string | undefined;
      }
    | { verb: "other"; repository: string };

export type Told =
    | { kind: "answerer"; by: Answerer }
    /** Told once or more; the last one holds. */
    | { kind: "registry"; act: RegistryAct }
    /** Nobody in the page has that host. */
    | { kind: "unknown-host" }
    /** A host outside the page was asked, where redirects led. `problem`: why its answer cannot be used. */
    | { kind: "outside"; address: string; problem: string | undefined };

export type Tell = (told: Told) => void;

/** For those who ask and want to hear nothing. */
export const untold: Tell = () => undefined;
