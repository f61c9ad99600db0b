import { enrolClientId } from "../../shared/push/topics.ts";
import type { Directory } from "../directory/directory.ts";
import { clientKey } from "../limits/client-key.ts";
import { parseE164, type E164 } from "../number.ts";
import { isChip, isRoute, type Registration } from "../registration.ts";
import type { ConnectRequest } from "./connect-packet.ts";
import { DevicePeer, type DeviceDependencies } from "./device-peer.ts";
import { digest } from "./digest.ts";
import { EnrolPeer } from "./enrol-peer.ts";
import { CONNACK } from "./packet-types.ts";
import type { Peer } from "./peer.ts";
import { PublisherPeer, type PublisherDependencies } from "./publisher-peer.ts";
import { Refused } from "./violation.ts";

/**
 * Who is connecting, as far as CONNECT tells: what is checked next, and of whom there is only one connection.
 * `knownAs`: by what it is known at its address once it was let in
 */
export type Claim =
    | { kind: "device"; knownAs: string; route: string; secret: string }
    | { kind: "enrolling"; knownAs: string; number: E164; code: string; chip: string }
    | { kind: "publisher"; knownAs: string; clientId: string; token: string };

export interface Identified {
    peer: Peer;
    /** of whom there is only one connection; undefined: this connection stands for itself */
    key: string | undefined;
    /** the number's earlier registration, ended by this enrolment */
    ended?: Registration;
}

export interface IdentifyDependencies extends DeviceDependencies, PublisherDependencies {
    directory: Pick<Directory, "authenticate" | "redeem" | "findByRoute">;
}

const ENROL = enrolClientId("");
/** Characters of a secret, a code or a token, at most. */
const MAX_PASSWORD_CHARS = 128;

/** What CONNECT claims. A will is ignored: numbers have none. @throws Refused before anything is looked up */
export function readClaim({ clientId, userName, password, cleanSession }: ConnectRequest): Claim {
    if (clientId === "" && !cleanSession) {
        throw new Refused(CONNACK.badClientId, "MQTT-3.1.3-8: no client id and no clean session");
    }
    if (userName === undefined || password === undefined || password.length > MAX_PASSWORD_CHARS) {
        throw wrong("no user name or no password");
    }
    if (clientId.startsWith(ENROL)) {
        const chip = clientId.slice(ENROL.length);
        if (!isChip(chip)) {
            throw new Refused(CONNACK.badClientId, "the chip's id is not 1 to 32 letters and digits");
        }
        const number = readNumber(userName);
        if (number === undefined) throw wrong("no number as user name");
        const code = password.replace(/[\s\p{Dash}]/gu, ""); // people type it in groups
        return { kind: "enrolling", knownAs: clientId, number, code, chip };
    }
    if (userName === clientId && isRoute(clientId)) {
        return { kind: "device", knownAs: clientId, route: clientId, secret: password };
    }
    return { kind: "publisher", knownAs: digest("token ", password), clientId, token: password };
}

/**
 * Checks a claim.
 * @param connection its number
 * @throws Refused, and what the store throws when it cannot be asked
 */
export async function identify(
    claim: Claim,
    address: { address: string; port: number },
    connection: number,
    dependencies: IdentifyDependencies,
): Promise<Identified> {
    const { directory, tokens } = dependencies;
    if (claim.kind === "device") {
        const registration = await directory.authenticate(claim.route, claim.secret);
        if (registration === undefined) throw wrong("unknown route or wrong secret");
        return { peer: new DevicePeer(registration, address, dependencies), key: registration.route };
    }
    if (claim.kind === "enrolling") {
        const enrolled = await directory.redeem(claim.number, claim.code, claim.chip, clientKey(address.address));
        if (enrolled === undefined) throw wrong("the code was refused");
        return { peer: new EnrolPeer(claim.chip, enrolled), key: claim.knownAs, ended: enrolled.ended };
    }
    const caller = await tokens.authenticateToken(claim.token);
    if (caller === undefined) throw wrong("unknown token");
    if (isRoute(claim.clientId) && (await directory.findByRoute(claim.clientId)) !== undefined) {
        throw new Refused(CONNACK.badClientId, "a publisher's client id is a device's route");
    }
    const key = claim.clientId === "" ? undefined : `${caller.id} ${claim.clientId}`;
    return { peer: new PublisherPeer(caller.id, claim.token, key, connection, dependencies), key };
}

/** It does not know what only the right one knows. */
function wrong(why: string): Refused {
    return new Refused(CONNACK.badCredentials, why);
}

function readNumber(typed: string): E164 | undefined {
    try {
        return parseE164(typed);
    } catch {
        return undefined;
    }
}
