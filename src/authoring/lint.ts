/** The linter: reports what the parser finds, and images that lessons require but the bundle lacks. */
import type { ExpectationParser } from "../lesson/kinds";
import { closest } from "../base/closest";
import type { FileContent } from "../lesson/file-tree";
import { canonicalImage, parseImage } from "../base/image-reference";
import { adviceOn, spelled, type Shelf } from "../internet/hub/image-families";
import type { Course, Problem } from "../lesson/lesson";
import { parseCourse } from "../lesson/parse";

/** A container image that lessons can count on. */
export interface BundledImage {
    ref: string;
    /** As Docker spells it: "386", "amd64". */ architecture: string;
}

export interface LintResult {
    course: Course;
    problems: Problem[];
}

export function lintCourse(
    files: ReadonlyMap<string, FileContent>,
    kinds: ExpectationParser,
    bundled: readonly BundledImage[],
): LintResult {
    const { course, problems, images } = parseCourse(files, kinds, { seed: "lint" });
    const shelf = shelfOf(bundled);
    for (const { ref, standIns, file, line } of images) {
        const found = bundled.filter(image => canonicalImage(image.ref) === canonicalImage(ref));
        const problem = (code: string, message: string, advice: string) =>
            problems.push({ file, line, code, message, advice });
        const standIn = found.length === 0 ? standInFor(ref, shelf) : undefined;
        if (found.length === 0) {
            if (standIns && standIn !== undefined) continue;
            const near = closest(
                ref,
                bundled.map(image => image.ref),
            );
            problem(
                "lesson.image-not-bundled",
                `The image ${ref} is not in the bundle.`,
                `${near === undefined ? "" : `Did you mean "${near}"? `}${standIn === undefined ? "" : `With "standIns: true" below requires, ${standIn} answers for it. `}Use one of: ${bundled.map(image => image.ref).join(", ")}; or add it with \`npm run drydock -- bundle add image ${ref}\`.`,
            );
        } else if (!found.some(image => image.architecture === "386")) {
            problem(
                "lesson.image-not-386",
                `The image ${ref} was built for ${found.map(image => image.architecture).join(", ")}, but the guest runs only linux/386.`,
                "Use an image built for linux/386.",
            );
        }
    }
    problems.sort((one, other) => (one.file < other.file ? -1 : one.file > other.file ? 1 : one.line - other.line));
    return { course, problems };
}

/** Of Docker Hub's images. */
function shelfOf(bundled: readonly BundledImage[]): Shelf {
    const shelf = new Map<string, string[]>();
    for (const { ref } of bundled) {
        const { registry, repository, tag } = parseImage(ref);
        if (registry === "docker.io" && tag !== undefined)
            shelf.set(repository, [...(shelf.get(repository) ?? []), tag]);
    }
    return shelf;
}

function standInFor(ref: string, shelf: Shelf): string | undefined {
    const { registry, repository, tag } = parseImage(ref);
    if (registry !== "docker.io" || tag === undefined) return undefined;
    const { standIn } = adviceOn(repository, tag, shelf);
    return standIn && spelled(standIn);
}

/** For people to read, and for editors to find the place: file:line comes first. */
export function formatProblems(problems: readonly Problem[]): string {
    return problems
        .map(
            ({ file, line, code, message, advice, note }) =>
                `${file}:${line}: ${note ? "note: " : ""}${message} [${code}]\n    ${advice}`,
        )
        .join("\n");
}

/** Throws a RangeError with a sentence when the text is not a list of images. */
export function parseImageList(text: string): BundledImage[] {
    if (!text.trimStart().startsWith("[")) {
        return text
            .split(/[\s,]+/)
            .filter(word => word !== "")
            .map(word => {
                const [ref = "", architecture = "386"] = word.split("=");
                return { ref, architecture };
            });
    }
    const list: unknown = JSON.parse(text);
    return (list as unknown[]).map((entry, index) => {
        if (typeof entry === "string") return { ref: entry, architecture: "386" };
        const { ref, architecture } = (entry ?? {}) as Partial<BundledImage>;
        if (typeof ref !== "string" || typeof architecture !== "string")
            throw new RangeError(`entry ${index + 1} is not {"ref", "architecture"}`);
        return { ref, architecture };
    });
}
