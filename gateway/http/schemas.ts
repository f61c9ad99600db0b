import { type TProperties, Type } from "typebox";

/** An object without other fields: a misspelled field is refused, not ignored. */
function closed<Properties extends TProperties>(properties: Properties, description?: string) {
    return Type.Object(properties, {
        additionalProperties: false,
        ...(description === undefined ? {} : { description }),
    });
}

const NUMBER = 'A phone number in any typed form, best as E.164: "+34600111222"';
const number = Type.String({ minLength: 1, maxLength: 64, description: NUMBER });
const numbers = Type.Unsafe<string | string[]>({
    type: ["string", "array"],
    minLength: 1,
    maxLength: 64,
    items: number,
    minItems: 1,
    maxItems: 1_000,
    description: `${NUMBER}, or a list of up to 1,000 of them`,
});
const country = Type.Optional(
    Type.String({ minLength: 2, maxLength: 2, description: 'Country of a number without "+": two letters, "ES"' }),
);
const label = Type.String({ maxLength: 100, description: "A name for people" });
const moment = Type.String({ description: "ISO 8601, UTC" });
const state = Type.Enum(["accepted", "sent", "delivered", "read", "expired", "collapsed", "dropped", "failed"]);
const urgency = Type.Enum(["very-low", "low", "normal", "high"]);
const role = Type.Enum(["admin", "sender", "reader"]);
const channel = Type.Enum(["print", "command", "webhook"]);
const whole = Type.Integer();
const application = Type.String({
    description: '"none", "running", or the first line of its error: then messages wait until it runs',
});
const chips = Type.Array(Type.String(), { description: "Chips that take turns, because they have one secret" });

export const NumberPath = closed({ number });
export const NumberQuery = closed({ country });
export const IdPath = closed({ id: Type.String({ minLength: 1, maxLength: 100 }) });
export const PageQuery = closed({
    after: Type.Optional(Type.String({ maxLength: 64, description: "The number after which the page begins" })),
    limit: Type.Optional(Type.String({ pattern: "^[0-9]{1,4}$", description: "Numbers on a page, 1 to 1000" })),
});

export const SendBody = closed({
    to: numbers,
    country,
    body: Type.String({ description: "The text to show. With the title it must fit the device's packet" }),
    title: Type.Optional(Type.String()),
    urgency: Type.Optional(urgency),
    ttlS: Type.Optional(
        Type.Integer({ minimum: 0, description: "Seconds the message may wait; 0: now or never; default: one day" }),
    ),
    ttl: Type.Optional(Type.Integer({ minimum: 0, description: "The same as ttlS" })),
    collapseKey: Type.Optional(
        Type.String({ description: "A later message with the same key replaces one that waits" }),
    ),
    id: Type.Optional(Type.String({ description: "The sender's idempotency key, as the header Idempotency-Key" })),
});
const Accepted = closed({ id: Type.String(), to: Type.String(), state, sequence: whole });
const Refused = closed({ to: Type.String(), error: closed({ code: Type.String(), message: Type.String() }) });
export const AcceptedBody = Type.Union([
    Accepted,
    closed({ results: Type.Array(Type.Union([Accepted, Refused])) }, "For a list of numbers, in its order"),
]);

export const ReceiptBody = closed({
    id: Type.String(),
    to: Type.String(),
    sequence: whole,
    state,
    history: Type.Array(closed({ state, at: moment, why: Type.Optional(Type.String()) })),
});

export const AddNumberBody = closed({
    number,
    country,
    label: Type.Optional(label),
    keepBacklog: Type.Optional(Type.Boolean({ description: "true: keep what waits for the old registration" })),
});
export const AddedNumberBody = closed({
    number: Type.String(),
    label: Type.Optional(label),
    route: Type.String({ description: "Client id and user name of the device" }),
    secret: Type.String({ description: "Password of the device. Shown in this answer only" }),
    replaced: Type.Optional(
        closed({
            route: Type.String({ description: "Route of the registration that this one replaced" }),
            dropped: Type.Integer({
                minimum: 0,
                description: "Messages that waited for that registration and were dropped",
            }),
        }),
    ),
});

const Endpoint = closed({
    address: Type.String({ description: "Address that the gateway sees" }),
    port: whole,
    deviceAddress: Type.Optional(Type.String({ description: "Address that the device reports" })),
    since: moment,
    why: Type.String(),
});

const line = {
    number: Type.String(),
    label: Type.Optional(label),
    route: Type.String(),
    online: Type.Boolean(),
    provisional: Type.Boolean({ description: "Enrolled by a code, not yet connected" }),
    stale: Type.Boolean({ description: "Not seen for 30 days" }),
    created: moment,
    seen: Type.Optional(moment),
    endpoint: Type.Optional(Endpoint),
};
export const NumberListBody = closed({
    numbers: Type.Array(closed(line)),
    next: Type.Optional(Type.String({ description: '"after" of the next page; absent on the last page' })),
});
export const NumberBody = closed({
    ...line,
    twins: Type.Optional(chips),
    endpoints: Type.Array(Endpoint, { description: "The last 20, newest first" }),
    capabilities: Type.Optional(
        closed({
            runtime: Type.String(),
            firmware: Type.String(),
            packetOctets: whole,
            window: whole,
            application: Type.Optional(application),
            freeOctets: Type.Optional(whole),
            signalDbm: Type.Optional(whole),
        }),
    ),
    backlog: closed({ messages: whole, octets: whole }),
    lastSequence: whole,
});
export const SetNumberBody = closed({ label });
export const LabelledNumberBody = closed({ number: Type.String(), label: Type.Optional(label) });
export const RotatedSecretBody = closed({ number: Type.String(), rotated: Type.Boolean() });

export const RemovedNumberBody = closed({ number: Type.String(), removed: Type.Boolean() });

export const AddCodeBody = closed({
    number,
    country,
    channel: Type.Optional(channel),
    keepBacklog: Type.Optional(Type.Boolean({ description: "true: keep what waits for the old registration" })),
});
export const AddedCodeBody = closed({
    number: Type.String(),
    code: Type.Optional(Type.String({ description: 'Only with the channel "print"' })),
    expires: moment,
    channel,
});

export const AddTokenBody = closed({
    role,
    pattern: Type.Optional(Type.String({ maxLength: 20, description: '"*", one number, or a prefix: "+34600*"' })),
    label: Type.Optional(label),
});
const token = { id: Type.String(), role, pattern: Type.String(), label: Type.Optional(label), created: moment };
export const AddedTokenBody = closed({ ...token, token: Type.String({ description: "Shown in this answer only" }) });
export const TokenListBody = closed({ tokens: Type.Array(closed(token)) });
export const RemovedTokenBody = closed({ id: Type.String(), removed: Type.Boolean() });

export const HealthBody = closed({ status: Type.Literal("ok"), store: Type.Literal("ok"), mqtt: Type.Literal("ok") });
export const StatusBody = closed({
    version: Type.String(),
    started: moment,
    uptimeS: whole,
    connections: closed({
        devices: whole,
        publishers: whole,
        enrolling: whole,
        waiting: Type.Integer({ description: "Connected, but not authenticated yet" }),
    }),
    refused: Type.Record(Type.String(), whole, { description: "Connections refused since the start, by reason" }),
    flapping: Type.Array(closed({ route: Type.String(), until: moment }), {
        description: "Boards that connect too often, and until when the gateway refuses them",
    }),
    failing: Type.Array(closed({ number: Type.String(), application }), {
        description: "Boards that are online and whose application does not run",
    }),
    twins: Type.Array(closed({ number: Type.String(), chips }), {
        description: "Boards that have one secret with another",
    }),
    storeOctets: whole,
    storeMostOctets: Type.Optional(
        Type.Integer({ description: "What the store may hold: then messages are answered 503" }),
    ),
    memoryOctets: whole,
    certificate: Type.Optional(
        closed(
            { ends: moment, state: Type.Enum(["valid", "ends soon", "ended"]) },
            "Of TLS; it ends soon in its last 30 days",
        ),
    ),
});
export const ErrorReply = closed({ error: closed({ code: Type.String(), message: Type.String() }) });
