/** A command of `npm run drydock --`. */
export interface Command {
    name: string;
    /** One line for the list. */
    summary: string;
    /** All of `--help`. */
    help: string;
    /** Resolves to the exit status. A DrydockError is printed as sentence and advice. */
    run(argv: string[]): Promise<number>;
}
