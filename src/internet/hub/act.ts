import type { RegistryAct, Tell } from "../told";

export const tellAct = (tell: Tell, act: RegistryAct): void => tell({ kind: "registry", act });
