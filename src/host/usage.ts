import { DrydockError } from "../base/errors";

/** The error for a command called with wrong arguments. */
export function usage(command: string, what: string): DrydockError {
    return new DrydockError("cli.usage", `${command}: ${what}.`, `See \`npm run drydock -- ${command} --help\`.`);
}
