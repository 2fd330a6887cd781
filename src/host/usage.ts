import { DrydockError } from "../base/errors";

/** The words of a call are off. */
export function usage(command: string, what: string): DrydockError {
    return new DrydockError("cli.usage", `${command}: ${what}.`, `See \`npm run drydock -- ${command} --help\`.`);
}
