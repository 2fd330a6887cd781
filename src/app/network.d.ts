import type { Internet } from "../internet/internet";
import type { Network } from "../ui/sandbox";
/** Off at each visit: nobody goes online because somebody else did yesterday. */
export declare function createNetwork(internet: Internet): Network & {
    internet: Internet;
};
