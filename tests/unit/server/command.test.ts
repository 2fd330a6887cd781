import { expect, test } from "vitest";
import { serve } from "../../../src/cli/serve";

test.each([[["--port", "many"]], [["--port", "70000"]], [["--preview-port", "-1"]], [["--unknown"]], [["folder"]]])(
    "serve %j is refused before anything starts",
    async argv => {
        await expect(serve.run(argv)).rejects.toMatchObject({ code: "cli.usage" });
    },
);
