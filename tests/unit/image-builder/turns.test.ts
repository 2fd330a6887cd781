import { expect, test } from "vitest";
import { turns } from "../../../src/image-builder/workshop/turns";

test("no more run at a time than allowed, in order, however they end", async () => {
    const turn = turns(2);
    const started: number[] = [];
    const finish: ((fails?: Error) => void)[] = [];
    const job = (number: number) =>
        turn(() => {
            started.push(number);
            return new Promise<number>(
                (resolve, reject) => (finish[number] = fails => (fails ? reject(fails) : resolve(number))),
            );
        });
    const jobs = [job(0), job(1), job(2), job(3)];
    const results = Promise.allSettled(jobs);
    await Promise.resolve();
    expect(started).toEqual([0, 1]);
    finish[1]!(new Error("broken"));
    await expect(jobs[1]).rejects.toThrow("broken");
    await expect.poll(() => started).toEqual([0, 1, 2]);
    finish[0]!();
    await expect.poll(() => started).toEqual([0, 1, 2, 3]);
    finish[2]!();
    finish[3]!();
    expect((await results).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
    expect(await turn(() => Promise.resolve("free again"))).toBe("free again");
});
