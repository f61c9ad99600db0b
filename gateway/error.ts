/** What a caller can branch on. `http/` maps each to a status, once. */
export type Code =
    | "invalid_request"
    | "invalid_number"
    | "unauthorized"
    | "forbidden"
    | "unknown_number"
    | "unknown_message"
    | "unregistered"
    | "code_refused"
    | "too_large"
    | "conflict"
    | "too_many"
    | "unavailable"
    | "internal";

/** Faults of the message itself or of its sender's rights: sent again, it would be refused again. */
const FINAL: readonly Code[] = [
    "invalid_request",
    "invalid_number",
    "forbidden",
    "unknown_number",
    "unknown_message",
    "unregistered",
    "too_large",
    "conflict",
];

/** An error the caller may see. Anything else thrown is ours, and reaches the caller only as "internal". */
export class GatewayError extends Error {
    readonly code: Code;
    /** seconds after which to try again, where they are known */
    readonly retryAfterS: number | undefined;

    /** @param message a sentence: what is wrong and what to do; never a secret, never a whole number */
    constructor(code: Code, message: string, options: { cause?: unknown; retryAfterS?: number } = {}) {
        super(message, options);
        this.name = "GatewayError";
        this.code = code;
        this.retryAfterS = options.retryAfterS;
    }
}

/** Whether a message that was refused with this error can never be accepted. */
export function isFinal(error: unknown): error is GatewayError {
    return error instanceof GatewayError && FINAL.includes(error.code);
}
