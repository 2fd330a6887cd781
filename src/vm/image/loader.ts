/** Fetches whole files of an image, checks their size and hash, and reports progress. */
import { within } from "../../base/abort";
import { toHex, type Bytes } from "../../base/bytes";
import { DrydockError, isAbort } from "../../base/errors";
import { sha256 } from "./digest";
import { damaged, unreachable, wrongFormat } from "../errors";
import type { ImageFile, ImageManifest } from "./image";
import { parseManifest } from "./manifest";

/**
 * `fetch`, narrowed to what this layer uses. Under Node it also reads `file:` addresses. With `integrity`, it rejects
 * content with a different hash before handing any of it over.
 */
export type FetchFile = (
    url: string,
    options?: { cache?: RequestCache; priority?: RequestPriority; signal?: AbortSignal; integrity?: string },
) => Promise<Response>;

/** A server that has been silent for this many milliseconds is gone. */
const SILENCE_LIMIT = 30_000;

export class ImageLoader {
    /** Bytes fetched so far, whole image files only. */
    fetchedBytes = 0;

    constructor(
        readonly base: string,
        readonly fetchFile: FetchFile,
        /** Milliseconds. */
        readonly silenceLimit = SILENCE_LIMIT,
    ) {}

    /** Absolute address of a file of the image. */
    urlOf(file: ImageFile): string {
        return new URL(file.path, this.base).href;
    }

    async manifest(): Promise<ImageManifest> {
        const url = new URL("image.json", this.base).href;
        // the one file that is not named after its content: never take it from the cache without asking
        const response = await this.#request(url, "image.json", "no-cache");
        const text = await within(response.text(), this.silenceLimit, url).catch(thrown => {
            throw unreachable("image.json", thrown);
        });
        this.fetchedBytes += text.length;
        if (text.trimStart().startsWith("<")) throw wrongFormat("image.json is a web page");
        return parseManifest(text);
    }

    /**
     * The whole file. A file that does not match is fetched once more, bypassing the browser's cache; then this rejects
     * with "image.damaged". Rejects with "image.unreachable" if the file cannot be fetched. `onProgress`: bytes of this
     * file so far.
     */
    async file(file: ImageFile, onProgress: (loaded: number) => void = () => undefined): Promise<Bytes> {
        try {
            return await this.#attempt(file, "default", onProgress);
        } catch (thrown) {
            if (isAbort(thrown)) throw thrown;
            onProgress(0);
            return await this.#attempt(file, "reload", onProgress);
        }
    }

    async #attempt(file: ImageFile, cache: RequestCache, onProgress: (loaded: number) => void): Promise<Bytes> {
        const response = await this.#request(this.urlOf(file), file.path, cache);
        const bytes = await this.#read(response, file, onProgress);
        if (toHex(await sha256(bytes)) !== file.sha256)
            throw damaged(file.path, new Error("its sha256 differs from the manifest's"));
        return bytes;
    }

    async #request(url: string, what: string, cache: RequestCache): Promise<Response> {
        let response: Response;
        try {
            response = await within(this.fetchFile(url, { cache }), this.silenceLimit, url);
        } catch (thrown) {
            throw unreachable(what, thrown);
        }
        if (!response.ok || !response.body) throw unreachable(what, new Error(`status ${response.status}`));
        return response;
    }

    async #read(response: Response, file: ImageFile, onProgress: (loaded: number) => void): Promise<Bytes> {
        const bytes = new Uint8Array(file.bytes);
        const reader = response.body!.getReader();
        let size = 0;
        try {
            for (;;) {
                const { done, value } = await within(reader.read(), this.silenceLimit, file.path);
                if (done) break;
                if (size + value.byteLength > bytes.byteLength)
                    throw damaged(file.path, new Error(`more than ${file.bytes} bytes`));
                bytes.set(value, size);
                size += value.byteLength;
                this.fetchedBytes += value.byteLength;
                onProgress(size);
            }
        } catch (thrown) {
            reader.cancel().catch(() => undefined); // the body has already failed, or is useless
            if (thrown instanceof DrydockError && thrown.code === "image.damaged") throw thrown;
            throw unreachable(file.path, thrown);
        }
        if (size !== file.bytes) throw damaged(file.path, new Error(`${size} bytes, not ${file.bytes}`));
        return bytes;
    }
}
