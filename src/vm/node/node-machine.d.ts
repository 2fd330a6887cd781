import type { Machine, MachineOptions } from "../machine";
/** A machine in a thread of its own. The image's base is a `file:` or http(s) address. */
export declare function createNodeMachine(options: MachineOptions): Machine;
