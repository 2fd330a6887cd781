import { createHash } from "node:crypto";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ImageFile, ImageManifest } from "../../vm/image/image";
import { mergeHub } from "../bundle/images";
import { root } from "../../host/project";
import { fillPool, LayeredDisk, placeChunks, planChunks, shareFolder } from "../formats/chunks";
import { addFile, addFiles } from "../formats/manifest-files";
import type { Reads } from "./measure-reads";
import { run } from "../workshop/program";
import { defineStage, type Stage } from "../workshop/stage";
import { addCommonParts, addTable, CHUNK_BYTES, MEMORY, type ImageParts } from "./image-parts";
import type { Inputs } from "./inputs";
import { readSnapshot } from "./snapshot";

/**
 * The zstd level for what is shipped. Level 19 makes it an eighth smaller but takes four times as long, minutes of a
 * build.
 */
const SHIPPED = 12;

/** Compresses the disk's chunks while the snapshot is being made: nearly all of them will not change. */
export function chunksStage({ workshop }: Inputs, disk: Stage): Stage {
    return defineStage(workshop, {
        name: "chunks",
        version: 1,
        inputs: [String(CHUNK_BYTES), String(SHIPPED)],
        needs: [disk],
        async run(context) {
            const file = await LayeredDisk.open(join(disk.folder, "disk.img"), CHUNK_BYTES);
            try {
                await fillPool(file, await planChunks(file, context.signal), SHIPPED, context);
            } finally {
                await file.close();
            }
        },
    });
}

/** The image's folder as the machine reads it. Output: image.json and everything that it names. */
export function imageStage(
    { workshop }: Inputs,
    needs: {
        parts: ImageParts;
        snapshot: Stage;
        chunks: Stage;
        wheels: Stage;
        debs: Stage;
        npmPackages: Stage;
        containers: Stage;
        bundleImages: Stage | undefined;
    },
): Stage {
    const { parts, snapshot, chunks, wheels, debs, npmPackages, containers, bundleImages } = needs;
    const stage = defineStage(workshop, {
        name: "image",
        version: 6,
        inputs: [String(CHUNK_BYTES), String(MEMORY)],
        needs: [
            ...Object.values(parts),
            snapshot,
            chunks,
            wheels,
            debs,
            npmPackages,
            containers,
            ...(bundleImages ? [bundleImages] : []),
        ],
        async run(context) {
            const { out } = context;
            const { files, raw, code, blocks } = await readSnapshot(snapshot);
            const disk = await LayeredDisk.open(join(parts.disk.folder, "disk.img"), CHUNK_BYTES, blocks);
            context.progress("reading the disk");
            const plan = await planChunks(disk, context.signal);
            await fillPool(disk, plan, SHIPPED, context);
            await placeChunks(plan, SHIPPED, out);
            await mkdir(join(out, "internet"));
            const addIndex = async (stage: Stage, name: string) => {
                await cp(join(stage.folder, name), join(out, "internet", name), { recursive: true });
                return fileInPlace(out, `internet/${name}/index.json`);
            };
            await shareFolder(join(containers.folder, "hub"), join(out, "internet/hub"));
            if (bundleImages) await mergeHub(join(out, "internet/hub"), join(bundleImages.folder, "hub"));
            const manifest: ImageManifest = {
                ...(await addCommonParts(out, parts)),
                id: stage.key,
                disk: await addTable(out, plan.table, disk.bytes, []),
                snapshot: {
                    file: await addFile(out, files.state),
                    raw,
                    memory: MEMORY,
                    code: { ...code, modules: await addFiles(out, files.code) },
                },
                internet: {
                    python: await addIndex(wheels, "python"),
                    debian: await addIndex(debs, "debian"),
                    node: await addIndex(npmPackages, "node"),
                    hub: await fileInPlace(out, "internet/hub/catalogue.json"),
                },
            };
            await disk.close();
            const write = () => writeFile(join(out, "image.json"), `${JSON.stringify(manifest, undefined, 1)}\n`);
            await write();
            context.progress("running the common commands");
            const measure = [
                "--import",
                "tsx",
                join(root, "src/image-builder/stages/measure-reads-main.ts"),
                out,
                manifest.disk.table.path,
            ];
            const reads = JSON.parse(
                await run(process.execPath, measure, { ...context, cwd: root, onLine: line => context.progress(line) }),
            ) as Reads;
            manifest.disk.prefetch = reads.chunks;
            await writeFile(join(out, "reads.json"), `${JSON.stringify(reads.bytes, undefined, 1)}\n`);
            await write();
        },
    });
    return stage;
}

/** A list stays in the same folder as the files it lists; its hash is in the manifest. */
async function fileInPlace(out: string, path: string): Promise<ImageFile> {
    const bytes = await readFile(join(out, path));
    return { path, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}
