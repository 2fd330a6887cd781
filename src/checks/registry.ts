/** Every check kind, registered once. The parser, the linter, the runner and the reference page read this list. */
import { answer } from "./answer";
import type { CheckKind } from "./check";
import { command } from "./command";
import { container } from "./container";
import { event } from "./event";
import { exec } from "./exec";
import { file } from "./file";
import { http } from "./http";
import { image } from "./image";
import { network } from "./network";
import { volume } from "./volume";

const all: readonly CheckKind[] = [container, image, network, volume, http, file, exec, event, command, answer];

/** By name, in the order of the reference page. */
export const checkKinds: ReadonlyMap<string, CheckKind> = new Map(all.map(kind => [kind.name, kind]));
