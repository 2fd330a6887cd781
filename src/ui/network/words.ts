/** The network panel's words. */
import { standInWords } from "../../base/missing-image";
import type { Transfer, TransferStep } from "../../internet/hub/transfers";
import type { Exchange } from "../../internet/traffic";
import { plural } from "../common/format";

/** Who answered, or why nobody did. The filter offers the same choices. */
export type Who = "bundle" | "stand-in" | "browser" | "online" | "refused" | "failed" | "cancelled" | "open";

export const whoOf = ({ end, answeredBy, standIn }: Exchange): Who =>
    end === "failed" || end === "cancelled" ? end : standIn ? "stand-in" : (answeredBy ?? "open");

export const whoWords: Record<Who, { short: string; long: string }> = {
    bundle: {
        short: "This page",
        long: "Answered inside the page, from the content that came with it. Nothing left the page.",
    },
    "stand-in": {
        short: "Stand-in",
        long: "Answered inside the page by another image than the one asked for. Nothing left the page.",
    },
    browser: {
        short: "This browser",
        long: "Answered inside the page, from this browser's storage, which keeps pushed images.",
    },
    online: {
        short: "Internet",
        long: "Sent to the real host. The address and the request's body left the page.",
    },
    refused: { short: "Refused", long: "The page does not have this, or does not allow it." },
    failed: { short: "Failed", long: "There was no answer, or it was cut off." },
    cancelled: { short: "Cancelled", long: "The program in the machine did not wait for the complete answer." },
    open: { short: "Waiting", long: "There is no answer yet." },
};

/** "a1b2c3d4e5f6", as Docker shows digests. */
export const shortDigest = (digest: string): string => digest.slice(digest.indexOf(":") + 1).slice(0, 12);

const referenceOf = (reference: string): string =>
    reference.includes(":") ? `@${shortDigest(reference)}` : `:${reference}`;

export const transferTitle = ({ kind, image, reference }: Transfer): string =>
    `${kind === "pull" ? "Pull" : "Push"} ${image}${reference === undefined ? "" : referenceOf(reference)}`;

/** Shown until a manifest says how many layers there are: a pull begins with it, a push ends with it. */
const unknownLayers: Record<Transfer["kind"], Record<Transfer["state"], string>> = {
    pull: { open: "Asking for the manifest", failed: "There is no such image here", complete: "No layers" },
    push: { open: "Sending layers", failed: "Refused or cut off", complete: "No layers" },
};

export function transferSummary({ kind, layers, existing, state, standIn, missing }: Transfer): string {
    if (layers === undefined) return (state === "failed" && missing?.words) || unknownLayers[kind][state];
    const what = standIn ? `${standIn.answered} in its place, ` : "";
    const count = plural(layers, "layer");
    const rest =
        existing === 0
            ? ""
            : existing === layers
              ? layers === 1
                  ? ", which already exists"
                  : ", all already exist"
              : `, ${existing} already ${existing === 1 ? "exists" : "exist"}`;
    const end = state === "failed" ? ", failed" : state === "open" ? ", in progress" : "";
    return `${what}${count}${rest}${end}`;
}

/** A request within a pull or push: what it is for, and its result. */
export function stepWords(
    step: TransferStep,
    { kind, image, layers, reference }: Transfer,
): { title: string; detail: string } {
    const digest = step.digest ? shortDigest(step.digest) : "";
    const refused = (step.exchange?.status ?? 0) >= 400;
    const whole = `${image}${reference === undefined ? "" : referenceOf(reference)}`;
    switch (step.what) {
        case "greeting":
            return {
                title: "Is this a registry?",
                detail: step.exchange?.status === 401 ? "Yes, but it needs a token" : "Yes",
            };
        case "token":
            return { title: "Token", detail: refused ? "Refused" : `To ${kind} ${image}` };
        case "tag":
            if (step.exchange?.status === 401) return { title: "Manifest", detail: "Needs a token" };
            if (step.exchange?.standIn) return { title: "Tag", detail: standInWords(step.exchange.standIn) };
            return refused
                ? { title: "Manifest", detail: `There is no ${whole} here` }
                : { title: "Tag", detail: `Which image is ${whole} now?` };
        case "index":
            return { title: "Index", detail: `Manifests for ${step.platforms?.join(", ") || "no platform"}` };
        case "manifest":
            if (kind === "push")
                return { title: "Manifest", detail: refused ? "Refused" : `${whole} now consists of these layers` };
            return {
                title: "Manifest",
                detail: layers === undefined ? "Unreadable" : `Configuration and ${plural(layers, "layer")}`,
            };
        case "config":
            return {
                title: "Configuration",
                detail: [digest, layerWords(step, kind)].filter(part => part !== "").join(" · "),
            };
        case "layer":
            return {
                title: step.number ? `Layer ${step.number} of ${layers}` : "Layer",
                detail: [digest, layerWords(step, kind)].filter(part => part !== "").join(" · "),
            };
        case "upload":
            if (uploadTold(step)?.does === "part") return { title: "Upload", detail: "The bytes of a layer" };
            return { title: "Upload", detail: digest || "Starts the upload of a layer" };
        case "other":
            return { title: "Request", detail: "" };
    }
}

const uploadTold = ({ exchange }: TransferStep) => (exchange?.act?.verb === "upload" ? exchange.act : undefined);

function layerWords(step: TransferStep, kind: Transfer["kind"]): string {
    const { layer, exchange } = step;
    switch (layer) {
        case "exists":
        case "waiting":
            return ""; // there is no request, so the answers column says it
        case "mounted":
            return `already exists, copied from ${uploadTold(step)?.from ?? "another repository"}`;
        case "missing":
            return "does it exist?";
        default:
            return exchange?.end === "open" || exchange?.status === 307
                ? kind === "pull"
                    ? "downloading"
                    : "uploading"
                : exchange?.end === "complete" && (exchange.status ?? 0) < 400
                  ? kind === "pull"
                      ? "downloaded"
                      : "uploaded"
                  : "incomplete";
    }
}

/** A short title for a request: the last part of its path, and the place it is in. */
export function exchangeTitle({ url }: Exchange): { title: string; place: string } {
    const { host, pathname, search } = new URL(url);
    const parts = pathname.split("/").filter(part => part !== "");
    const last = parts.pop();
    if (last === undefined) return { title: `${host}/${search}`, place: "" };
    return {
        title: `${readable(last)}${pathname.endsWith("/") ? "/" : ""}${search}`,
        place: `${host}/${parts.map(part => `${readable(part)}/`).join("")}`,
    };
}

function readable(part: string): string {
    try {
        return decodeURIComponent(part);
    } catch {
        return part; // not valid percent-encoding: show it as the guest wrote it
    }
}
