/** A command of `npm run drydock --`. */
export interface Command {
    name: string;
    /** One line for the list. */
    summary: string;
    /** The text of `--help`. */
    help: string;
    /** Resolves to the exit status. A DrydockError is printed as a sentence and advice. */
    run(argv: string[]): Promise<number>;
}
