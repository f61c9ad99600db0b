import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { type Code, GatewayError } from "../error.ts";
import type { Log } from "../log.ts";
import { describeViolation } from "./validation.ts";

/** The gateway's error codes, and those that only HTTP has. */
export type HttpCode = Code | "unknown_route" | "wrong_method" | "unsupported_type" | "timed_out";

/** The one table from code to status. */
export const STATUS: { [Name in HttpCode]: number } = {
    invalid_request: 400,
    invalid_number: 400,
    unauthorized: 401,
    forbidden: 403,
    code_refused: 403,
    unknown_number: 404,
    unknown_message: 404,
    unknown_route: 404,
    wrong_method: 405,
    timed_out: 408,
    conflict: 409,
    unregistered: 410,
    too_large: 413,
    unsupported_type: 415,
    too_many: 429,
    internal: 500,
    unavailable: 503,
};

/** A refusal that only HTTP has. */
export class HttpError extends Error {
    constructor(
        readonly code: Exclude<HttpCode, Code>,
        message: string,
    ) {
        super(message);
    }
}

/** Headers of every answer. Answers carry numbers and secrets, so no cache may keep them. */
export const ANSWER_HEADERS = { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" };

/** The body of every error. */
export interface ErrorBody {
    error: { code: HttpCode; message: string };
}

/** Retry-After of an error without a time of its own, in seconds. */
const RETRY_AFTER_S = { too_many: 60, unavailable: 5 };

/** Answers a GatewayError with its own message. Anything else is our bug: it goes to the log, and the caller gets "internal". */
export function createErrorHandler(log: Log) {
    return (
        error: FastifyError | GatewayError | HttpError,
        request: FastifyRequest,
        reply: FastifyReply,
    ): ErrorBody => {
        const [code, message] = explain(error, request.routeOptions.bodyLimit);
        if (code === "internal") {
            log.error({ error, requestId: request.id, route: request.routeOptions.url }, "internal error in a request");
        }
        if (code === "too_many" || code === "unavailable") {
            const named = error instanceof GatewayError ? error.retryAfterS : undefined;
            void reply.header("Retry-After", named ?? RETRY_AFTER_S[code]);
        }
        if (code === "unauthorized") void reply.header("WWW-Authenticate", "Bearer");
        void reply.code(STATUS[code]).headers(ANSWER_HEADERS);
        return { error: { code, message } };
    };
}

export const NOT_JSON = 'The body must be JSON: send it with the header "Content-Type: application/json".';

/** Errors of Fastify itself, by its code. */
const REFUSED_BY_FASTIFY: Record<string, [HttpCode, string]> = {
    FST_ERR_CTP_INVALID_MEDIA_TYPE: ["unsupported_type", NOT_JSON],
    FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
        "invalid_request",
        "The body does not have the length in Content-Length: send it again, complete.",
    ],
};

/** @param mostOctets of the request's body */
export function explain(
    error: Error & Partial<Pick<FastifyError, "code" | "statusCode" | "validation" | "validationContext">>,
    mostOctets = 0,
): [HttpCode, string] {
    if (error instanceof GatewayError || error instanceof HttpError) return [error.code, error.message];
    if (error.validation?.[0] !== undefined) {
        return ["invalid_request", describeViolation(error.validation[0], error.validationContext)];
    }
    if (error.code === "FST_ERR_CTP_BODY_TOO_LARGE") {
        return ["too_large", `The request is too large: send at most ${mostOctets / 1024} KiB.`];
    }
    const refused = error.code === undefined ? undefined : REFUSED_BY_FASTIFY[error.code];
    if (refused !== undefined) return refused;
    if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
        return ["invalid_request", "The request could not be read: check its path, headers and body."];
    }
    return ["internal", "The gateway failed; its log has the details. You may send the request again."];
}
