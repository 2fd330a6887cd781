// The machine's thread under Node. It starts as plain JavaScript because a thread has no TypeScript loader yet.
import { register } from "tsx/esm/api";

register();
await import("./worker.ts");
