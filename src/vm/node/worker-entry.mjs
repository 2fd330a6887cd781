// The machine's thread under Node. Its entry is plain JavaScript because a new thread has no TypeScript loader yet.
import { register } from "tsx/esm/api";

register();
await import("./worker.ts");
