/** What the tabs of one lesson say to each other. A tab hears every message but its own. */
import * as v from "valibot";
import type { Stop } from "../../base/lifetime";

const tab = v.string();

const messageSchema = v.variant("kind", [
    /** Does another tab hold the lesson? */
    v.object({ kind: v.literal("ask"), from: tab }),
    /** Yes, the sender does. */
    v.object({ kind: v.literal("here"), to: tab }),
    /** `from` wants it. */
    v.object({ kind: v.literal("give"), from: tab }),
    /** The tab that holds it saves its work first. */
    v.object({ kind: v.literal("saving"), to: tab }),
    /** The holder could not save everything, and keeps the lesson until the student has decided. */
    v.object({ kind: v.literal("refused"), to: tab, reason: v.string() }),
    v.object({ kind: v.literal("given"), to: tab }),
    /** `from` took it by force. */
    v.object({ kind: v.literal("taken"), from: tab }),
]);

export type Message = v.InferOutput<typeof messageSchema>;

export interface Channel {
    post(message: Message): void;
    listen(listener: (message: Message) => void): Stop;
    readonly close: Stop;
}

export function openChannel(lesson: string): Channel {
    const channel = new BroadcastChannel(`drydock-lesson:${lesson}`);
    return {
        post: message => channel.postMessage(message),
        listen(listener) {
            const hear = ({ data }: MessageEvent<unknown>) => {
                const parsed = v.safeParse(messageSchema, data);
                if (parsed.success) listener(parsed.output); // a tab of another version may send unknown messages
            };
            channel.addEventListener("message", hear);
            return () => channel.removeEventListener("message", hear);
        },
        close: () => channel.close(),
    };
}

/**
 * Whether the tab that holds the lesson keeps it. It says so at once, even in the background, or hands the lesson over
 * if it is showing another one; a frozen or dead tab says nothing.
 */
export function holderKeeps(channel: Channel, tab: string, milliseconds: number): Promise<boolean> {
    return new Promise(resolve => {
        const settle = (answered: boolean) => {
            stop();
            clearTimeout(timer);
            resolve(answered);
        };
        const stop = channel.listen(message => {
            if (message.kind === "here" && message.to === tab) settle(true);
            else if (message.kind === "given" && message.to === tab) settle(false);
        });
        const timer = setTimeout(() => settle(false), milliseconds);
        channel.post({ kind: "ask", from: tab });
    });
}
