/**
 * dockerfile-ast asks Node's `Buffer` for the UTF-8 bytes of one character and nothing else. This answers it, and only in
 * the page: a worker must not look like Node to the emulator. Goes when dockerfile-ast (0.7.1) works without `Buffer`.
 */
const asked = globalThis as { Buffer?: { from(text: string): Uint8Array } };
asked.Buffer ??= { from: text => new TextEncoder().encode(text) };

export {};
