import { secureContext } from "../../base/secure-context";
import type { ClaimStore } from "../stores";
import { LessonClaim } from "./lesson-claim";
import { openChannel } from "./messages";
import { RecordedLock } from "./recorded-lock";
import { WebLock } from "./web-lock";

/** `tab`: a name that no other page in this browser has. */
export function openClaim(lesson: string, tab: string, claims: ClaimStore): LessonClaim {
    const { locks } = secureContext;
    const channel = openChannel(lesson);
    const parts = { lesson, tab, channel, claims };
    return new LessonClaim({ tab, channel, lock: locks ? new WebLock({ ...parts, locks }) : new RecordedLock(parts) });
}
