/** `npm start`: from a clone to an address. */
import type { Command } from "./command";
import { serve } from "./serve";
import { setUp } from "./set-up";

export const start: Command = {
    name: "start",
    summary: "install, build or reuse the VM image, serve, print the address",
    help: `npm start [-- serve options]

Installs what is missing, builds the VM image (once; later starts reuse it) and the page, serves them and prints the address.
It takes the options of \`serve\`; see \`npm run drydock -- serve --help\`.`,

    async run(argv) {
        await setUp({ image: true, page: true });
        return serve.run(argv);
    },
};
