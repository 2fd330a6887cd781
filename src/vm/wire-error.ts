/** Errors as they cross between threads: structured cloning loses the class and the fields of a DrydockError. */
import { DrydockError, messageOf } from "../base/errors";

export interface WireError {
    code: string;
    message: string;
    advice: string;
    /** The chain of causes, outermost first, for the developer. */
    causes: string[];
}

export function toWireError(error: DrydockError): WireError {
    const causes: string[] = [];
    for (
        let cause = error.cause;
        cause !== undefined && causes.length < 8;
        cause = cause instanceof Error ? cause.cause : undefined
    )
        causes.push(cause instanceof Error ? (cause.stack ?? `${cause.name}: ${cause.message}`) : messageOf(cause));
    return { code: error.code, message: error.message, advice: error.advice, causes };
}

export function fromWireError(wire: WireError): DrydockError {
    let cause: Error | undefined;
    for (const text of [...wire.causes].reverse()) cause = new Error(text, { cause });
    return new DrydockError(wire.code, wire.message, wire.advice, { cause });
}
