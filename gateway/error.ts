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
    | "too_many"
    | "unavailable"
    | "internal";

/** An error the caller may see. Anything else thrown is ours, and reaches the caller only as "internal". */
export class GatewayError extends Error {
    readonly code: Code;

    /** @param message a sentence that says what was wrong and what to do; never a secret, never a whole number */
    constructor(code: Code, message: string, options?: { cause?: unknown }) {
        super(message, options);
        this.name = "GatewayError";
        this.code = code;
    }
}
