import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type {
    FastifyBaseLogger,
    FastifyInstance,
    RawReplyDefaultExpression,
    RawRequestDefaultExpression,
    RawServerDefault,
} from "fastify";

/** A Fastify server whose handlers get their types from the routes' schemas. */
export type Server = FastifyInstance<
    RawServerDefault,
    RawRequestDefaultExpression,
    RawReplyDefaultExpression,
    FastifyBaseLogger,
    TypeBoxTypeProvider
>;
