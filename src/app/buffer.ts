/**
 * dockerfile-ast uses Node's `Buffer` only to get the UTF-8 bytes of one character. This provides exactly that, and
 * only in the page: a worker must not look like Node to the emulator. Remove it when dockerfile-ast (0.7.1) works
 * without `Buffer`.
 */
const asked = globalThis as { Buffer?: { from(text: string): Uint8Array } };
asked.Buffer ??= { from: text => new TextEncoder().encode(text) };

export {};
