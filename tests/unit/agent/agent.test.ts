import { beforeAll } from "vitest";
import { connectAgent } from "../../../src/agent/connect";
import { describeAgent } from "./agent-suite";
import { buildNativeAgent, startNativeAgent } from "./native-agent";

let program: string;
beforeAll(() => {
    program = buildNativeAgent();
}, 240_000);

describeAgent("the native agent", async () => {
    const { port, close } = startNativeAgent(program);
    return { agent: await connectAgent(port), close };
});
