/**
 * APIs that browsers offer only in secure contexts are used in one place; to add one elsewhere, add a fallback first.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { secureContext } from "../../src/base/secure-context";
import { sha256 } from "../../src/vm/image/digest";

const source = resolve(import.meta.dirname, "../../src");

/**
 * As they are written in code: members of `window` and `navigator` marked [SecureContext] that a page like this could
 * use.
 */
const guarded =
    /\bisSecureContext\b|\bcrypto\??\.(?:subtle|randomUUID)\b|\bcaches\.|\bcookieStore\b|\bSharedArrayBuffer\b|\bshow(?:OpenFile|SaveFile|Directory)Picker\b|\bnew (?:Notification|PaymentRequest|AudioWorkletNode|WebTransport)\b|\bClipboardItem\b|\bnavigator\??\.(?:clipboard|locks|storage|serviceWorker|wakeLock|credentials|gpu|keyboard|usb|serial|hid|bluetooth|geolocation|mediaDevices|share|canShare|deviceMemory|userAgentData|storageBuckets|setAppBadge)\b/;

/** The preview's service worker: the bridge checks for it, and opens the single-page preview where there is none. */
const ownMatter = /^preview\//;

/** Programs under Node, not pages. */
const underNode = /^(?:cli|host|server|image-builder|authoring|vm\/node)\//;

/** Code without its comments, which may name the APIs they explain. */
const codeOf = (file: string) => readFileSync(file, "utf8").replace(/\/\*[^]*?\*\/|(?<=^|\s)\/\/.*$/gm, "");

describe("secure contexts", () => {
    test("only base/secure-context.ts uses what they alone offer", () => {
        const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter(
            file => /\.(?:ts|svelte|mjs)$/.test(file) && !ownMatter.test(file) && !underNode.test(file),
        );
        expect(files.length).toBeGreaterThan(100);
        const asking = files.filter(file => guarded.test(codeOf(join(source, file))));
        expect(asking.map(file => relative(source, join(source, file)))).toEqual([join("base", "secure-context.ts")]);
    });
});

describe("without one", () => {
    afterEach(() => vi.unstubAllGlobals());

    test("nothing is offered, and asking does not throw", () => {
        vi.stubGlobal("navigator", {});
        vi.stubGlobal("crypto", {});
        expect([
            secureContext.clipboard,
            secureContext.locks,
            secureContext.privateFiles,
            secureContext.storageEstimate,
            secureContext.subtle,
        ]).toEqual([undefined, undefined, undefined, undefined, undefined]);
    });

    test("SHA-256 comes from JavaScript, the same", async () => {
        const bytes = new TextEncoder().encode("drydock");
        const byBrowser = await sha256(bytes);
        vi.stubGlobal("crypto", {});
        expect(await sha256(bytes)).toEqual(byBrowser);
    });
});
