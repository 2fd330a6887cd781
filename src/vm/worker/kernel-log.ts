/** Serial 0 as lines. A guest may print for ever without a newline, so the length of a line is limited. */
const LINE_LIMIT = 2000;

export class KernelLog {
    #line = "";

    constructor(private readonly onLine: (line: string) => void) {}

    readonly add = (byte: number): void => {
        if (byte === 0x0a || this.#line.length >= LINE_LIMIT) {
            const line = this.#line;
            this.#line = "";
            this.onLine(line);
        }
        if (byte !== 0x0a && byte !== 0x0d) this.#line += String.fromCharCode(byte);
    };
}
