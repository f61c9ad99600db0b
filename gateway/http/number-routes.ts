import { GatewayError } from "../error.ts";
import { type E164, parseE164 } from "../number.ts";
import type { Endpoint, Registration } from "../registration.ts";
import { permits, rangeOf } from "../directory/tokens.ts";
import { callerFor } from "./callers.ts";
import { parsePathNumber } from "./path-number.ts";
import {
    AddNumberBody,
    AddedNumberBody,
    LabelledNumberBody,
    NumberBody,
    NumberListBody,
    NumberPath,
    NumberQuery,
    PageQuery,
    RemovedNumberBody,
    RotatedSecretBody,
    SetNumberBody,
} from "./schemas.ts";
import type { Server } from "./typed-server.ts";
import type { Services } from "./services.ts";
import { isoTime } from "./time.ts";

const PAGE = 100;
const MAX_PAGE = 1_000;
/** Time a board gets to store a new secret and acknowledge it, as for any push. */
const ROTATE_MS = 20_000;
const UNCONFIRMED =
    "The board did not acknowledge its new secret within 20 s, so the gateway closed its connection. Both secrets work until the board uses one of them: try again when it is online.";
const security = [{ token: [] }];

/** Numbers and the boards that have them. */
export function addNumberRoutes(server: Server, services: Services): void {
    const { directory, connections, clock, store, timers } = services;

    function lineOf(registration: Registration) {
        const { number, label, route, provisional, createdMs, seenMs, endpoint } = registration;
        return {
            number,
            label,
            route,
            provisional,
            online: connections.online(route),
            stale: directory.stale(registration, clock.nowMs()),
            created: isoTime(createdMs),
            seen: seenMs === undefined ? undefined : isoTime(seenMs),
            endpoint: endpoint === undefined ? undefined : endpointOf(endpoint),
        };
    }

    server.post(
        "/v1/numbers",
        {
            schema: {
                summary: "Register a number without a code. This ends the registration it had",
                security,
                body: AddNumberBody,
                response: { 201: AddedNumberBody },
            },
        },
        async (request, reply) => {
            const { number: typed, country, label, keepBacklog } = request.body;
            const number = parseE164(typed, country);
            callerFor(request, "manage", number);
            const { route, secret, ended, dropped } = await directory.register(number, { label, keepBacklog });
            if (ended !== undefined) connections.close(ended.route, "registered anew");
            reply.code(201);
            const replaced = ended === undefined ? undefined : { route: ended.route, dropped };
            return { number, label, route, secret, replaced };
        },
    );

    server.get(
        "/v1/numbers",
        {
            schema: {
                summary: "List the numbers that the token reaches, in order",
                security,
                querystring: PageQuery,
                response: { 200: NumberListBody },
            },
        },
        async (request) => {
            const asked = request.caller;
            const caller = asked === undefined || asked.role === "sender" ? callerFor(request, "read") : asked;
            const limit = pageLimit(request.query.limit);
            const after =
                request.query.after === undefined ? undefined : parsePathNumber(request.query.after, undefined);
            // The store reads the token's numbers only: neither "next" nor the time it takes may reveal any other.
            const page = await directory.list({ after, limit, ...rangeOf(caller.pattern) });
            const seen = page.filter(({ number }) => permits(caller, "read", number));
            return { numbers: seen.map(lineOf), next: seen.length < limit ? undefined : seen.at(-1)?.number };
        },
    );

    server.get(
        "/v1/numbers/:number",
        {
            schema: {
                summary: "One number: where its board is and was, and what waits for it",
                security,
                params: NumberPath,
                querystring: NumberQuery,
                response: { 200: NumberBody },
            },
        },
        async (request) => {
            const number = parsePathNumber(request.params.number, request.query.country);
            callerFor(request, "read", number);
            const registration = await directory.registered(number);
            const { route, capabilities, lastSequence } = registration;
            const [endpoints, backlog] = await Promise.all([directory.endpoints(route), store.backlog.size(route)]);
            return {
                ...lineOf(registration),
                twins: connections.twins(route),
                endpoints: endpoints.map(endpointOf),
                capabilities,
                backlog,
                lastSequence,
            };
        },
    );

    server.patch(
        "/v1/numbers/:number",
        {
            schema: {
                summary: "Change what people call a number; an empty label is none",
                security,
                params: NumberPath,
                querystring: NumberQuery,
                body: SetNumberBody,
                response: { 200: LabelledNumberBody },
            },
        },
        async (request) => {
            const number = parsePathNumber(request.params.number, request.query.country);
            callerFor(request, "manage", number);
            const label = request.body.label === "" ? undefined : request.body.label;
            await directory.setLabel(number, label);
            return { number, label };
        },
    );

    server.post(
        "/v1/numbers/:number/secret",
        {
            schema: {
                summary:
                    "Send the number's board a new secret over its connection. The old one ends when the board uses the new one",
                security,
                params: NumberPath,
                querystring: NumberQuery,
                response: { 200: RotatedSecretBody },
            },
        },
        async (request) => {
            const number = parsePathNumber(request.params.number, request.query.country);
            callerFor(request, "manage", number);
            const { route } = await directory.registered(number);
            const offline = new GatewayError(
                "unavailable",
                "The board is not online, so it cannot get a new secret: try again when it is.",
            );
            if (!connections.online(route)) throw offline;
            const secret = await directory.rotate(route);
            if (secret === undefined) throw offline;
            // PUBACK means that the secret is in the board's flash. Without it the old secret stays valid, and the caller may try again.
            let late = false;
            const forget = timers.after(ROTATE_MS, () => {
                late = true;
                connections.close(route, "no PUBACK for its new secret in time");
            });
            const sent = connections.notifyAcknowledged(route, Buffer.from(JSON.stringify({ s: secret })));
            const done = await sent.finally(forget);
            if (late) throw new GatewayError("unavailable", UNCONFIRMED);
            if (!done) throw offline;
            return { number, rotated: true };
        },
    );

    server.delete(
        "/v1/numbers/:number",
        {
            schema: {
                summary: "End a number's registration and drop what waits for it",
                security,
                params: NumberPath,
                querystring: NumberQuery,
                response: { 200: RemovedNumberBody },
            },
        },
        async (request) => {
            const number: E164 = parsePathNumber(request.params.number, request.query.country);
            callerFor(request, "manage", number);
            const removed = await directory.remove(number);
            connections.close(removed.route, "removed");
            return { number, removed: true };
        },
    );
}

function endpointOf({ address, port, deviceAddress, sinceMs, why }: Endpoint) {
    return { address, port, deviceAddress, since: isoTime(sinceMs), why };
}

function pageLimit(text: string | undefined): number {
    const limit = text === undefined ? PAGE : Number(text);
    if (limit < 1 || limit > MAX_PAGE) {
        throw new GatewayError("invalid_request", `"limit" must be 1 to ${MAX_PAGE}.`);
    }
    return limit;
}
