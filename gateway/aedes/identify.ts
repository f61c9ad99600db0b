import { MAX_KEEP_ALIVE_S, MIN_KEEP_ALIVE_S, ROUTE_CHARS } from "../../shared/push/limits.ts";
import { enrolClientId } from "../../shared/push/topics.ts";
import type { Directory } from "../directory/directory.ts";
import { parseE164, type E164 } from "../number.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { ConnectionEvents } from "../ports/connections.ts";
import type { Registration, Route } from "../registration.ts";
import type { Tokens } from "../directory/tokens.ts";
import type { ConnectRequest } from "./connect-packet.ts";
import { digest } from "./digest.ts";
import { DevicePeer } from "./device-peer.ts";
import { EnrolPeer } from "./enrol-peer.ts";
import { CONNACK, type ConnackCode } from "./packet-types.ts";
import type { Peer } from "./peer.ts";
import { PublisherPeer } from "./publisher-peer.ts";
import type { RepeatedRefusals } from "./repeated-refusals.ts";

/**
 * Who is connecting, as far as CONNECT says so: what is checked next, and of whom there is only one connection.
 * `knownAs`: by what it is known at its address once it was let in
 */
export type Claim =
    | { kind: "device"; key: string; knownAs: string; route: string; secret: string }
    | { kind: "enrolling"; key: string; knownAs: string; number: E164; code: string; chip: string }
    | { kind: "publisher"; knownAs: string; clientId: string; userName: string; token: string };

/** A CONNECT that is refused. `failed`: because of what only the right one knows. `why` is one of few: they are counted. */
export interface Refusal {
    connack: ConnackCode;
    why: string;
    failed?: boolean;
}

export interface Identified {
    peer: Peer;
    /** of whom there is only one connection */
    key: string;
    /** the number's registration before, ended by this enrolment */
    ended?: Registration;
}

export interface Identities {
    directory: Pick<Directory, "authenticate" | "redeem" | "findByRoute">;
    tokens: Pick<Tokens, "authenticateToken">;
    events: ConnectionEvents;
    /** Resolves when a board may say a message; false: it has said far too much. */
    turnOf: (route: Route) => Promise<boolean>;
    refusals: RepeatedRefusals;
    clock: Clock;
    log: Log;
}

const ENROL = enrolClientId("");
const CHIP = /^[A-Za-z0-9]{1,32}$/;
const ROUTE = new RegExp(`^[A-Za-z0-9_-]{${ROUTE_CHARS}}$`);
/** Characters of a secret, a code or a token, at most. */
const MAX_PASSWORD_CHARS = 128;

/** What CONNECT claims, or why it is refused before anything is looked up. */
export function readClaim(request: ConnectRequest): Claim | Refusal {
    const { clientId, userName, password, keepAliveS } = request;
    if (request.will) return { connack: CONNACK.notAuthorized, why: "wills are not offered" };
    if (keepAliveS < MIN_KEEP_ALIVE_S || keepAliveS > MAX_KEEP_ALIVE_S) {
        return {
            connack: CONNACK.notAuthorized,
            why: `the keepalive is not ${MIN_KEEP_ALIVE_S} to ${MAX_KEEP_ALIVE_S} s`,
        };
    }
    if (clientId === "" && !request.cleanSession) {
        return { connack: CONNACK.badClientId, why: "MQTT-3.1.3-8: no client id and no clean session" };
    }
    if (userName === undefined || password === undefined || password.length > MAX_PASSWORD_CHARS) {
        return { connack: CONNACK.badCredentials, why: "no user name or no password", failed: true };
    }
    if (clientId.startsWith(ENROL)) {
        const chip = clientId.slice(ENROL.length);
        if (!CHIP.test(chip))
            return { connack: CONNACK.badClientId, why: "the chip's id is not 1 to 32 letters and digits" };
        const number = readNumber(userName);
        if (number === undefined)
            return { connack: CONNACK.badCredentials, why: "no number as user name", failed: true };
        return { kind: "enrolling", key: clientId, knownAs: clientId, number, code: password, chip };
    }
    if (userName === clientId && ROUTE.test(clientId)) {
        return { kind: "device", key: clientId, knownAs: clientId, route: clientId, secret: password };
    }
    return { kind: "publisher", knownAs: digest("token ", password), clientId, userName, token: password };
}

/** Checks a claim. @throws whatever the store throws when it cannot be asked */
export async function identify(
    claim: Claim,
    address: { address: string; port: number },
    { directory, tokens, events, turnOf, refusals, clock, log }: Identities,
): Promise<Identified | Refusal> {
    if (claim.kind === "device") {
        const registration = await directory.authenticate(claim.route, claim.secret);
        if (registration === undefined) return wrong("unknown route or wrong secret");
        return { peer: new DevicePeer(registration.route, address, { events, turnOf, log }), key: claim.key };
    }
    if (claim.kind === "enrolling") {
        const enrolled = await directory.redeem(claim.number, claim.code, claim.chip);
        if (enrolled === undefined) return wrong("the code was refused");
        return { peer: new EnrolPeer(claim.chip, enrolled), key: claim.key, ended: enrolled.ended };
    }
    const authenticate = () => tokens.authenticateToken(claim.token);
    const caller = await authenticate();
    if (caller === undefined) return wrong("unknown token");
    if (ROUTE.test(claim.clientId) && (await directory.findByRoute(claim.clientId)) !== undefined) {
        return { connack: CONNACK.badClientId, why: "a publisher's client id is a device's route" };
    }
    // Without a client id of its own each connection stands for itself.
    const key = claim.clientId === "" ? "" : `${caller.id} ${claim.clientId}`;
    const publisher = key === "" ? undefined : digest(`${caller.id}\0${claim.userName}\0${claim.clientId}`);
    return { peer: new PublisherPeer(publisher, authenticate, { events, refusals, clock, log }), key };
}

function wrong(why: string): Refusal {
    return { connack: CONNACK.badCredentials, why, failed: true };
}

function readNumber(typed: string): E164 | undefined {
    try {
        return parseE164(typed);
    } catch {
        return undefined;
    }
}
